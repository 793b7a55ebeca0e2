package worker

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// The order in which members are offered.
const (
	rankField = iota
	rankPromoted
	rankMethod   // to which the method's place among the listed ones is added
	rankUntold   = 80
	rankUnlisted = 90
)

// members offers what can stand behind a dot.
func (c *completer) members(v *view, a *answers) {
	if len(v.path) < 2 {
		return
	}
	selector, ok := v.path[len(v.path)-2].(*ast.SelectorExpr)
	if !ok {
		return
	}
	if p, ok := v.packageOf(selector.X); ok {
		for _, name := range p.Scope().Names() {
			if object := p.Scope().Lookup(name); object.Exported() {
				a.add(rankField, name, c.describe(object))
			}
		}
		return
	}
	t, isType, ok := v.typeAt(selector.X)
	if !ok {
		return
	}
	if !isType {
		c.fields(v, t, a)
	}
	c.methodsOf(v, t, v.info.Types[selector.X].Addressable(), c.sealedColumn(v, selector.X), a)
}

// fields offers the fields of a struct and those that its embedded ones lend it, in their order.
func (c *completer) fields(v *view, t types.Type, a *answers) {
	type level struct {
		t    types.Type
		rank int
	}
	seen := map[types.Type]bool{}
	for todo := []level{{pointed(t), rankField}}; len(todo) > 0; todo = todo[1:] {
		s, ok := todo[0].t.Underlying().(*types.Struct)
		if !ok || seen[todo[0].t] {
			continue
		}
		seen[todo[0].t] = true
		for f := range s.Fields() {
			if v.reaches(f) {
				a.add(todo[0].rank, f.Name(), c.field(todo[0].t, f))
			}
			if f.Embedded() {
				todo = append(todo, level{pointed(f.Type()), rankPromoted})
			}
		}
	}
}

// reaches says whether typed code may name a field or a method.
func (v *view) reaches(object types.Object) bool {
	return object.Name() != "_" && (object.Exported() || object.Pkg() == v.pkg)
}

// field says what a field of a type is.
func (c *completer) field(owner types.Type, f *types.Var) string {
	if c.isSealed(f.Type()) {
		return "sealed"
	}
	if table, ok := c.tables[types.Unalias(owner)]; ok && table.Sealed != nil {
		if slices.ContainsFunc(table.Sealed.Columns, func(s crypto.SealedColumn) bool { return s.IndexField == f.Name() }) {
			return "blind index"
		}
	}
	return c.spell(f.Type())
}

func (c *completer) isSealed(t types.Type) bool {
	return t == c.library.typeOf(sealedTextType) || t == c.library.typeOf(sealedBytesType)
}

// sealedColumn is the column that an expression such as p.Email is a value of, where that can be seen.
func (c *completer) sealedColumn(v *view, x ast.Expr) *crypto.SealedColumn {
	selector, ok := ast.Unparen(x).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	owner, _, ok := v.typeAt(selector.X)
	if !ok {
		return nil
	}
	table := c.tables[types.Unalias(pointed(owner))]
	if table.Sealed == nil {
		return nil
	}
	for _, s := range table.Sealed.Columns {
		if s.Field == selector.Sel.Name {
			return &s
		}
	}
	return nil
}

// methodsOf offers methods: those that the type's own package lists in its order, the others behind them. What only other
// packages call is offered only to who has begun to type it.
func (c *completer) methodsOf(v *view, t types.Type, addressable bool, column *crypto.SealedColumn, a *answers) {
	listed := c.documented(t)
	receiver := t
	if _, isPointer := t.Underlying().(*types.Pointer); addressable && !isPointer && !types.IsInterface(t) {
		receiver = types.NewPointer(t)
	}
	set := types.NewMethodSet(receiver)
	for n := range set.Len() {
		f, ok := set.At(n).Obj().(*types.Func)
		if !ok || !v.reaches(f) {
			continue
		}
		at := slices.IndexFunc(listed, func(m method) bool { return m.Name == f.Name() })
		switch {
		case at >= 0:
			rank, detail := rankMethod+at, c.function(f.Signature(), listed[at].Parameters)+": "+listed[at].Says
			if column != nil && !told(*column, f.Name()) {
				rank, detail = rankUntold, "not told of "+string(column.Column)
			}
			a.add(rank, f.Name(), detail)
		case len(listed) == 0 || a.word != "":
			a.add(rankUnlisted, f.Name(), c.function(f.Signature(), nil))
		}
	}
}

// told says whether a method of a sealed value, if it asks for a fact, may be answered.
func told(column crypto.SealedColumn, method string) bool {
	facts := map[string]string{
		"Present": crypto.FactPresent, "Len": crypto.FactLen, "Domain": crypto.FactDomain, "DomainIs": crypto.FactDomainIs,
		"Same": crypto.FactSame, "Is": crypto.FactIs, "Prefix": crypto.FactPrefix, "Traits": crypto.FactTraits,
	}
	fact, isFact := facts[method]
	if !isFact {
		return true
	}
	_, ok := column.Allows(fact)
	return ok
}

// keys offers the fields of a struct literal that are not set yet, and says whether other names can stand there too.
func (c *completer) keys(v *view, a *answers) (others bool) {
	n := len(v.path) - 2
	if n < 0 {
		return true
	}
	if pair, ok := v.path[n].(*ast.KeyValueExpr); ok && pair.Key == v.path[n+1] {
		n--
	}
	literal, ok := v.path[n].(*ast.CompositeLit)
	if !ok || literal.Type == v.path[n+1] {
		return true
	}
	t := v.info.Types[literal].Type
	if t == nil {
		return true
	}
	s, ok := pointed(t).Underlying().(*types.Struct)
	if !ok {
		return true
	}
	set := map[string]bool{}
	positional := len(literal.Elts) > 1
	for _, e := range literal.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			positional = false
			if id, ok := pair.Key.(*ast.Ident); ok {
				set[id.Name] = true
			}
		}
	}
	if positional {
		return true
	}
	for f := range s.Fields() {
		if v.reaches(f) && !set[f.Name()] {
			a.add(rankField, f.Name(), c.field(pointed(t), f))
		}
	}
	return len(set) == 0 && a.word != "" && !slices.ContainsFunc(a.found, func(r ranked) bool { return strings.HasPrefix(r.Text, a.word) })
}
