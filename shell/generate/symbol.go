package generate

import (
	"fmt"
	"go/constant"
	"go/types"
	"math"
	"math/big"
)

// symbol is one line of Symbols: a name, and the expression of its reflect.Value.
type symbol struct {
	name       string
	expression string
}

// symbols are what a package exports to typed code, in the order of their names, and what was left out for a reason.
func (f *file) symbols(p *pack) (list []symbol, out []string) {
	scope := p.types.Scope()
	for _, name := range scope.Names() {
		object := scope.Lookup(name)
		if !object.Exported() {
			continue
		}
		written := p.called + "." + name
		switch object := object.(type) {
		case *types.Const:
			list = append(list, symbol{name, f.constant(object, written)})
		case *types.Func:
			if object.Signature().TypeParams().Len() > 0 {
				out = append(out, name+": a generic function")
				continue
			}
			list = append(list, symbol{name, value(written)})
		case *types.Var:
			if !standsForValue(object.Type()) {
				out = append(out, name+": a variable")
				continue
			}
			list = append(list, symbol{name, value(written)})
		case *types.TypeName:
			if parametric(object) {
				out = append(out, name+": a generic type")
				continue
			}
			if t, ok := object.Type().Underlying().(*types.Interface); ok && !t.IsMethodSet() {
				out = append(out, name+": a constraint of generic types")
				continue
			}
			list = append(list, symbol{name, fmt.Sprintf("reflect.ValueOf((*%s)(nil))", written)})
		}
	}
	return list, out
}

func value(written string) string { return fmt.Sprintf("reflect.ValueOf(%s)", written) }

// parametric tells whether a type, or an alias of one, has type parameters of its own.
func parametric(object *types.TypeName) bool {
	if alias, ok := object.Type().(*types.Alias); ok {
		return alias.TypeParams().Len() > 0
	}
	return generic(object)
}

// standsForValue tells whether a variable of this type is used as a constant would be: an error, or a named text, number or
// truth value.
func standsForValue(t types.Type) bool {
	if types.Identical(t, types.Universe.Lookup("error").Type()) {
		return true
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	_, basic := named.Underlying().(*types.Basic)
	return basic
}

// constant is the value of a constant. An untyped one stays so: typed code may use it as any type that holds it. Where a
// machine word holds it, it is taken from the package when the console is compiled; else its digits are written down.
func (f *file) constant(c *types.Const, written string) string {
	basic, ok := c.Type().(*types.Basic)
	if !ok || basic.Info()&types.IsUntyped == 0 {
		return value(written)
	}
	exact := func(maker string) string {
		f.uses("go/constant")
		return value(fmt.Sprintf("constant.%s(%s)", maker, written))
	}
	literal := func(text, kind string) string {
		f.uses("go/constant")
		f.uses("go/token")
		return value(fmt.Sprintf("constant.MakeFromLiteral(%q, token.%s, 0)", text, kind))
	}
	switch basic.Kind() {
	case types.UntypedString:
		return exact("MakeString")
	case types.UntypedInt, types.UntypedRune:
		v := constant.ToInt(c.Val())
		if _, ok := constant.Int64Val(v); ok {
			return exact("MakeInt64")
		}
		if _, ok := constant.Uint64Val(v); ok {
			return exact("MakeUint64")
		}
		return literal(v.ExactString(), "INT")
	case types.UntypedFloat:
		v := constant.ToFloat(c.Val())
		if n, _ := constant.Float64Val(v); !math.IsInf(n, 0) && (n != 0 || constant.Sign(v) == 0) {
			return exact("MakeFloat64")
		}
		return literal(digits(v), "FLOAT")
	}
	return value(written)
}

// digits writes a number that no float64 holds.
func digits(v constant.Value) string {
	switch n := constant.Val(v).(type) {
	case *big.Float:
		return n.Text('g', 40)
	case *big.Rat:
		return new(big.Float).SetPrec(512).SetRat(n).Text('g', 40)
	}
	return v.ExactString()
}
