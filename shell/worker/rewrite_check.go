package worker

import (
	"fmt"
	"go/ast"
	"go/types"
	"path"
	"regexp"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// goVersion is the Go that typed code is checked against.
const goVersion = "go1.26"

// check finds the types of a whole command, unit after unit, and what each unit declares. Nothing runs before all of it is right.
func (i *interpreter) check(command int, units []*unit) (*scope, *wire.Error) {
	trial := i.scope.trial()
	for _, u := range units {
		if failure := i.checkUnit(trial, command, u); failure != nil {
			return nil, failure
		}
		trial.keep(u)
	}
	i.scope.made = trial.made
	return trial, nil
}

func (i *interpreter) checkUnit(s *scope, command int, u *unit) *wire.Error {
	used, hidden := map[string]bool{hookShow: true}, map[string]bool{}
	for _, node := range u.nodes() {
		ast.Inspect(node, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				used[id.Name] = true
			}
			return true
		})
	}
	if failure := i.refuseLast(s, u); failure != nil {
		return failure
	}
	var failure *wire.Error
	if u.statement == nil {
		for _, name := range u.named {
			hidden[name] = true
		}
		failure = i.checkDecls(s, u, used, hidden)
	} else {
		failure = i.checkStatement(s, u, used, hidden)
	}
	if failure != nil {
		return failure
	}
	return i.declare(s, command, u)
}

// checkStatement checks a statement as the body of a function. An expression that has a value becomes the argument of the hook that shows it.
func (i *interpreter) checkStatement(s *scope, u *unit, used, hidden map[string]bool) *wire.Error {
	expression, ok := u.statement.(*ast.ExprStmt)
	if !ok {
		return i.checkFile(s, u, body(u.statement), used, hidden)
	}
	if _, call := ast.Unparen(expression.X).(*ast.CallExpr); call {
		failure := i.checkFile(s, u, body(u.statement), used, hidden)
		t := u.info.Types[expression.X]
		if t.IsVoid() || failure != nil && !strings.HasSuffix(failure.Message, "is not used") {
			return failure
		}
		if b, builtin := u.info.Types[ast.Unparen(ast.Unparen(expression.X).(*ast.CallExpr).Fun)]; failure == nil && builtin && b.IsBuiltin() && t.Type == nil {
			return nil
		}
	}
	u.shown = expression.X
	show := &ast.CallExpr{Fun: &ast.Ident{Name: hookShow, NamePos: expression.Pos()}, Lparen: expression.Pos(), Args: []ast.Expr{expression.X}, Rparen: expression.End()}
	u.statement = &ast.ExprStmt{X: show}
	failure := i.checkFile(s, u, body(u.statement), used, hidden)
	if failure != nil {
		failure.Message = strings.Replace(failure.Message, " in argument to "+unmark(hookShow), "", 1)
		return failure
	}
	u.static = u.info.Types[u.shown].Type
	return nil
}

func body(s ast.Stmt) []ast.Decl {
	return []ast.Decl{&ast.FuncDecl{
		Name: &ast.Ident{Name: "_", NamePos: s.Pos()},
		Type: &ast.FuncType{Func: s.Pos(), Params: &ast.FieldList{}},
		Body: &ast.BlockStmt{Lbrace: s.Pos(), List: []ast.Stmt{s}, Rbrace: s.End()},
	}}
}

// checkDecls checks declarations. A method of a type of an earlier command is checked as a function whose first parameter is the receiver.
func (i *interpreter) checkDecls(s *scope, u *unit, used, hidden map[string]bool) *wire.Error {
	var decls []ast.Decl
	for _, d := range u.decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv == nil {
			decls = append(decls, d)
			continue
		}
		receiver := receiverName(f)
		if s.types[receiver+"."+f.Name.Name] {
			return i.at(f.Name, &wire.Error{Kind: wire.ErrRefused, Rule: "redefinition", Message: fmt.Sprintf("method %s.%s is already defined", receiver, f.Name.Name), Hint: "nothing ran; choose another name"})
		}
		if hidden[receiver] {
			decls = append(decls, d)
			continue
		}
		b, known := s.names[receiver]
		if _, isType := b.object.(*types.TypeName); !known || !isType {
			return i.at(f.Name, &wire.Error{Kind: wire.ErrSyntax, Message: fmt.Sprintf("cannot define new methods on %s: it is no type that was typed in this session", receiver), Hint: "nothing ran; write a function instead"})
		}
		if t := i.library.templates[b.object]; t != nil {
			if failure := i.genericMethod(s, u, t, f, b.object); failure != nil {
				return failure
			}
			decls = append(decls, u.flat[f])
			continue
		}
		flat := &ast.FuncDecl{Name: &ast.Ident{Name: "_", NamePos: f.Name.Pos()}, Body: f.Body, Type: &ast.FuncType{
			Func: f.Type.Func, Results: f.Type.Results,
			Params: &ast.FieldList{Opening: f.Type.Params.Opening, Closing: f.Type.Params.Closing, List: append(append([]*ast.Field{}, f.Recv.List...), f.Type.Params.List...)},
		}}
		if u.flat == nil {
			u.flat = map[*ast.FuncDecl]*ast.FuncDecl{}
		}
		u.flat[f] = flat
		decls = append(decls, flat)
	}
	return i.checkFile(s, u, decls, used, hidden)
}

func receiverName(f *ast.FuncDecl) string {
	t := f.Recv.List[0].Type
	for {
		switch e := t.(type) {
		case *ast.StarExpr:
			t = e.X
		case *ast.ParenExpr:
			t = e.X
		case *ast.IndexExpr:
			t = e.X
		case *ast.IndexListExpr:
			t = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

func (i *interpreter) checkFile(s *scope, u *unit, decls []ast.Decl, used, hidden map[string]bool) *wire.Error {
	u.pkg = s.pack(used, hidden)
	for _, object := range u.extra {
		u.pkg.Scope().Insert(object)
	}
	first := i.types(u, decls)
	if failure := i.refuseAssign(u); failure != nil {
		return failure
	}
	if first != nil {
		return i.mistake(s, *first)
	}
	if failure := i.refuseEmbedded(u); failure != nil {
		return failure
	}
	if failure := i.refuseUnseen(u); failure != nil {
		return failure
	}
	return i.refuseAssertions(s, u)
}

// checkCopy checks a copy of something generic, whose package holds what its names mean.
func (i *interpreter) checkCopy(u *unit) *wire.Error {
	if first := i.types(u, u.decls); first != nil {
		return i.mistake(&i.scope, *first)
	}
	return i.refuseAssertions(&i.scope, u)
}

// types runs the type checker over declarations and returns the first mistake it finds.
func (i *interpreter) types(u *unit, decls []ast.Decl) *types.Error {
	u.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{},
	}
	var first *types.Error
	config := types.Config{
		GoVersion: goVersion, Importer: i.library, DisableUnusedImportCheck: true,
		Error: func(err error) {
			e, ok := err.(types.Error)
			// A variable that is not used yet may be by the next command.
			if ok && first == nil && !(e.Soft && strings.HasPrefix(e.Msg, "declared and not used")) {
				first = &e
			}
		},
	}
	file := &ast.File{Name: &ast.Ident{Name: "main"}, Decls: decls}
	_ = types.NewChecker(&config, i.yaegi.FileSet(), u.pkg, u.info).Files([]*ast.File{file})
	for id, instance := range u.info.Instances {
		if t := i.library.templates[u.info.Uses[id]]; t != nil && !open(instance.TypeArgs) {
			t.taken = true
		}
	}
	return first
}

// mistake turns what the type checker found into what a person reads.
func (i *interpreter) mistake(s *scope, e types.Error) *wire.Error {
	failure := &wire.Error{Kind: wire.ErrSyntax, Message: s.library.unqualified(unmark(e.Msg)), Hint: "nothing ran"}
	failure.Line, failure.Column = i.position(e.Pos)
	name, undefined := strings.CutPrefix(e.Msg, "undefined: ")
	if !undefined {
		return failure
	}
	if command, lost := s.lost[name]; lost {
		failure.Message = fmt.Sprintf("%s was not set: command %d failed", name, command)
		failure.Kind = wire.ErrRuntime
		return failure
	}
	if _, known := refused()[name]; known {
		refusal := refuseImport(name)
		refusal.Line, refusal.Column = failure.Line, failure.Column
		return refusal
	}
	if p, symbol, ok := strings.Cut(name, "."); ok {
		failure.Message = fmt.Sprintf("undefined: %s has no %s here", path.Base(p), symbol)
	}
	return failure
}

// declare names what the unit declares, as later units and yaegi will know it.
func (i *interpreter) declare(s *scope, command int, u *unit) *wire.Error {
	u.declares, u.names, u.vars = map[string]binding{}, map[types.Object]string{}, map[string]types.Type{}
	for _, b := range s.names {
		u.names[b.object] = b.internal
	}
	bind := func(id *ast.Ident, object types.Object, internal string) {
		line, _ := i.position(id.Pos())
		u.declares[id.Name] = binding{object: object, internal: internal, command: command, line: line}
	}
	for _, id := range u.define {
		local := u.info.Defs[id]
		if local == nil || id.Name == "_" {
			continue
		}
		internal := s.fresh(id.Name)
		u.names[local] = internal
		if c, ok := local.(*types.Const); ok {
			bind(id, types.NewConst(id.Pos(), u.pkg, id.Name, c.Type(), c.Val()), internal)
			continue
		}
		bind(id, types.NewVar(id.Pos(), u.pkg, id.Name, local.Type()), internal)
		u.vars[internal] = local.Type()
	}
	for _, d := range u.decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				t := spec.(*ast.TypeSpec)
				if t.Name.Name != "_" {
					bind(t.Name, u.info.Defs[t.Name], t.Name.Name)
					i.templateType(u, t)
				}
			}
		case *ast.FuncDecl:
			if d.Recv != nil {
				i.declareMethod(s, u, d)
				continue
			}
			if d.Name.Name == "_" {
				continue
			}
			internal := s.fresh(d.Name.Name)
			object := u.info.Defs[d.Name]
			u.names[object] = internal
			bind(d.Name, object, internal)
			b := u.declares[d.Name.Name]
			b.uses = u.uses(d)
			u.declares[d.Name.Name] = b
			if d.Type.TypeParams != nil {
				i.templateFunction(u, d)
			}
		}
	}
	return i.refuseAgain(s, u)
}

// declareMethod gives a method to the type checker, where its type is of an earlier command; the checker has seen any other with its type.
func (i *interpreter) declareMethod(s *scope, u *unit, f *ast.FuncDecl) {
	receiver := receiverName(f)
	u.methods = append(u.methods, receiver+"."+f.Name.Name)
	flat, ok := u.flat[f]
	if !ok {
		return
	}
	if flat.Type.TypeParams != nil {
		i.declareGenericMethod(s, u, f, flat)
		return
	}
	named, ok := s.names[receiver].object.Type().(*types.Named)
	if !ok {
		return
	}
	checked := u.info.Defs[flat.Name].(*types.Func).Signature()
	var parameters []*types.Var
	for n := 1; n < checked.Params().Len(); n++ {
		parameters = append(parameters, checked.Params().At(n))
	}
	self := types.NewVar(f.Pos(), u.pkg, "", checked.Params().At(0).Type())
	signature := types.NewSignatureType(self, nil, nil, types.NewTuple(parameters...), checked.Results(), checked.Variadic())
	named.AddMethod(types.NewFunc(f.Name.Pos(), u.pkg, f.Name.Name, signature))
}

// unmark takes made-up names out of a message.
func unmark(message string) string {
	message = regexp.MustCompile(` \(declared at [^)]*\)`).ReplaceAllString(message, "")
	message = strings.ReplaceAll(message, "in call to "+hookShow+", ", "without a call, ")
	return regexp.MustCompile(mark+`\d*`).ReplaceAllString(message, "")
}
