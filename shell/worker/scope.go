package worker

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"strconv"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// mark stands in every name that this package makes up, so that none can be typed and each can be taken out of a message again.
const mark = "ǃ"

// scope is what typed code sees at its top level, beside the compiled packages.
type scope struct {
	library   *library
	protected map[string]bool
	names     map[string]binding
	lost      map[string]int  // names that a command declared and failed to set, and that command
	types     map[string]bool // every type and method ("T.M") that yaegi ever saw: it would ignore another one
	made      int             // counts the names made up

	last     lastValue
	instance func(*types.Named) string // the copy of a generic type, while something is rewritten
	at       token.Pos                 // of what is rewritten: a type that is declared in a function has its name there
}

// binding is what a name at top level means now.
type binding struct {
	object   types.Object
	internal string // its name inside yaegi; each declaration has a new one, so a failed one never shows through
	command  int
	line     int

	forward string   // of a function: the variable inside yaegi that holds its successor
	uses    *callees // of a function: those it calls
}

func newScope(l *library, protected []string) scope {
	s := scope{library: l, protected: map[string]bool{}, names: map[string]binding{}, lost: map[string]int{}, types: map[string]bool{}, last: lastValue{slots: map[string][]string{}}}
	for _, name := range protected {
		s.protected[name] = true
	}
	for name := range l.symbols[consolePath] {
		s.protected[name] = true
	}
	return s
}

// fresh makes up a name that has not been used.
func (s *scope) fresh(stem string) string {
	s.made++
	return fmt.Sprintf("%s%s%d", stem, mark, s.made)
}

// trial is a copy in which the units of a command can be declared before any of them has run.
func (s *scope) trial() *scope {
	t := *s
	t.names, t.lost, t.types = maps.Clone(s.names), maps.Clone(s.lost), maps.Clone(s.types)
	return &t
}

// pack returns a package that holds what typed code sees now under the names it uses, except those it is about to declare.
func (s *scope) pack(used, hidden map[string]bool) *types.Package {
	pkg := s.library.emptied()
	for name, b := range s.names {
		if used[name] && !hidden[name] {
			pkg.Scope().Insert(b.object)
		}
	}
	if last := s.names["_"].object; used[blankName] && last != nil {
		pkg.Scope().Insert(last)
	}
	if console, err := s.library.Import(consolePath); err == nil {
		for _, name := range console.Scope().Names() {
			pkg.Scope().Insert(console.Scope().Lookup(name)) // does nothing where the name is taken
		}
	}
	for p, name := range s.library.names {
		if !used[name] || p == consolePath || pkg.Scope().Lookup(name) != nil || hidden[name] {
			continue
		}
		if imported, err := s.library.Import(p); err == nil {
			pkg.Scope().Insert(types.NewPkgName(token.NoPos, pkg, name, imported))
		}
	}
	return pkg
}

// keep makes what a unit declared visible to later commands.
func (s *scope) keep(u *unit) {
	for name, b := range u.declares {
		s.names[name] = b
		delete(s.lost, name)
		if _, isType := b.object.(*types.TypeName); isType {
			s.types[name] = true
		}
	}
	for _, method := range u.methods {
		s.types[method] = true
	}
}

// lose makes the names of units that did not run, or failed, unknown.
func (s *scope) lose(command int, units []*unit) {
	for _, u := range units {
		for _, name := range u.named {
			if s.protected[name] || s.types[name] {
				continue
			}
			delete(s.names, name)
			s.lost[name] = command
		}
	}
}

// spell writes a type as typed code inside yaegi can. It is false for a type that has no name there.
func (s *scope) spell(t types.Type) (string, bool) {
	known := true
	var visit func(types.Type) string
	visit = func(t types.Type) string {
		switch t := t.(type) {
		case *types.Alias:
			return visit(types.Unalias(t))
		case *types.Basic:
			if t.Info()&types.IsUntyped != 0 || t.Kind() == types.UnsafePointer || t.Kind() == types.Invalid {
				known = false
			}
			return t.Name()
		case *types.Named:
			if p := t.Obj().Pkg(); p != nil && p.Path() == "iter" {
				return visit(t.Underlying()) // the interpreter knows functions, and no names of them
			}
			return s.spellNamed(t, &known)
		case *types.Pointer:
			return "*" + visit(t.Elem())
		case *types.Slice:
			return "[]" + visit(t.Elem())
		case *types.Array:
			return fmt.Sprintf("[%d]%s", t.Len(), visit(t.Elem()))
		case *types.Map:
			return "map[" + visit(t.Key()) + "]" + visit(t.Elem())
		case *types.Chan:
			return map[types.ChanDir]string{types.SendRecv: "chan ", types.SendOnly: "chan<- ", types.RecvOnly: "<-chan "}[t.Dir()] + "(" + visit(t.Elem()) + ")"
		case *types.Interface:
			if t.IsMethodSet() {
				return spellMethods(t, visit)
			}
		case *types.Struct:
			return spellFields(t, visit)
		case *types.Signature:
			if t.TypeParams() == nil {
				return "func" + spellTuple(t.Params(), t.Variadic(), visit) + " " + spellTuple(t.Results(), false, visit)
			}
		}
		known = false
		return "_"
	}
	text := visit(t)
	return text, known
}

func spellMethods(t *types.Interface, visit func(types.Type) string) string {
	parts := make([]string, t.NumMethods())
	for n := range parts {
		signature := t.Method(n).Signature()
		parts[n] = t.Method(n).Name() + spellTuple(signature.Params(), signature.Variadic(), visit) + " " + spellTuple(signature.Results(), false, visit)
	}
	return "interface{" + strings.Join(parts, "; ") + "}"
}

func spellFields(t *types.Struct, visit func(types.Type) string) string {
	parts := make([]string, t.NumFields())
	for n := range parts {
		f := t.Field(n)
		if !f.Embedded() {
			parts[n] = f.Name() + " "
		}
		parts[n] += visit(f.Type())
		switch {
		case t.Tag(n) != "":
			parts[n] += " " + strconv.Quote(t.Tag(n))
		case !f.Exported() && !f.Embedded():
			parts[n] += " " + strconv.Quote(hiddenTag)
		}
	}
	return "struct{" + strings.Join(parts, "; ") + "}"
}

func spellTuple(t *types.Tuple, variadic bool, visit func(types.Type) string) string {
	parts := make([]string, t.Len())
	for n := range parts {
		parts[n] = visit(t.At(n).Type())
		if variadic && n == len(parts)-1 {
			parts[n] = "..." + strings.TrimPrefix(parts[n], "[]")
		}
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func (s *scope) spellNamed(t *types.Named, known *bool) string {
	object := t.Obj()
	switch {
	case object.Pkg() == nil:
		return object.Name() // error
	case object.Pkg().Path() == "main" && t.TypeArgs() == nil && s.names[object.Name()].object == object:
		return object.Name()
	case s.library.spelled[object] != "":
		return s.library.spelled[object]
	}
	if inside := object.Parent(); inside != nil && object.Pkg().Path() == "main" && s.at.IsValid() && t.TypeArgs() == nil {
		if around := inside.Innermost(s.at); around != nil {
			if _, seen := around.LookupParent(object.Name(), s.at); seen == object {
				return object.Name()
			}
		}
	}
	if t.TypeArgs() != nil && s.instance != nil {
		if name := s.instance(t); name != "" {
			return name
		}
	}
	*known = false
	return "_"
}

// refuseDeclaration says why a name cannot be declared at top level, or nil.
func (s *scope) refuseDeclaration(id *ast.Ident, asType bool) *wire.Error {
	name := id.Name
	if s.protected[name] {
		return &wire.Error{Kind: wire.ErrRefused, Rule: "protected", Message: name + " belongs to the console and cannot be declared again", Hint: "nothing ran; choose another name"}
	}
	earlier, exists := s.names[name]
	if _, wasType := earlier.object.(*types.TypeName); exists && wasType {
		return &wire.Error{Kind: wire.ErrRefused, Rule: "redefinition", Message: fmt.Sprintf("type %s is already defined, at line %d of command %d", name, earlier.line, earlier.command), Hint: "nothing ran; choose another name, for values of the old type may still be in use"}
	}
	if asType && (s.types[name] || exists) {
		return &wire.Error{Kind: wire.ErrRefused, Rule: "redefinition", Message: name + " was already used in this session, and a type needs a name of its own", Hint: "nothing ran; choose another name"}
	}
	return nil
}
