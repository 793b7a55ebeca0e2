package worker

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// refuseAssertions refuses to ask an interface for a type where yaegi would say yes to another one: inside an interface it knows a typed type
// only by what it is made of.
func (i *interpreter) refuseAssertions(s *scope, u *unit) (failure *wire.Error) {
	ask := func(operand, asked ast.Expr) {
		if failure != nil || asked == nil || operand == nil {
			return
		}
		from, to := u.info.Types[operand].Type, u.info.Types[asked].Type
		if from == nil || to == nil {
			return
		}
		if why := s.confused(u, from, to); why != "" {
			failure = i.at(asked, &wire.Error{Kind: wire.ErrSyntax, Message: why, Hint: "nothing ran; give the types an interface with a method, and call that"})
		}
	}
	for _, node := range u.nodes() {
		ast.Inspect(node, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeAssertExpr:
				ask(n.X, n.Type)
			case *ast.TypeSwitchStmt:
				operand := switched(n).X
				for _, clause := range n.Body.List {
					for _, asked := range clause.(*ast.CaseClause).List {
						ask(operand, asked)
					}
				}
			}
			return failure == nil
		})
	}
	return failure
}

func switched(s *ast.TypeSwitchStmt) *ast.TypeAssertExpr {
	switch a := s.Assign.(type) {
	case *ast.ExprStmt:
		return ast.Unparen(a.X).(*ast.TypeAssertExpr)
	default:
		return ast.Unparen(a.(*ast.AssignStmt).Rhs[0]).(*ast.TypeAssertExpr)
	}
}

// confused says which types yaegi could not tell apart, or nothing.
func (s *scope) confused(u *unit, from, to types.Type) string {
	target := to
	if p, ok := types.Unalias(to).(*types.Pointer); ok {
		target = p.Elem()
	}
	named, isNamed := types.Unalias(target).(*types.Named)
	typed := isNamed && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "main"
	if !typed && isNamed && !isInterface(target) {
		return "" // compiled types keep their names
	}
	if ours, ok := types.Unalias(from).(*types.Named); ok && ours.Obj().Pkg() != nil && ours.Obj().Pkg().Path() == "main" {
		return "" // an interface that was typed keeps them too
	}
	name := types.TypeString(to, func(*types.Package) string { return "" })
	asksInterface := isInterface(target)
	_, isStruct := target.Underlying().(*types.Struct)
	switch {
	case typed && asksInterface:
		return fmt.Sprintf("an any cannot be asked here whether it is a %s", name)
	case asksInterface && s.implements(u, target):
		return fmt.Sprintf("an any cannot be asked here whether it is a %s", name)
	case asksInterface:
		return ""
	case typed && !isStruct:
		return fmt.Sprintf("inside an any, %s cannot be told from %s here", name, target.Underlying())
	}
	for other := range s.typedNames(u) {
		if other != named && types.Identical(other.Underlying(), target.Underlying()) {
			return fmt.Sprintf("inside an any, %s cannot be told from %s here", name, other.Obj().Name())
		}
	}
	return ""
}

// implements tells whether a type that was typed has the methods of an interface: inside an any yaegi does not find them.
func (s *scope) implements(u *unit, t types.Type) bool {
	asked := t.Underlying().(*types.Interface)
	if asked.Empty() {
		return false
	}
	for named := range s.typedNames(u) {
		if named.TypeParams() == nil && !isInterface(named) && (types.Implements(named, asked) || types.Implements(types.NewPointer(named), asked)) {
			return true
		}
	}
	return false
}

// typedNames yields the types that were typed in this session, and in this unit.
func (s *scope) typedNames(u *unit) func(func(*types.Named) bool) {
	return func(yield func(*types.Named) bool) {
		visit := func(o types.Object) bool {
			t, ok := o.(*types.TypeName)
			if !ok {
				return true
			}
			named, ok := types.Unalias(t.Type()).(*types.Named)
			if !ok || named.Obj() != t || t.Pkg().Path() != "main" {
				return true
			}
			return yield(named)
		}
		for _, b := range s.names {
			if !visit(b.object) {
				return
			}
		}
		for _, o := range u.info.Defs {
			if o != nil && o.Pkg() != nil && !visit(o) {
				return
			}
		}
	}
}

// typeSwitch binds the value of a type switch that does not: without that yaegi finds no type that was typed.
func (r *rewriter) typeSwitch(s *ast.TypeSwitchStmt) {
	if _, bound := s.Assign.(*ast.AssignStmt); bound {
		return
	}
	name := r.i.scope.fresh("switched")
	head := r.statements("switch " + name + " := any(nil).(type) { default: _ = " + name + " }")[0].(*ast.TypeSwitchStmt)
	assign := head.Assign.(*ast.AssignStmt)
	assign.Rhs = []ast.Expr{switched(s)}
	s.Assign = assign
	for _, clause := range s.Body.List {
		c := clause.(*ast.CaseClause)
		c.Body = append(r.statements("_ = "+name), c.Body...)
	}
}

func isInterface(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Interface)
	return ok
}

// equal compares values in interfaces as Go does: yaegi compares what it has wrapped around them.
func (r *rewriter) equal(c *astutil.Cursor, e *ast.BinaryExpr) {
	if e.Op != token.EQL && e.Op != token.NEQ {
		return
	}
	x, y := r.u.info.Types[e.X], r.u.info.Types[e.Y]
	if x.IsNil() || y.IsNil() || !isInterface(x.Type) && !isInterface(y.Type) {
		return
	}
	var call ast.Expr = &ast.CallExpr{Fun: &ast.Ident{Name: hookEqual, NamePos: e.Pos()}, Lparen: e.Pos(), Args: []ast.Expr{e.X, e.Y}, Rparen: e.End()}
	if e.Op == token.NEQ {
		call = &ast.UnaryExpr{OpPos: e.Pos(), Op: token.NOT, X: call}
	}
	c.Replace(call)
}

// compares writes a switch over a value in an interface as comparisons, which yaegi would refuse, and several conditions of a case as one.
func (r *rewriter) compares(s *ast.SwitchStmt) {
	if s.Tag == nil {
		for _, clause := range s.Body.List { // yaegi looks at the first condition of a case only
			k := clause.(*ast.CaseClause)
			for len(k.List) > 1 {
				k.List = append([]ast.Expr{&ast.BinaryExpr{X: &ast.ParenExpr{X: k.List[0]}, OpPos: k.List[1].Pos(), Op: token.LOR, Y: &ast.ParenExpr{X: k.List[1]}}}, k.List[2:]...)
			}
		}
		return
	}
	if s.Init != nil || !isInterface(r.u.info.Types[s.Tag].Type) {
		return
	}
	name := r.i.scope.fresh("value")
	s.Init = &ast.AssignStmt{Lhs: []ast.Expr{&ast.Ident{Name: name, NamePos: s.Tag.Pos()}}, TokPos: s.Tag.Pos(), Tok: token.DEFINE, Rhs: []ast.Expr{s.Tag}}
	s.Tag = nil
	for _, clause := range s.Body.List {
		k := clause.(*ast.CaseClause)
		var any ast.Expr // of them: without a tag yaegi looks at one only
		for _, e := range k.List {
			var one ast.Expr = &ast.CallExpr{Fun: &ast.Ident{Name: hookEqual, NamePos: e.Pos()}, Lparen: e.Pos(), Args: []ast.Expr{&ast.Ident{Name: name, NamePos: e.Pos()}, e}, Rparen: e.End()}
			if r.u.info.Types[e].IsNil() {
				one = &ast.BinaryExpr{X: &ast.Ident{Name: name, NamePos: e.Pos()}, OpPos: e.Pos(), Op: token.EQL, Y: e}
			}
			if any != nil {
				one = &ast.BinaryExpr{X: any, OpPos: e.Pos(), Op: token.LOR, Y: one}
			}
			any = one
		}
		if any != nil {
			k.List = []ast.Expr{any}
		}
	}
}
