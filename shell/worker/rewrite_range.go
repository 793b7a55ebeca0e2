package worker

import (
	"go/ast"
	"go/token"
	"go/types"
)

// letter is one step of a range over a string.
type letter struct {
	At   int
	Rune rune
}

// letters are what a range over a string goes through. yaegi would go three bytes on where one is no UTF-8.
func letters(text string) []letter {
	out := make([]letter, 0, len(text))
	for at, r := range text {
		out = append(out, letter{at, r})
	}
	return out
}

// rangeLetters writes a range over a string as one over its letters:
//
//	for n, r := range text { … }
//
// becomes
//
//	for _, eachǃ := range lettersǃ(string(text)) { n := eachǃ.At; r := eachǃ.Rune; … }
func (r *rewriter) rangeLetters(loop *ast.RangeStmt) {
	each := r.i.scope.fresh("each")
	var first []ast.Stmt
	for n, to := range []ast.Expr{loop.Key, loop.Value} {
		if id, blank := to.(*ast.Ident); to == nil || blank && id.Name == "_" {
			continue
		}
		from := r.expression(each + "." + []string{"At", "Rune"}[n])
		first = append(first, &ast.AssignStmt{Lhs: []ast.Expr{to}, TokPos: to.Pos(), Tok: loop.Tok, Rhs: []ast.Expr{from}})
	}
	text := &ast.CallExpr{Fun: &ast.Ident{Name: "string", NamePos: loop.X.Pos()}, Lparen: loop.X.Pos(), Args: []ast.Expr{loop.X}, Rparen: loop.X.End()}
	loop.X = &ast.CallExpr{Fun: &ast.Ident{Name: hookLetters, NamePos: loop.X.Pos()}, Lparen: loop.X.Pos(), Args: []ast.Expr{text}, Rparen: loop.X.End()}
	loop.Key, loop.Value, loop.Tok = nil, nil, token.ILLEGAL
	if len(first) > 0 {
		loop.Key, loop.Value = &ast.Ident{Name: "_", NamePos: loop.For}, &ast.Ident{Name: each, NamePos: loop.For}
		loop.Tok, loop.TokPos = token.DEFINE, loop.For
		loop.Body.List = append(first, loop.Body.List...)
	}
}

// rangeAssign sets variables that exist already in the body: yaegi would declare others.
//
//	for p.n, v = range xs { … }
//
// becomes
//
//	for nǃ, vǃ := range xs { p.n = nǃ; v = vǃ; … }
func (r *rewriter) rangeAssign(loop *ast.RangeStmt) {
	var first []ast.Stmt
	set := func(to *ast.Expr, stem string) {
		if id, blank := (*to).(*ast.Ident); *to == nil || blank && id.Name == "_" {
			return
		}
		name := r.i.scope.fresh(stem)
		first = append(first, &ast.AssignStmt{Lhs: []ast.Expr{*to}, TokPos: (*to).Pos(), Tok: token.ASSIGN, Rhs: []ast.Expr{&ast.Ident{Name: name, NamePos: (*to).Pos()}}})
		*to = &ast.Ident{Name: name, NamePos: (*to).Pos()}
	}
	set(&loop.Key, "key")
	set(&loop.Value, "value")
	if len(first) == 0 {
		loop.Key, loop.Value, loop.Tok = nil, nil, token.ILLEGAL
		return
	}
	if len(first) == 2 { // what the second says of a place may read the first
		if _, name := first[1].(*ast.AssignStmt).Lhs[0].(*ast.Ident); !name {
			first[0], first[1] = first[1], first[0]
		}
	}
	loop.Tok = token.DEFINE
	loop.Body.List = append(first, loop.Body.List...)
}

func isString(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}
