package worker

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
)

// The order in which names are offered.
const (
	rankLocal = iota
	rankSession
	rankRepository
	rankConsole
	rankPackage
	rankBuiltin
	rankKeyword
	rankCommand
)

// names offers what can stand where an operand or a statement begins.
func (c *completer) names(b beginning, v *view, a *answers) {
	if b.before == token.RBRACE && b.word != "" { // a line break would be a semicolon
		a.add(rankKeyword, "else", "keyword")
		return
	}
	onlyTypes := v.wantsType()
	offer := func(rank int, object types.Object) {
		switch object.(type) {
		case *types.TypeName, *types.PkgName:
		default:
			if onlyTypes {
				return
			}
		}
		if object.Name() != "_" {
			a.add(rank, object.Name(), c.describe(object))
		}
	}
	for _, object := range v.locals() {
		offer(rankLocal, object)
	}
	session := slices.SortedFunc(maps.Keys(v.scope.names), func(x, y string) int {
		return cmp.Or(v.scope.names[y].command-v.scope.names[x].command, cmp.Compare(x, y))
	})
	for _, name := range session {
		offer(rankSession, v.scope.names[name].object)
	}
	if console, err := c.library.Import(consolePath); err == nil {
		for _, name := range console.Scope().Names() {
			object, rank := console.Scope().Lookup(name), rankConsole
			if _, ok := c.repository(object.Type()); ok {
				rank = rankRepository
			}
			offer(rank, object)
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(c.library.names), func(x, y string) int { return cmp.Compare(c.library.names[x], c.library.names[y]) }) {
		if p != consolePath {
			a.add(rankPackage, c.library.names[p], "package")
		}
	}
	for _, name := range types.Universe.Names() {
		offer(rankBuiltin, types.Universe.Lookup(name))
	}
	for _, word := range v.keywords(b, onlyTypes) {
		a.add(rankKeyword, word, "keyword")
	}
}

// locals are the names between the mark and the top level, the innermost first.
func (v *view) locals() []types.Object {
	if len(v.path) == 0 {
		return nil
	}
	var inner *types.Scope
	for _, s := range v.info.Scopes {
		if s.Contains(v.at()) && s.Parent() != v.pkg.Scope() && (inner == nil || s.Pos() > inner.Pos() || s.Pos() == inner.Pos() && s.End() < inner.End()) {
			inner = s
		}
	}
	var found []types.Object
	for s := inner; s != nil && s.Parent() != v.pkg.Scope() && s != v.pkg.Scope() && s != types.Universe; s = s.Parent() {
		var here []types.Object
		for _, name := range s.Names() {
			// A scope knows where in it a name begins to exist.
			if in, object := s.LookupParent(name, v.at()); in == s {
				here = append(here, object)
			}
		}
		slices.SortFunc(here, func(x, y types.Object) int { return int(y.Pos() - x.Pos()) })
		found = append(found, here...)
	}
	for _, name := range v.pkg.Scope().Names() {
		if v.own[name] {
			found = append(found, v.pkg.Scope().Lookup(name))
		}
	}
	return found
}

// begins says whether a statement begins at the mark.
func (v *view) begins() bool {
	if len(v.path) < 2 {
		return true
	}
	_, ok := v.path[len(v.path)-2].(*ast.ExprStmt)
	return ok
}

// wantsType says whether only a type can stand at the mark.
func (v *view) wantsType() bool {
	n := len(v.path) - 2
	for ; n >= 0; n-- {
		if _, star := v.path[n].(*ast.StarExpr); !star {
			break
		}
	}
	if n < 0 {
		return false
	}
	below := v.path[n+1]
	switch parent := v.path[n].(type) {
	case *ast.Field:
		return parent.Type == below
	case *ast.ArrayType:
		return parent.Elt == below
	case *ast.MapType, *ast.ChanType, *ast.TypeSpec:
		return true
	case *ast.TypeAssertExpr:
		return parent.Type == below
	case *ast.ValueSpec:
		return parent.Type == below
	}
	return false
}

// keywords are those that may stand at the mark.
func (v *view) keywords(b beginning, onlyTypes bool) []string {
	words := []string{"chan", "func", "interface", "map", "struct"}
	if b.header == token.FOR && (b.before == token.FOR || b.before == token.DEFINE || b.before == token.ASSIGN) {
		words = append(words, "range")
	}
	if onlyTypes || !v.begins() {
		return words
	}
	words = []string{"const", "for", "func", "go", "if", "select", "struct", "map", "switch", "type", "var"}
	if _, _, ok := around[*ast.FuncLit](v.path); ok {
		words = append(words, "defer", "return")
	} else if f, _, ok := around[*ast.FuncDecl](v.path); ok && f.Name.Name != "_" {
		words = append(words, "defer", "return")
	}
	for n := len(v.path) - 1; n >= 0; n-- {
		switch v.path[n].(type) {
		case *ast.FuncLit, *ast.FuncDecl:
			return words
		case *ast.ForStmt, *ast.RangeStmt:
			return append(words, "break", "continue")
		case *ast.CaseClause, *ast.CommClause:
			words = append(words, "break", "case", "default")
		}
	}
	if len(v.path) == 0 && b.word != "" {
		words = append(words, "break", "case", "continue", "default", "defer", "return") // who knows
	}
	return words
}
