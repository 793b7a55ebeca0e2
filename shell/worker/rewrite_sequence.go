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

// sequence is a loop over a function on its way to become a call of that function:
//
//	for x := range seq { … }
//
// becomes
//
//	{
//		overǃ, exitǃ := false, 0
//		seq(func(x T) bool { if overǃ { panic(…) }; …; return true })
//		overǃ = true
//		if exitǃ == 1 { return resultǃ }
//	}
//
// A continue returns true. A break, a return and a branch to a loop further out note what they want, end the sequence, and are done after the call.
type sequence struct {
	r       *rewriter
	loop    *ast.RangeStmt
	label   string
	over    string
	exit    string
	results []string   // where a return puts its values
	wants   []ast.Stmt // what to do after the call, by the number in exit
}

func (r *rewriter) rangeSequence(c *astutil.Cursor, loop *ast.RangeStmt, over *types.Signature) {
	q := &sequence{r: r, loop: loop, label: r.label(loop), over: r.i.scope.fresh("over"), exit: r.i.scope.fresh("exit")}
	head, ok := q.parameters(over.Params().At(0).Type().Underlying().(*types.Signature))
	if !ok {
		return
	}
	declared := q.declare()
	if r.failure != nil {
		return
	}
	q.leave()
	text := fmt.Sprintf(`%s; func(%s) bool { if %s { panic("range function continued iteration after function for loop body returned false") }; return true }; %s = true`,
		declared, head, q.over, q.over)
	made := r.statements(text)
	call := made[len(made)-2].(*ast.ExprStmt)
	literal := call.X.(*ast.FuncLit)
	last := len(literal.Body.List) - 1
	literal.Body.List = append(append(literal.Body.List[:last:last], loop.Body), literal.Body.List[last])
	call.X = &ast.CallExpr{Fun: ast.Unparen(loop.X), Lparen: loop.For, Args: []ast.Expr{literal}, Rparen: loop.For}
	for n, want := range q.wants {
		check := r.statements(fmt.Sprintf("if %s == %d { }", q.exit, n+1))[0].(*ast.IfStmt)
		check.Body.List = []ast.Stmt{want}
		made = append(made, check)
	}
	block := &ast.BlockStmt{Lbrace: loop.Pos(), List: made, Rbrace: loop.End()}
	if labelled, ok := c.Parent().(*ast.LabeledStmt); ok {
		if r.instead == nil {
			r.instead = map[*ast.LabeledStmt]ast.Stmt{}
		}
		r.instead[labelled] = block // nothing refers to the label any more
	}
	c.Replace(block)
}

// parameters writes those of the loop's body as a function, and what it does first.
func (q *sequence) parameters(yield *types.Signature) (head string, ok bool) {
	var parts []string
	for n := range yield.Params().Len() {
		t := yield.Params().At(n).Type()
		spelled, known := q.r.i.scope.spell(t)
		if !known {
			q.r.failure = q.r.i.at(q.loop, &wire.Error{Kind: wire.ErrSyntax, Message: fmt.Sprintf("range over a function that yields %s is not understood here", typeName(t)), Hint: "nothing ran; declare the type outside the function, with a name"})
			return "", false
		}
		name := q.r.i.scope.fresh("each")
		parts = append(parts, name+" "+spelled)
		var to ast.Expr
		switch n {
		case 0:
			to = q.loop.Key
		case 1:
			to = q.loop.Value
		}
		if id, blank := to.(*ast.Ident); to == nil || blank && id.Name == "_" {
			continue
		}
		each := &ast.AssignStmt{Lhs: []ast.Expr{to}, TokPos: q.loop.TokPos, Tok: q.loop.Tok, Rhs: []ast.Expr{&ast.Ident{Name: name, NamePos: to.Pos()}}}
		list := []ast.Stmt{each}
		if id, isName := to.(*ast.Ident); isName && q.loop.Tok == token.DEFINE {
			list = append(list, &ast.AssignStmt{Lhs: []ast.Expr{&ast.Ident{Name: "_", NamePos: id.Pos()}}, TokPos: id.Pos(), Tok: token.ASSIGN, Rhs: []ast.Expr{&ast.Ident{Name: id.Name, NamePos: id.Pos()}}})
		}
		q.loop.Body.List = append(list, q.loop.Body.List...)
	}
	return strings.Join(parts, ", "), true
}

// declare writes the variables of the loop, after finding out which it needs.
func (q *sequence) declare() string {
	text := fmt.Sprintf("%s, %s := false, 0; _ = %s", q.over, q.exit, q.exit)
	returns := false
	q.walk(func(_ *astutil.Cursor, s ast.Stmt) {
		if back, ok := s.(*ast.ReturnStmt); ok && len(back.Results) > 0 {
			returns = true
		}
	})
	if !returns {
		return text
	}
	results := q.r.results(q.loop)
	for n := range results.Len() {
		spelled, ok := q.r.i.scope.spell(results.At(n).Type())
		if !ok {
			q.r.failure = q.r.i.at(q.loop, &wire.Error{Kind: wire.ErrSyntax, Message: "return inside a range over a function is not understood here for " + typeName(results.At(n).Type()), Hint: "nothing ran; set a variable, break, and return it after the loop"})
			return ""
		}
		name := q.r.i.scope.fresh("result")
		q.results = append(q.results, name)
		text += fmt.Sprintf("; var %s %s", name, spelled)
	}
	return text
}

// leave writes what leaves the body as what a function does.
func (q *sequence) leave() {
	q.walk(func(c *astutil.Cursor, s ast.Stmt) {
		switch s := s.(type) {
		case *ast.ReturnStmt:
			want := &ast.ReturnStmt{Return: s.Return}
			var set []ast.Stmt
			for n, name := range q.results {
				if len(s.Results) == 0 {
					break
				}
				want.Results = append(want.Results, &ast.Ident{Name: name, NamePos: s.Pos()})
				if len(s.Results) == len(q.results) { // one by one: among several yaegi takes no nil
					set = append(set, &ast.AssignStmt{Lhs: []ast.Expr{&ast.Ident{Name: name, NamePos: s.Pos()}}, TokPos: s.Pos(), Tok: token.ASSIGN, Rhs: []ast.Expr{s.Results[n]}})
				}
			}
			if len(s.Results) != len(q.results) && len(s.Results) > 0 {
				a := &ast.AssignStmt{TokPos: s.Pos(), Tok: token.ASSIGN, Rhs: s.Results}
				for _, name := range q.results {
					a.Lhs = append(a.Lhs, &ast.Ident{Name: name, NamePos: s.Pos()})
				}
				set = []ast.Stmt{a}
			}
			q.wants = append(q.wants, want)
			c.Replace(q.end(s, set, len(q.wants)))
		case *ast.BranchStmt:
			own := s.Label == nil || s.Label.Name == q.label
			switch {
			case own && s.Tok == token.CONTINUE:
				c.Replace(q.r.statements("return true")[0])
			case own:
				c.Replace(q.end(s, nil, 0))
			default:
				q.wants = append(q.wants, &ast.BranchStmt{TokPos: s.TokPos, Tok: s.Tok, Label: &ast.Ident{Name: s.Label.Name, NamePos: s.Label.NamePos}})
				c.Replace(q.end(s, nil, len(q.wants)))
			}
		}
	})
}

func (q *sequence) end(at ast.Stmt, before []ast.Stmt, exit int) ast.Stmt {
	list := append(before, q.r.statements(fmt.Sprintf("%s, %s = true, %d; return false", q.over, q.exit, exit))...)
	return &ast.BlockStmt{Lbrace: at.Pos(), List: list, Rbrace: at.End()}
}

// walk finds the returns of the body, and the branches that leave it or begin its next iteration.
func (q *sequence) walk(found func(*astutil.Cursor, ast.Stmt)) {
	loops, switches := 0, 0
	inside := map[string]bool{}
	count := func(n ast.Node, by int) {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			loops += by
		case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			switches += by
		}
	}
	ast.Inspect(q.loop.Body, func(n ast.Node) bool {
		if l, ok := n.(*ast.LabeledStmt); ok {
			inside[l.Label.Name] = true
		}
		return true
	})
	astutil.Apply(q.loop.Body, func(c *astutil.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			found(c, n)
			return false
		case *ast.BranchStmt:
			switch {
			case n.Tok != token.BREAK && n.Tok != token.CONTINUE:
			case n.Label != nil && inside[n.Label.Name]:
			case n.Label == nil && (loops > 0 || n.Tok == token.BREAK && switches > 0):
			default:
				found(c, n)
			}
			return false
		}
		count(c.Node(), 1)
		return true
	}, func(c *astutil.Cursor) bool {
		count(c.Node(), -1)
		return true
	})
}

// results are those of the function that a statement stands in.
func (r *rewriter) results(s ast.Stmt) *types.Tuple {
	for _, root := range r.u.nodes() {
		path := pathTo(root, s)
		for n := len(path) - 1; n >= 0; n-- {
			switch f := path[n].(type) {
			case *ast.FuncLit:
				if t, ok := r.u.info.Types[f].Type.(*types.Signature); ok {
					return t.Results()
				}
			case *ast.FuncDecl:
				name := f.Name
				if flat := r.u.flat[f]; flat != nil {
					name = flat.Name
				}
				if object, ok := r.u.info.Defs[name].(*types.Func); ok {
					return object.Signature().Results()
				}
			}
		}
	}
	return types.NewTuple()
}
