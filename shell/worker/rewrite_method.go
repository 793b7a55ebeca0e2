package worker

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// method writes a method that is used as a value, of a type that was typed, as a function: yaegi would look at the receiver only when it is called.
//
//	p.Sum         func(r Point) func() int { return func() int { return r.Sum() } }(p)
//	(*Point).Move func(r *Point, a int) { r.Move(a) }
func (r *rewriter) method(c *astutil.Cursor, s *ast.SelectorExpr) {
	selected := r.u.info.Selections[s]
	if selected == nil || selected.Obj().Pkg() == nil || selected.Obj().Pkg().Path() != "main" {
		return
	}
	signature, ok := r.u.info.Types[s].Type.(*types.Signature)
	if !ok {
		return
	}
	switch selected.Kind() {
	case types.MethodVal:
		if call, ok := c.Parent().(*ast.CallExpr); ok && ast.Unparen(call.Fun) == s {
			return
		}
		if _, paren := c.Parent().(*ast.ParenExpr); paren {
			return
		}
		receiver, x := selected.Recv(), s.X
		if toPointer(selected) {
			receiver, x = types.NewPointer(receiver), &ast.UnaryExpr{OpPos: s.Pos(), Op: token.AND, X: s.X}
		}
		head, arguments, ok := r.signature(signature, 0)
		spelled, known := r.i.scope.spell(receiver)
		if !ok || !known {
			r.refuseMethod(s)
			return
		}
		text := fmt.Sprintf("func(r %s) func%s { return func%s { %s r.%s(%s) } }", spelled, head, head, giving(signature), s.Sel.Name, arguments)
		c.Replace(&ast.CallExpr{Fun: r.expression(text), Lparen: s.Pos(), Args: []ast.Expr{x}, Rparen: s.End()})
	case types.MethodExpr:
		head, arguments, ok := r.signature(signature, 1)
		if !ok {
			r.refuseMethod(s)
			return
		}
		c.Replace(r.expression(fmt.Sprintf("func%s { %s p0.%s(%s) }", head, giving(signature), s.Sel.Name, arguments)))
	}
}

func (r *rewriter) refuseMethod(s *ast.SelectorExpr) {
	r.failure = r.i.at(s, &wire.Error{Kind: wire.ErrSyntax, Message: "the method " + s.Sel.Name + " cannot be used as a value here", Hint: "nothing ran; write func(…) { … } that calls it"})
}

func giving(s *types.Signature) string {
	if s.Results().Len() == 0 {
		return ""
	}
	return "return"
}

// signature writes parameters, named p0 and so on, and results, and the arguments that hand on all parameters but the first few.
func (r *rewriter) signature(s *types.Signature, skip int) (head, arguments string, ok bool) {
	var parts, given []string
	ok = true
	for n := range s.Params().Len() {
		spelled, known := r.i.scope.spell(s.Params().At(n).Type())
		ok = ok && known
		name := fmt.Sprint("p", n)
		if s.Variadic() && n == s.Params().Len()-1 {
			spelled = "..." + strings.TrimPrefix(spelled, "[]")
			parts, given = append(parts, name+" "+spelled), append(given, name+"...")
			continue
		}
		parts = append(parts, name+" "+spelled)
		if n >= skip {
			given = append(given, name)
		}
	}
	var results []string
	for n := range s.Results().Len() {
		spelled, known := r.i.scope.spell(s.Results().At(n).Type())
		ok = ok && known
		results = append(results, spelled)
	}
	return "(" + strings.Join(parts, ", ") + ") (" + strings.Join(results, ", ") + ")", strings.Join(given, ", "), ok
}
