package worker

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
	"path"
)

// sourceFiles are the console's own sources of generic packages: compiled generic functions cannot be reached by reflection, so these are copied
// for their type arguments like generic functions that were typed.
//
//go:embed _source
var sourceFiles embed.FS

// ownSources lists the packages that have such a source. One that is compiled too has its generic functions there.
func ownSources() map[string]string {
	return map[string]string{"slices": "slices.go", "maps": "maps.go", "cmp": "cmp.go", "iter": "iter.go", "errors": "errors.go", "sync": "sync.go"}
}

// addOwn reads, when a package is first used, what its own source declares.
func (l *library) addOwn(pkg *types.Package) error {
	name, ok := ownSources()[pkg.Path()]
	if !ok {
		return nil
	}
	text, err := sourceFiles.ReadFile("_source/" + name)
	if err != nil {
		return fmt.Errorf("package %s: %w", pkg.Path(), err)
	}
	file, err := parser.ParseFile(l.places, "", text, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("package %s: %w", pkg.Path(), err)
	}
	made := pkg
	if l.symbols[pkg.Path()] != nil {
		made = types.NewPackage(pkg.Path()+mark, pkg.Name())
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{GoVersion: goVersion, Importer: l}
	if err := types.NewChecker(&config, l.places, made, info).Files([]*ast.File{file}); err != nil {
		return fmt.Errorf("package %s: %w", pkg.Path(), err)
	}
	imported := map[string]types.Object{}
	for _, spec := range file.Imports {
		p := spec.Path.Value[1 : len(spec.Path.Value)-1]
		other, err := l.Import(p)
		if err != nil {
			return err
		}
		imported[path.Base(p)] = types.NewPkgName(spec.Pos(), made, path.Base(p), other)
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		object := info.Defs[f.Name].(*types.Func)
		known := meant(made, info, f, object.Signature().TypeParams(), nil)
		for name, p := range imported {
			known.names[name] = p
		}
		l.templates[object] = &template{name: f.Name.Name, function: f, inside: true, known: map[*ast.FuncDecl]meaning{f: known}}
		if made != pkg {
			pkg.Scope().Insert(object)
		}
	}
	return nil
}
