package worker

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// constants writes out what a group of constants comes to where it counts or repeats itself: yaegi loses its way in some of these.
func (r *rewriter) constants(d *ast.GenDecl) {
	if d.Tok != token.CONST || !d.Lparen.IsValid() {
		return
	}
	written := make([]ast.Spec, 0, len(d.Specs))
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		for _, id := range v.Names {
			if id.Name == "_" {
				continue
			}
			c, ok := r.u.info.Defs[id].(*types.Const)
			if !ok {
				return
			}
			switch c.Val().Kind() {
			case constant.Int, constant.String, constant.Bool:
			default:
				return
			}
			basic, ok := c.Type().Underlying().(*types.Basic)
			if !ok || basic.Info()&(types.IsInteger|types.IsString|types.IsBoolean) == 0 {
				return
			}
			one := &ast.ValueSpec{Names: []*ast.Ident{id}, Values: []ast.Expr{r.placed(c.Val().ExactString(), id)}}
			if basic.Kind() == types.UntypedRune {
				one.Values[0] = &ast.BinaryExpr{X: r.placed("'\\x00'", id), OpPos: id.Pos(), Op: token.ADD, Y: one.Values[0]}
			}
			if basic.Info()&types.IsUntyped == 0 {
				spelled, ok := r.i.scope.spell(c.Type())
				if !ok {
					return
				}
				one.Type = r.placed(spelled, id)
			}
			written = append(written, one)
		}
	}
	if len(written) > 0 {
		d.Specs = written
	}
}
