package worker

import (
	"go/ast"
	"go/types"
	"strings"
)

// builtinSignature writes what Go itself offers.
func builtinSignature(name string, marked int) string {
	known := map[string][]string{
		"append": {"s []T", "values ...T", " []T"}, "cap": {"v", " int"}, "clear": {"v", ""}, "close": {"c", ""}, "complex": {"re", "im", " complex128"},
		"copy": {"to []T", "from []T", " int"}, "delete": {"m", "key", ""}, "imag": {"c", " float64"}, "len": {"v", " int"}, "make": {"T", "sizes ...int", " T"},
		"max": {"values ...T", " T"}, "min": {"values ...T", " T"}, "new": {"T", " *T"}, "panic": {"v any", ""}, "print": {"values ...any", ""},
		"println": {"values ...any", ""}, "real": {"c", " float64"}, "recover": {" any"},
	}
	parts, ok := known[name]
	if !ok {
		return ""
	}
	parts, result := parts[:len(parts)-1], parts[len(parts)-1]
	variadic := len(parts) > 0 && strings.Contains(parts[len(parts)-1], "...")
	text := marking(parts, variadic, marked) + result
	if marked < 0 {
		return "func" + text
	}
	return name + text
}

// signature is that of the call around the mark, the parameter marked.
func (c *completer) signature(v *view) string {
	var call *ast.CallExpr
	var below ast.Node
	for n := len(v.path) - 2; n >= 0 && call == nil; n-- {
		switch node := v.path[n].(type) {
		case *ast.CallExpr:
			if node.Fun != v.path[n+1] {
				call, below = node, v.path[n+1]
			}
		case *ast.BlockStmt:
			return ""
		}
	}
	if call == nil {
		return ""
	}
	at := 0
	for n, argument := range call.Args {
		if argument == below {
			at = n
		}
	}
	name, names := "func", []string(nil)
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		name = f.Name
		if object := v.info.Uses[f]; object != nil {
			if _, ok := object.(*types.Builtin); ok {
				return builtinSignature(name, at)
			}
			names = c.parameterNames(object.Pkg(), name)
		}
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if p, ok := v.packageOf(f.X); ok {
			names = c.parameterNames(p, name)
			name = p.Name() + "." + name
		} else if t, _, ok := v.typeAt(f.X); ok {
			for _, m := range c.documented(t) {
				if m.Name == name {
					names = m.Parameters
				}
			}
		}
	}
	known := v.info.Types[call.Fun]
	if known.Type == nil || known.IsType() {
		return ""
	}
	signature, ok := known.Type.Underlying().(*types.Signature)
	if !ok {
		return ""
	}
	return short(name + c.parameters(signature, names, at))
}

// packageOf is the package that an expression names, if it names one.
func (v *view) packageOf(x ast.Expr) (*types.Package, bool) {
	id, ok := x.(*ast.Ident)
	if !ok {
		return nil, false
	}
	p, ok := v.info.Uses[id].(*types.PkgName)
	if !ok {
		return nil, false
	}
	return p.Imported(), true
}
