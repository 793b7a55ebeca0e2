package worker

import (
	"fmt"
	"go/ast"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// selectBranches moves what leaves a labelled loop out of a select, where yaegi would stay in it:
//
//	select { case v := <-c: break loop }
//
// becomes
//
//	leaveǃ := 0; select { case v := <-c: leaveǃ = 1; break }; if leaveǃ == 1 { break loop }
func (r *rewriter) selectBranches(c *astutil.Cursor, s *ast.SelectStmt) {
	name := r.i.scope.fresh("leave")
	var wants []*ast.BranchStmt
	depth := 0
	inside := func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			return true
		}
		return false
	}
	own := map[string]bool{}
	ast.Inspect(s.Body, func(n ast.Node) bool {
		if l, ok := n.(*ast.LabeledStmt); ok {
			own[l.Label.Name] = true
		}
		return true
	})
	astutil.Apply(s.Body, func(c *astutil.Cursor) bool {
		if _, literal := c.Node().(*ast.FuncLit); literal {
			return false
		}
		if inside(c.Node()) {
			depth++
		}
		b, ok := c.Node().(*ast.BranchStmt)
		if !ok || b.Label == nil || own[b.Label.Name] {
			return true
		}
		if depth > 0 {
			if r.failure == nil {
				r.failure = r.i.at(b, &wire.Error{Kind: wire.ErrSyntax, Message: "a labelled " + b.Tok.String() + " out of a select and something inside it is not understood here", Hint: "nothing ran; set a variable, and look at it after the select"})
			}
			return false
		}
		wants = append(wants, &ast.BranchStmt{TokPos: b.TokPos, Tok: b.Tok, Label: b.Label})
		c.Replace(&ast.BlockStmt{Lbrace: b.Pos(), List: r.statements(fmt.Sprintf("%s = %d; break", name, len(wants))), Rbrace: b.End()})
		return false
	}, func(c *astutil.Cursor) bool {
		if inside(c.Node()) {
			depth--
		}
		return true
	})
	if len(wants) == 0 || r.failure != nil {
		return
	}
	list := append(r.statements(name+" := 0"), s)
	for n, want := range wants {
		check := r.statements(fmt.Sprintf("if %s == %d { }", name, n+1))[0].(*ast.IfStmt)
		check.Body.List = []ast.Stmt{want}
		list = append(list, check)
	}
	c.Replace(&ast.BlockStmt{Lbrace: s.Pos(), List: list, Rbrace: s.End()})
}

// interfaceCases writes a type switch that asks for an interface as questions one after the other, for yaegi finds only some of the interfaces:
//
//	switch x := v.(type) { case error: … }
//
// becomes
//
//	{ valueǃ, caseǃ := v, 0; if _, ok := valueǃ.(error); ok { caseǃ = 1 }; switch caseǃ { case 1: x := valueǃ.(error); … } }
func (r *rewriter) interfaceCases(c *astutil.Cursor, s *ast.TypeSwitchStmt) bool {
	asks := false
	for _, clause := range s.Body.List {
		for _, t := range clause.(*ast.CaseClause).List {
			asks = asks || isInterface(r.u.info.Types[t].Type)
		}
	}
	if !asks || s.Init != nil {
		return false
	}
	if _, labelled := c.Parent().(*ast.LabeledStmt); labelled {
		return false
	}
	value, which := r.i.scope.fresh("value"), r.i.scope.fresh("case")
	head := r.statements(fmt.Sprintf("%s := any(nil); %s := 0; switch %s { }", value, which, which))
	head[0].(*ast.AssignStmt).Rhs[0] = switched(s).X
	sw := head[2].(*ast.SwitchStmt)
	bound, _ := s.Assign.(*ast.AssignStmt)
	var questions []ast.Stmt
	for n, clause := range s.Body.List {
		k := clause.(*ast.CaseClause)
		made := &ast.CaseClause{Case: k.Case, Colon: k.Colon, Body: k.Body}
		for _, t := range k.List {
			text := fmt.Sprintf("if %s == 0 && %s != nil { if _, ok := %s.(int); ok { %s = %d } }", which, value, value, which, n+1)
			if r.u.info.Types[t].IsNil() {
				text = fmt.Sprintf("if %s == 0 && %s == nil { %s = %d }", which, value, which, n+1)
			}
			q := r.statements(text)[0].(*ast.IfStmt)
			if !r.u.info.Types[t].IsNil() {
				q.Body.List[0].(*ast.IfStmt).Init.(*ast.AssignStmt).Rhs[0].(*ast.TypeAssertExpr).Type = clone(t, func(*ast.Ident, *ast.Ident) {})
			}
			questions = append(questions, q)
		}
		if k.List != nil {
			made.List = []ast.Expr{r.expression(fmt.Sprint(n + 1))}
		}
		if bound != nil {
			name := bound.Lhs[0].(*ast.Ident).Name
			set := r.statements(fmt.Sprintf("%s := %s; _ = %s", name, value, name))
			if len(k.List) == 1 && !r.u.info.Types[k.List[0]].IsNil() {
				set[0].(*ast.AssignStmt).Rhs[0] = &ast.TypeAssertExpr{X: set[0].(*ast.AssignStmt).Rhs[0], Type: k.List[0]}
			}
			made.Body = append(set, k.Body...)
		}
		sw.Body.List = append(sw.Body.List, made)
	}
	c.Replace(&ast.BlockStmt{Lbrace: s.Pos(), List: append(append(head[:2:2], questions...), sw), Rbrace: s.End()})
	return true
}
