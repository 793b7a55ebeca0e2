package worker

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// blankName is what _ is called once it stands for the value that the last command showed. The scope knows it as _.
const blankName = "_" + mark

// lastValue is where the value of a command is kept, to be there as _ afterwards. Its variables inside yaegi are made once for a type and taken in
// turns, so that a command that fails leaves the one before as it was.
type lastValue struct {
	slots map[string][]string // variables inside yaegi, by their type
	why   string              // why there is none
}

// kept is where the value of one unit goes.
type kept struct {
	slot, spelled string
	static        types.Type
	fresh         bool // the slot is yet to be made
}

// meanLast takes every _ that is used as a value as the value of the last command. Where a function is declared it stays what Go takes it for.
func meanLast(u *unit) {
	if u.statement == nil {
		return
	}
	blank := map[*ast.Ident]bool{}
	names := func(all ...ast.Expr) {
		for _, e := range all {
			if id, ok := e.(*ast.Ident); ok {
				blank[id] = true
			}
		}
	}
	ast.Inspect(u.statement, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			names(n.Lhs...)
		case *ast.RangeStmt:
			names(n.Key, n.Value)
		case *ast.ValueSpec:
			names(idents(n.Names)...)
		case *ast.Field:
			names(idents(n.Names)...)
		case *ast.TypeSpec:
			names(n.Name)
		case *ast.SelectorExpr:
			names(n.Sel)
		case *ast.Ident:
			if n.Name == "_" && !blank[n] {
				n.Name = blankName
			}
		}
		return true
	})
}

// refuseLast says that there is no last value, where there is none.
func (i *interpreter) refuseLast(s *scope, u *unit) (failure *wire.Error) {
	if s.names["_"].object != nil {
		return nil
	}
	why := s.last.why
	if why == "" {
		why = "there is no last value yet"
	}
	for _, node := range u.nodes() {
		ast.Inspect(node, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id.Name == blankName && failure == nil {
				failure = i.at(id, &wire.Error{Kind: wire.ErrSyntax, Message: why, Hint: "nothing ran; _ is the value that the last command showed; x := … gives one a name"})
			}
			return true
		})
	}
	return failure
}

// keepLast makes of show(e) an assignment to a variable, and a show of that.
func (r *rewriter) keepLast(show *ast.ExprStmt) ([]ast.Stmt, []ast.Decl) {
	list := []ast.Stmt{show}
	call := show.X.(*ast.CallExpr)
	first, several := r.u.static, 0
	if tuple, ok := first.(*types.Tuple); ok {
		first, several = tuple.At(0).Type(), tuple.Len()
	}
	if b, ok := first.(*types.Basic); ok && b.Kind() == types.UntypedNil {
		return list, nil
	}
	k := &kept{static: types.Default(first)}
	r.u.kept = k
	spelled, ok := r.i.scope.spell(k.static)
	if !ok && several > 0 {
		return list, nil
	}
	if !ok { // made and set at once, as a definition of such a type is
		k.slot = r.i.scope.fresh("last")
		name := &ast.Ident{Name: k.slot, NamePos: show.Pos()}
		spec := &ast.ValueSpec{Names: []*ast.Ident{name}, Values: []ast.Expr{call.Args[0]}}
		call.Args = []ast.Expr{&ast.Ident{Name: k.slot, NamePos: show.Pos()}}
		return list, []ast.Decl{&ast.GenDecl{TokPos: show.Pos(), Tok: token.VAR, Specs: []ast.Spec{spec}}}
	}
	k.spelled = spelled
	for _, slot := range r.i.scope.last.slots[spelled] {
		if slot != r.i.scope.names["_"].internal {
			k.slot = slot
		}
	}
	var before []ast.Decl
	if k.slot == "" {
		k.slot, k.fresh = r.i.scope.fresh("last"), true
		before = append(before, r.variable(k.slot, spelled))
	}
	at := show.Pos()
	set := &ast.AssignStmt{Lhs: []ast.Expr{&ast.Ident{Name: k.slot, NamePos: at}}, TokPos: at, Tok: token.ASSIGN, Rhs: []ast.Expr{call.Args[0]}}
	if several == 0 {
		call.Args = []ast.Expr{&ast.Ident{Name: k.slot, NamePos: at}}
		return []ast.Stmt{set, show}, before
	}
	all := &ast.AssignStmt{TokPos: at, Tok: token.DEFINE, Rhs: call.Args}
	call.Args = nil
	for range several {
		name := r.i.scope.fresh("value")
		all.Lhs = append(all.Lhs, &ast.Ident{Name: name, NamePos: at})
		call.Args = append(call.Args, &ast.Ident{Name: name, NamePos: at})
	}
	set.Rhs = []ast.Expr{call.Args[0]}
	return []ast.Stmt{all, set, show}, before
}

// made notes that the variable of a unit's value is there.
func (l *lastValue) made(k *kept) {
	if k != nil && k.fresh && k.slot != "" {
		l.slots[k.spelled] = append(l.slots[k.spelled], k.slot)
	}
}

// setLast makes the value of a command that has succeeded the last one.
func (s *scope) setLast(k *kept) {
	switch {
	case k == nil:
	case k.slot == "":
		delete(s.names, "_")
		s.last.why = "the last value has a type that has no name here: " + typeName(k.static)
	default:
		s.names["_"] = binding{object: types.NewVar(token.NoPos, s.library.pkg("main"), blankName, k.static), internal: k.slot}
	}
}

// usedLast keeps the variable of the last value from being taken again, once a command used it: a pointer or a function may go on seeing it.
func (s *scope) usedLast(u *unit) {
	last := s.names["_"]
	if last.object == nil || u.info == nil {
		return
	}
	for _, found := range u.info.Uses {
		if found != last.object {
			continue
		}
		for spelled, slots := range s.last.slots {
			s.last.slots[spelled] = slices.DeleteFunc(slots, func(slot string) bool { return slot == last.internal })
		}
		return
	}
}
