package worker

import (
	"fmt"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// template is a generic function or type. yaegi never sees it: for each set of type arguments it is copied with these written in, checked again
// as the Go it then is, and rewritten like anything typed. That is how a compiler without shared code does it, and what go/types knows of the
// types stays true to the last expression.
type template struct {
	name     string
	function *ast.FuncDecl   // or
	methods  []*ast.FuncDecl // of a type
	inside   bool            // of the library: its places say nothing to a person
	known    map[*ast.FuncDecl]meaning
	taken    bool // a copy of it exists, or may

	copies []copied
}

// meaning is what the names in a declaration meant where it was typed.
type meaning struct {
	info   *types.Info
	params *types.TypeParamList
	names  map[string]types.Object // of the top level
	inside map[types.Object]string // what yaegi calls them
}

// copied is a template with type arguments.
type copied struct {
	arguments *types.TypeList
	name      string // inside yaegi
}

// mostCopies bounds what one input may be copied to.
const mostCopies = 500

// meant notes what the names of a declaration mean.
func meant(pkg *types.Package, info *types.Info, node ast.Node, params *types.TypeParamList, inside map[types.Object]string) meaning {
	m := meaning{info: info, params: params, names: map[string]types.Object{}, inside: inside}
	ast.Inspect(node, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if object := info.Uses[id]; object != nil && pkg.Scope().Lookup(id.Name) == object {
				m.names[id.Name] = object
			}
		}
		return true
	})
	return m
}

// generics replaces what has type arguments by its copy.
func (r *rewriter) generics(root ast.Node) ast.Node {
	return astutil.Apply(root, func(c *astutil.Cursor) bool {
		e, ok := c.Node().(ast.Expr)
		if !ok || r.failure != nil {
			return r.failure == nil
		}
		switch n := e.(type) {
		case *ast.IndexExpr, *ast.IndexListExpr:
			if known := r.u.info.Types[n]; known.IsType() {
				return r.replaceType(c, n, known.Type)
			}
			return r.replaceFunction(c, n, called(indexed(n)))
		case *ast.SelectorExpr:
			return r.replaceFunction(c, n, n.Sel)
		case *ast.Ident:
			if t, ok := r.u.substitute[r.u.info.Uses[n]]; ok {
				return r.replaceType(c, n, t)
			}
			if alias, ok := r.u.info.Uses[n].(*types.TypeName); ok && alias.IsAlias() && alias.Pkg() != nil && alias.Pkg().Path() == "main" {
				return r.replaceType(c, n, alias.Type())
			}
			return r.replaceFunction(c, n, n)
		}
		return true
	}, nil)
}

func indexed(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.IndexExpr:
		return e.X
	case *ast.IndexListExpr:
		return e.X
	}
	return nil
}

// called is the identifier by which a function is called: f, or Sort of slices.Sort.
func called(e ast.Expr) *ast.Ident {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	}
	return nil
}

func (r *rewriter) replaceType(c *astutil.Cursor, e ast.Expr, t types.Type) bool {
	spelled, ok := r.i.scope.spell(t)
	if !ok {
		r.refuseType(e, t)
		return false
	}
	switch written := r.placed(spelled, e).(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.ArrayType, *ast.MapType, *ast.StructType: // these stand alone, also in a literal
		c.Replace(written)
	default:
		c.Replace(&ast.ParenExpr{Lparen: e.Pos(), X: written, Rparen: e.End()})
	}
	return false
}

func (r *rewriter) refuseType(at ast.Node, t types.Type) {
	if r.failure == nil {
		r.failure = r.i.at(at, &wire.Error{Kind: wire.ErrSyntax, Message: fmt.Sprintf("%s cannot be a type argument here", typeName(t)), Hint: "nothing ran; declare the type outside the function, with a name"})
	}
}

func typeName(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p.Path() == "main" || p.Path() == consolePath {
			return ""
		}
		return p.Name()
	})
}

func (r *rewriter) replaceFunction(c *astutil.Cursor, e ast.Expr, id *ast.Ident) bool {
	if id == nil {
		return true
	}
	found, ok := r.u.info.Instances[id]
	function, isFunction := r.u.info.Uses[id].(*types.Func)
	if !ok || !isFunction {
		return true
	}
	name := r.copyFunction(e, function.Origin(), found.TypeArgs)
	if name == "" {
		return false
	}
	c.Replace(&ast.Ident{Name: name, NamePos: e.Pos()})
	return false
}

// copyFunction returns the name of the copy of a function with these type arguments, made if there is none yet.
func (r *rewriter) copyFunction(at ast.Node, function *types.Func, arguments *types.TypeList) string {
	t := r.i.library.templates[function]
	if t == nil || t.function == nil {
		r.failure = r.i.at(at, beyond("the generic function "+function.Name()))
		return ""
	}
	if name := r.made(t, arguments); name != "" {
		return name
	}
	name := r.make(at, t, arguments)
	if r.failure == nil {
		r.copyBody(at, t, t.function, name, arguments, nil)
	}
	return name
}

// made returns the name of a copy that exists.
func (r *rewriter) made(t *template, arguments *types.TypeList) string {
	for _, copies := range [][]copied{t.copies, r.work.earlier[t], r.work.copies[t]} {
		for _, c := range copies {
			same := c.arguments.Len() == arguments.Len()
			for n := 0; same && n < arguments.Len(); n++ {
				same = types.Identical(c.arguments.At(n), arguments.At(n))
			}
			if same {
				return c.name
			}
		}
	}
	return ""
}

func (r *rewriter) make(at ast.Node, t *template, arguments *types.TypeList) string {
	if r.work.made++; r.work.made > mostCopies {
		r.failure = r.i.at(at, &wire.Error{Kind: wire.ErrSyntax, Message: "this needs too many copies of generic functions", Hint: "nothing ran; use fewer type arguments at once"})
	}
	name := r.i.scope.fresh(t.name)
	r.work.copies[t] = append(r.work.copies[t], copied{arguments: arguments, name: name})
	return name
}

// copyBody copies a function, or a method of the type receiver, with its type arguments written in.
func (r *rewriter) copyBody(at ast.Node, t *template, f *ast.FuncDecl, name string, arguments *types.TypeList, receiver types.Type) {
	known := t.known[f]
	parameters := known.params
	pkg := r.i.library.emptied()
	u := &unit{substitute: map[types.Object]types.Type{}, names: known.inside, copy: true}
	for _, object := range known.names {
		if p, ok := object.(*types.PkgName); ok {
			object = types.NewPkgName(f.Pos(), pkg, p.Name(), p.Imported()) // such a name belongs to its package
		}
		pkg.Scope().Insert(object)
	}
	alias := map[types.Object]string{}
	put := func(stem string, t types.Type) string {
		made := r.i.scope.fresh(stem)
		object := types.NewTypeName(f.Pos(), pkg, made, types.Unalias(t))
		pkg.Scope().Insert(object)
		u.substitute[object] = t
		return made
	}
	for n := range parameters.Len() {
		// The parameters of a method are its own, and so may their names be.
		alias[parameters.At(n).Obj()] = put(parameters.At(n).Obj().Name(), arguments.At(n))
	}
	d := clone(f, func(old, copied *ast.Ident) {
		object := known.info.Uses[old]
		if object == nil {
			return
		}
		if made, ok := alias[object]; ok {
			copied.Name = made
		}
	})
	d.Type.TypeParams = nil
	var self *ast.Field
	if receiver != nil {
		self = d.Recv.List[0]
		self.Type = &ast.Ident{Name: put("receiver", receiver), NamePos: f.Recv.Pos()}
		d.Recv = nil
		d.Type.Params.List = append([]*ast.Field{self}, d.Type.Params.List...)
	}
	d.Name = &ast.Ident{Name: "_", NamePos: f.Name.Pos()}
	u.decls, u.pkg = []ast.Decl{d}, pkg
	if failure := r.i.checkCopy(u); failure != nil {
		if !t.inside {
			failure.Message = fmt.Sprintf("in %s%s: %s", t.name, argumentNames(arguments), failure.Message)
		}
		failure.Line, failure.Column = r.i.position(at.Pos())
		r.failure = failure
		return
	}
	sub := &rewriter{i: r.i, u: u, rename: known.inside, work: r.work}
	written := sub.all(d).(*ast.FuncDecl)
	if sub.failure != nil {
		r.failure = sub.failure
		r.failure.Line, r.failure.Column = r.i.position(at.Pos())
		return
	}
	written.Name.Name = name
	if receiver != nil {
		written.Recv = &ast.FieldList{Opening: f.Recv.Opening, Closing: f.Recv.Closing, List: []*ast.Field{self}}
		written.Type.Params.List = written.Type.Params.List[1:]
	}
	r.work.decls = append(r.work.decls, written)
}

func argumentNames(arguments *types.TypeList) string {
	text := "["
	for n := range arguments.Len() {
		if n > 0 {
			text += ", "
		}
		text += typeName(arguments.At(n))
	}
	return text + "]"
}
