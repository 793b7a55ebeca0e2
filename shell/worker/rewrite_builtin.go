package worker

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// builtin writes min, max and clear in the Go that yaegi knows, and makes recover return what panicked.
func (r *rewriter) builtin(c *astutil.Cursor, call *ast.CallExpr) {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return
	}
	object, ok := r.u.info.Uses[id].(*types.Builtin)
	if !ok {
		return
	}
	switch object.Name() {
	case "recover":
		// What yaegi recovers is wrapped, and would be neither the string nor the error that panicked.
		if _, alone := c.Parent().(*ast.ExprStmt); !alone {
			c.Replace(&ast.CallExpr{Fun: &ast.Ident{Name: hookPlain, NamePos: call.Pos()}, Lparen: call.Lparen, Args: []ast.Expr{call}, Rparen: call.Rparen})
		}
	case "clear":
		call.Fun = &ast.Ident{Name: hookClear, NamePos: id.Pos()}
	case "min", "max":
		r.extreme(c, call, object.Name())
	}
}

func (r *rewriter) extreme(c *astutil.Cursor, call *ast.CallExpr, name string) {
	found := r.u.info.Types[call]
	spelled, ok := r.i.scope.spell(types.Default(found.Type))
	if !ok {
		r.failure = r.i.at(call, &wire.Error{Kind: wire.ErrSyntax, Message: name + " is not understood for " + found.Type.String() + " here", Hint: "nothing ran; write it with if"})
		return
	}
	if found.Value != nil && found.Value.Kind() != constant.Unknown {
		literal := found.Value.ExactString()
		if found.Value.Kind() == constant.Float {
			literal = found.Value.String()
		}
		c.Replace(r.expression(fmt.Sprintf("%s(%s)", spelled, literal)))
		return
	}
	compare := map[string]string{"min": "<", "max": ">"}[name]
	one := fmt.Sprintf(`func(values ...%s) %s { found := values[0]; for _, v := range values { if v != v { return v }; if v %s found { found = v } }; return found }`, spelled, spelled, compare)
	call.Fun = r.expression("(" + one + ")")
}

// goroutine keeps a panic in a goroutine from taking the worker down: the command fails with it.
func (r *rewriter) goroutine(s *ast.GoStmt) {
	r.i.goroutines = true
	if f, ok := ast.Unparen(s.Call.Fun).(*ast.FuncLit); ok {
		f.Body.List = append(r.statements(`defer func() { if fault := recover(); fault != nil { `+hookFault+`(fault) } }()`), f.Body.List...)
	}
}
