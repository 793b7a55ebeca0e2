package worker

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// forLoop gives each iteration its own copy of the loop's variables, as Go has done since 1.22, and sets several variables at once rightly:
//
//	for i := 0; i < n; i++ { … }
//
// becomes, where i is captured by a function or has its address taken,
//
//	{ iǃ := 0; for ; iǃ < n; iǃ++ { i := iǃ; …; iǃ = i } }
//
// with iǃ = i also before each continue.
func (r *rewriter) forLoop(c *astutil.Cursor, loop *ast.ForStmt) {
	init, ok := loop.Init.(*ast.AssignStmt)
	if !ok || init.Tok != token.DEFINE {
		return
	}
	captured := false
	variables := r.variables(init.Lhs)
	for _, v := range variables {
		captured = captured || r.escapes(loop, v.object)
	}
	if captured {
		r.copyIterations(loop, init, variables)
	}
	if captured || len(init.Lhs) > 1 {
		loop.Init = nil
		r.replaceLoop(c, loop, init)
	}
}

// loopVariable is a variable that a loop declares.
type loopVariable struct {
	object types.Object
	inner  string // what the body calls it
	outer  string // what the head calls it
}

func (r *rewriter) variables(left []ast.Expr) []loopVariable {
	var out []loopVariable
	for _, l := range left {
		id, ok := l.(*ast.Ident)
		if !ok || id.Name == "_" {
			continue
		}
		if object := r.u.info.Defs[id]; object != nil {
			out = append(out, loopVariable{object: object, inner: r.i.scope.fresh(id.Name), outer: r.i.scope.fresh(id.Name)})
		}
	}
	return out
}

// escapes tells whether a function literal uses the variable, or its address is taken, so that it can outlive its iteration.
func (r *rewriter) escapes(loop ast.Node, object types.Object) bool {
	found := false
	is := func(e ast.Expr) bool {
		for {
			switch x := ast.Unparen(e).(type) {
			case *ast.Ident:
				return r.u.info.Uses[x] == object
			case *ast.SelectorExpr:
				e = x.X
			case *ast.IndexExpr:
				e = x.X
			default:
				return false
			}
		}
	}
	ast.Inspect(loop, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			ast.Inspect(n, func(inside ast.Node) bool {
				if id, ok := inside.(*ast.Ident); ok && r.u.info.Uses[id] == object {
					found = true
				}
				return !found
			})
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && is(n.X)
		case *ast.SliceExpr:
			found = found || is(n.X)
		case *ast.SelectorExpr:
			// A method with a pointer receiver takes the address without saying so.
			if s := r.u.info.Selections[n]; s != nil && s.Kind() == types.MethodVal && is(n.X) {
				if receiver := s.Obj().(*types.Func).Signature().Recv(); receiver != nil {
					_, pointer := receiver.Type().(*types.Pointer)
					found = found || pointer
				}
			}
		}
		return !found
	})
	return found
}

func (r *rewriter) copyIterations(loop *ast.ForStmt, init *ast.AssignStmt, variables []loopVariable) {
	var in, out string
	for _, v := range variables {
		in += v.inner + " := " + v.outer + "; "
		out += v.outer + " = " + v.inner + "; "
		if loop.Cond != nil {
			r.renameIn(loop.Cond, v.object, v.outer)
		}
		if loop.Post != nil {
			r.renameIn(loop.Post, v.object, v.outer)
		}
		r.renameIn(loop.Body, v.object, v.inner)
		for _, l := range init.Lhs {
			if id := l.(*ast.Ident); r.u.info.Defs[id] == v.object {
				id.Name = v.outer
			}
		}
		if loop.Cond != nil && r.escapes(loop.Cond, v.object) || loop.Post != nil && r.escapes(loop.Post, v.object) {
			r.failure = r.i.at(loop, &wire.Error{Kind: wire.ErrSyntax, Message: "a function in the head of a loop cannot use the loop's variable here", Hint: "nothing ran; move it into the body"})
			return
		}
	}
	r.beforeContinue(loop, out)
	loop.Body.List = append(r.statements(in), append(loop.Body.List, r.statements(out)...)...)
}

func (r *rewriter) renameIn(root ast.Node, object types.Object, name string) {
	ast.Inspect(root, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && r.u.info.Uses[id] == object {
			id.Name = name
		}
		return true
	})
}

// beforeContinue puts text before each continue that means this loop.
func (r *rewriter) beforeContinue(loop *ast.ForStmt, text string) {
	label := r.label(loop)
	depth := 0
	astutil.Apply(loop.Body, func(c *astutil.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.FuncLit:
			return false
		case *ast.ForStmt, *ast.RangeStmt:
			depth++
		case *ast.BranchStmt:
			if n.Tok == token.CONTINUE && (n.Label == nil && depth == 0 || n.Label != nil && n.Label.Name == label) {
				c.Replace(&ast.BlockStmt{Lbrace: n.Pos(), List: append(r.statements(text), n), Rbrace: n.End()})
				return false
			}
		}
		return true
	}, func(c *astutil.Cursor) bool {
		switch c.Node().(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			depth--
		}
		return true
	})
}

// label finds the label that stands before a loop.
func (r *rewriter) label(loop ast.Stmt) string {
	name := ""
	for _, node := range r.u.nodes() {
		ast.Inspect(node, func(n ast.Node) bool {
			if l, ok := n.(*ast.LabeledStmt); ok && l.Stmt == loop {
				name = l.Label.Name
			}
			return name == ""
		})
	}
	return name
}

// replaceLoop puts statements before a loop, in a block with it. A label stays with the loop.
func (r *rewriter) replaceLoop(c *astutil.Cursor, loop ast.Stmt, before ...ast.Stmt) {
	if labelled, ok := c.Parent().(*ast.LabeledStmt); ok {
		r.hoisted(labelled, before)
		return
	}
	c.Replace(&ast.BlockStmt{Lbrace: loop.Pos(), List: append(before, loop), Rbrace: loop.End()})
}

// rangeLoop gives each iteration its own variables, counts where the range is a number, and calls where it is a function.
func (r *rewriter) rangeLoop(c *astutil.Cursor, loop *ast.RangeStmt) {
	over := r.u.info.Types[loop.X].Type
	switch t := over.Underlying().(type) {
	case *types.Basic:
		if t.Info()&types.IsInteger != 0 {
			r.countLoop(c, loop)
			return
		}
		if isString(t) {
			r.rangeLetters(loop)
			return
		}
	case *types.Signature:
		r.rangeSequence(c, loop, t)
		return
	}
	if loop.Tok == token.ASSIGN {
		r.rangeAssign(loop)
		return
	}
	if loop.Tok != token.DEFINE {
		return
	}
	var in string
	for _, e := range []ast.Expr{loop.Key, loop.Value} {
		id, ok := e.(*ast.Ident)
		if !ok || id.Name == "_" {
			continue
		}
		object := r.u.info.Defs[id]
		if object == nil || !r.escapes(loop.Body, object) {
			continue
		}
		inner, outer := r.i.scope.fresh(id.Name), r.i.scope.fresh(id.Name)
		r.renameIn(loop.Body, object, inner)
		id.Name = outer
		in += inner + " := " + outer + "; "
	}
	if in != "" {
		loop.Body.List = append(r.statements(in), loop.Body.List...)
	}
}

// countLoop writes
//
//	for i := range n { … }
//
// as
//
//	{ nǃ := n; for iǃ := nǃ - nǃ; iǃ < nǃ; iǃ++ { i := iǃ; … } }
func (r *rewriter) countLoop(c *astutil.Cursor, loop *ast.RangeStmt) {
	limit, count := r.i.scope.fresh("limit"), r.i.scope.fresh("count")
	head := r.statements(limit + " := 0; for " + count + " := " + limit + " - " + limit + "; " + count + " < " + limit + "; " + count + "++ { }")
	set := head[0].(*ast.AssignStmt)
	set.Rhs = []ast.Expr{loop.X}
	if id, ok := loop.Key.(*ast.Ident); ok && loop.Tok == token.DEFINE && r.u.info.Defs[id] != nil {
		// for i := range 10 has the type of i, which the constant alone does not tell.
		if spelled, ok := r.i.scope.spell(r.u.info.Defs[id].Type()); ok {
			set.Rhs = []ast.Expr{&ast.CallExpr{Fun: r.expression("(" + spelled + ")"), Args: []ast.Expr{loop.X}}}
		}
	}
	counting := head[1].(*ast.ForStmt)
	counting.For = loop.For
	counting.Body = loop.Body
	if id, named := loop.Key.(*ast.Ident); loop.Key != nil && !(named && id.Name == "_") {
		each := &ast.AssignStmt{Lhs: []ast.Expr{loop.Key}, TokPos: loop.TokPos, Tok: loop.Tok, Rhs: []ast.Expr{&ast.Ident{Name: count, NamePos: loop.Pos()}}}
		counting.Body.List = append([]ast.Stmt{each}, counting.Body.List...)
	}
	if labelled, ok := c.Parent().(*ast.LabeledStmt); ok {
		r.hoisted(labelled, []ast.Stmt{set})
		c.Replace(counting)
		return
	}
	c.Replace(&ast.BlockStmt{Lbrace: loop.Pos(), List: []ast.Stmt{set, counting}, Rbrace: loop.End()})
}

// hoisted notes what has to stand before a labelled loop; the label itself is replaced when the walk comes to it.
func (r *rewriter) hoisted(labelled *ast.LabeledStmt, before []ast.Stmt) {
	if r.before == nil {
		r.before = map[*ast.LabeledStmt][]ast.Stmt{}
	}
	r.before[labelled] = append(r.before[labelled], before...)
}

func (r *rewriter) labelledLoop(c *astutil.Cursor, labelled *ast.LabeledStmt) {
	if instead := r.instead[labelled]; instead != nil {
		c.Replace(instead)
		return
	}
	if before := r.before[labelled]; before != nil {
		c.Replace(&ast.BlockStmt{Lbrace: labelled.Pos(), List: append(before, labelled), Rbrace: labelled.End()})
	}
}
