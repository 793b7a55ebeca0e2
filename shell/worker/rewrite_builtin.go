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
	case "new":
		r.newValue(call)
	case "min", "max":
		r.extreme(c, call, object.Name())
	}
}

// newValue writes new(value), which is a pointer to a new variable that holds the value.
func (r *rewriter) newValue(call *ast.CallExpr) {
	found, ok := r.u.info.Types[call.Args[0]]
	if !ok || found.IsType() {
		return
	}
	spelled, ok := r.i.scope.spell(types.Default(found.Type))
	if !ok {
		r.failure = r.i.at(call, &wire.Error{Kind: wire.ErrSyntax, Message: "new is not understood for a value of " + typeName(found.Type) + " here", Hint: "nothing ran; set a variable and take its address: v := …; &v"})
		return
	}
	call.Fun = r.expression(fmt.Sprintf("func(value %s) *%s { return &value }", spelled, spelled))
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
