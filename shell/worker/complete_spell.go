package worker

import (
	"fmt"
	"go/types"
	"reflect"
	"strings"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
)

// method is what is known of a compiled method beside its types, and its place among the methods of its type.
type method struct {
	crypto.Method
	rank int
}

// methods gathers what the packages that own types say of their methods, by path and name of the type.
func methods() map[string][]method {
	all := map[string][]method{}
	list := func(name string, methods []crypto.Method) {
		for n, m := range methods {
			all[name] = append(all[name], method{m, n})
		}
	}
	home := reflect.TypeFor[shell.Row]().PkgPath()
	for name, methods := range shell.Methods() {
		list(home+"."+name, methods)
	}
	sealed := reflect.TypeFor[crypto.String]().PkgPath()
	list(sealed+".String", crypto.Methods())
	list(sealed+".Bytes", crypto.Methods())
	return all
}

// documented are the methods of a type that its package has listed.
func (c *completer) documented(t types.Type) []method {
	named, ok := types.Unalias(pointed(t)).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return nil
	}
	name, _, _ := strings.Cut(named.Obj().Name(), "[")
	return c.methods[named.Obj().Pkg().Path()+"."+name]
}

// pointed is what a pointer points to, and any other type itself.
func pointed(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// repository is the table of a value that has its columns: a repository or a query.
func (c *completer) repository(t types.Type) (shell.Table, bool) {
	if t == nil {
		return shell.Table{}, false
	}
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return shell.Table{}, false
	}
	table, ok := c.tables[types.Unalias(p.Elem())]
	return table, ok && len(c.documented(t)) > 0
}

// describe says in short what a name stands for.
func (c *completer) describe(object types.Object) string {
	switch o := object.(type) {
	case *types.PkgName:
		return "package"
	case *types.TypeName:
		if table, ok := c.tables[types.Unalias(o.Type())]; ok {
			return "model of " + table.Name
		}
		if o.Pkg() == nil {
			return "type"
		}
		return strings.TrimSpace("type " + kind(o.Type()))
	case *types.Builtin:
		return builtinSignature(o.Name(), -1)
	case *types.Func:
		return c.function(o.Signature(), c.parameterNames(o.Pkg(), o.Name()))
	case *types.Nil:
		return ""
	case *types.Const:
		return "const " + c.spell(o.Type())
	case *types.Var:
		if table, ok := c.repository(o.Type()); ok && o.Pkg() != nil && o.Pkg().Path() == consolePath {
			return extent(table)
		}
		if signature, ok := o.Type().(*types.Signature); ok {
			return c.function(signature, nil)
		}
		return c.spell(o.Type())
	}
	return ""
}

// extent says how large a table is.
func extent(table shell.Table) string {
	text := fmt.Sprintf("%d columns", len(table.Columns))
	if table.Sealed != nil {
		text += fmt.Sprintf(", %d sealed", len(table.Sealed.Columns))
	}
	return text
}

// kind is what a type is made of, in one word.
func kind(t types.Type) string {
	switch t := t.Underlying().(type) {
	case *types.Struct:
		return "struct"
	case *types.Interface:
		return "interface"
	case *types.Basic:
		return t.Name()
	}
	return ""
}

// spell writes a type as a person would: the console's own without their package.
func (c *completer) spell(t types.Type) string {
	text := types.TypeString(t, func(p *types.Package) string {
		if c.isHome(p.Path()) {
			return ""
		}
		return p.Name()
	})
	text = strings.ReplaceAll(text, "interface{}", "any")
	if !strings.Contains(text, "[") {
		return text
	}
	// The arguments of a compiled generic type are part of its name.
	for path := range c.library.home {
		name := c.library.pkg(path).Name() + "."
		for _, before := range []string{"[", "]", ",", "*"} {
			text = strings.ReplaceAll(text, before+name, before)
		}
	}
	return text
}

func (c *completer) isHome(path string) bool {
	return path == "main" || path == consolePath || c.library.home[path]
}

// cryptoPath is the package under which typed code finds ours for sealed values.
const cryptoPath = "crypto"

// parameterNames are those that a package tells of its functions.
func (c *completer) parameterNames(p *types.Package, function string) []string {
	switch {
	case p == nil:
		return nil
	case p.Path() == cryptoPath:
		return crypto.Parameters()[function]
	case p.Path() == consolePath && function == "Table":
		return []string{"name"}
	}
	return nil
}

// function writes a signature with the names of its parameters.
func (c *completer) function(signature *types.Signature, names []string) string {
	return "func" + c.parameters(signature, names, -1)
}

// parameters writes parameters and results, one parameter marked.
func (c *completer) parameters(signature *types.Signature, names []string, marked int) string {
	tuple := signature.Params()
	parts := make([]string, tuple.Len())
	for n := range parts {
		p := tuple.At(n)
		parts[n] = c.spell(p.Type())
		if signature.Variadic() && n == len(parts)-1 {
			parts[n] = "..." + strings.TrimPrefix(parts[n], "[]")
		}
		name := p.Name()
		if n < len(names) {
			name = names[n]
		}
		if name != "" && name != "_" {
			parts[n] = name + " " + parts[n]
		}
	}
	text := marking(parts, signature.Variadic(), marked)
	results := signature.Results()
	switch {
	case results.Len() == 1 && results.At(0).Name() == "":
		text += " " + c.spell(results.At(0).Type())
	case results.Len() > 0:
		var all []string
		for r := range results.Variables() {
			all = append(all, strings.TrimSpace(r.Name()+" "+c.spell(r.Type())))
		}
		text += " (" + strings.Join(all, ", ") + ")"
	}
	return text
}

// marking lists parameters, the one that the cursor is at in marks.
func marking(parts []string, variadic bool, marked int) string {
	if variadic && marked >= len(parts) {
		marked = len(parts) - 1
	}
	if marked >= 0 && marked < len(parts) {
		parts[marked] = "‹" + parts[marked] + "›"
	}
	return "(" + strings.Join(parts, ", ") + ")"
}
