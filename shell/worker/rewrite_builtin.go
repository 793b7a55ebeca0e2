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
	case "append":
		r.appended(call)
	case "new":
		r.newValue(call)
	case "min", "max":
		r.extreme(c, call, object.Name())
	}
}

// appended looks at all that is appended before any of it is: yaegi would write one over what it reads for the next.
//
//	append(s, a, s[0])
//
// becomes
//
//	append(s, []T{a, s[0]}...)
func (r *rewriter) appended(call *ast.CallExpr) {
	if len(call.Args) < 3 || call.Ellipsis.IsValid() {
		return
	}
	reads := false
	for _, e := range call.Args[2:] {
		switch ast.Unparen(e).(type) {
		case *ast.Ident, *ast.BasicLit, *ast.FuncLit:
		default:
			reads = reads || r.u.info.Types[e].Value == nil
		}
	}
	found := r.u.info.Types[call].Type
	if !reads || found == nil {
		return
	}
	slice, ok := found.Underlying().(*types.Slice)
	if !ok {
		return
	}
	spelled, ok := r.i.scope.spell(types.NewSlice(slice.Elem()))
	if !ok {
		return
	}
	at := call.Args[1].Pos()
	call.Args = []ast.Expr{call.Args[0], &ast.CompositeLit{Type: r.expression(spelled), Lbrace: at, Elts: call.Args[1:], Rbrace: call.Rparen}}
	call.Ellipsis = call.Rparen
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
