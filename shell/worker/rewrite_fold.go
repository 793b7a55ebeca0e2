package worker

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
)

// folded writes the number that a constant expression comes to, with its type: yaegi loses some in what it makes of them, such as 1e3 among
// unsigned numbers, or a constant without a type beside a uint32.
func (r *rewriter) folded(root ast.Node) {
	astutil.Apply(root, func(c *astutil.Cursor) bool {
		if d, ok := c.Node().(*ast.GenDecl); ok && d.Tok == token.CONST {
			return false
		}
		e, ok := c.Node().(ast.Expr)
		if !ok {
			return true
		}
		known := r.u.info.Types[e]
		if known.Value == nil {
			return true
		}
		if l, literal := e.(*ast.BasicLit); literal && (l.Kind == token.INT || l.Kind == token.STRING || l.Kind == token.CHAR && isRune(known.Type)) {
			return false
		}
		pair, key := c.Parent().(*ast.KeyValueExpr)
		text, ok := r.number(known.Value, known.Type, key && pair.Key == e)
		if !ok {
			return true
		}
		made := r.placed(text, e)
		r.u.info.Types[made] = known
		c.Replace(made)
		return false
	}, nil)
}

// number writes a constant number as an expression of its type. As a key, which may be an index, it has none.
func (r *rewriter) number(value constant.Value, t types.Type, key bool) (string, bool) {
	b, ok := t.Underlying().(*types.Basic)
	if !ok {
		return "", false
	}
	text := ""
	switch {
	case b.Info()&types.IsUntyped != 0:
		return "", false
	case b.Info()&types.IsInteger != 0:
		whole := constant.ToInt(value)
		if whole.Kind() != constant.Int {
			return "", false
		}
		text = whole.ExactString()
		if key && types.Unalias(t) != t.Underlying() {
			return "", false // in an array it is an index, and in a map it has its name
		}
		if types.Identical(t, types.Typ[types.Int]) {
			return signed(text), true
		}
	case b.Info()&types.IsFloat != 0 && !key:
		f, _ := constant.Float64Val(value)
		bits := 64
		if b.Kind() == types.Float32 {
			small, _ := constant.Float32Val(value)
			f, bits = float64(small), 32
		}
		text = strconv.FormatFloat(f, 'g', -1, bits)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		if types.Identical(t, types.Typ[types.Float64]) {
			return signed(text), true
		}
	default:
		return "", false
	}
	spelled, ok := r.i.scope.spell(t)
	if !ok {
		return "", false
	}
	return spelled + "(" + text + ")", true
}

// signed keeps a sign with its number.
func signed(text string) string {
	if strings.HasPrefix(text, "-") {
		return "(" + text + ")"
	}
	return text
}

func isRune(t types.Type) bool {
	b, ok := types.Unalias(t).(*types.Basic)
	return ok && b.Kind() == types.Int32
}
