package generate

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// model is a struct that GORM keeps in a table.
type model struct {
	pack       *pack
	object     *types.TypeName
	repository string
}

// name is how a report calls the model: models.Person.
func (m *model) name() string { return m.pack.called + "." + m.object.Name() }

// candidate is a struct, and what speaks for and against it.
type candidate struct {
	model
	table    bool   // has a method TableName
	key      bool   // has a primary key
	tagged   bool   // has a gorm tag
	embedded bool   // another struct embeds it
	related  bool   // another struct has it as an association
	fault    string // why GORM would not take it
}

// findModels fills in the models of each package. The report names the structs that look like models and are none.
func findModels(packages []*pack, c Config) ([]string, error) {
	candidates := map[*types.TypeName]*candidate{}
	var order []*candidate
	for _, p := range packages {
		scope := p.types.Scope()
		for _, name := range scope.Names() {
			object, ok := scope.Lookup(name).(*types.TypeName)
			if !ok || !object.Exported() || object.IsAlias() || generic(object) {
				continue
			}
			if _, ok := object.Type().Underlying().(*types.Struct); ok {
				candidates[object] = &candidate{model: model{pack: p, object: object}}
				order = append(order, candidates[object])
			}
		}
	}
	for _, one := range order {
		one.look()
		if one.table || one.key {
			markParts(one.object.Type(), candidates, map[types.Type]bool{})
		}
	}
	take, leave := named(c.Take), named(c.Leave)
	var report []string
	for _, one := range order {
		why, isModel := one.judge()
		switch {
		case leave.has(one):
			report = append(report, one.name()+" left out: as --leave says")
		case take.has(one), isModel:
			one.pack.models = append(one.pack.models, &one.model)
		case why != "":
			report = append(report, fmt.Sprintf("%s left out: %s", one.name(), why))
		}
	}
	for _, list := range []chosen{take, leave} {
		if unknown := list.unused(); unknown != "" {
			return nil, &Error{Message: fmt.Sprintf("%s is no exported struct of these packages", unknown), Hint: "write the type's name, with its package where two have it: models.Person"}
		}
	}
	return report, nil
}

// judge says whether a struct is a model, and why one that looks like it is none.
func (c *candidate) judge() (why string, isModel bool) {
	switch {
	case !c.table && !c.key && !c.tagged:
		return "", false
	case c.fault != "":
		return c.fault + " (GORM would refuse it)", false
	case c.table:
		return "", true
	case c.embedded && !c.related:
		return "it is a part that models embed", false
	case !c.key:
		return "it has gorm tags but neither a primary key nor TableName", false
	}
	return "", true
}

// look reads the struct.
func (c *candidate) look() {
	t := c.object.Type()
	c.table = hasMethod(t, "TableName")
	for _, f := range fields(t) {
		c.key = c.key || f.key
		c.tagged = c.tagged || f.tagged
	}
	c.fault = fault(t)
}

// markParts notes what a model embeds, and what it is associated with.
func markParts(t types.Type, candidates map[*types.TypeName]*candidate, visited map[types.Type]bool) {
	s, ok := t.Underlying().(*types.Struct)
	if !ok || visited[t] {
		return
	}
	visited[t] = true
	for n := range s.NumFields() {
		f, setting := s.Field(n), settings(s.Tag(n))
		if setting.ignored() {
			continue
		}
		target := core(f.Type())
		embeds := f.Anonymous() || setting.has("EMBEDDED")
		if object, ok := target.(*types.Named); ok && candidates[object.Obj()] != nil {
			part := candidates[object.Obj()]
			part.embedded, part.related = part.embedded || embeds, part.related || !embeds
		}
		if embeds {
			markParts(target, candidates, visited)
		}
	}
}

func generic(object *types.TypeName) bool {
	named, ok := object.Type().(*types.Named)
	return ok && named.TypeParams().Len() > 0
}

// hasMethod tells whether a value of the type, or a pointer to one, has a method.
func hasMethod(t types.Type, name string) bool {
	if _, isInterface := t.Underlying().(*types.Interface); !isInterface {
		t = types.NewPointer(t)
	}
	object, _, _ := types.LookupFieldOrMethod(t, false, nil, name)
	_, ok := object.(*types.Func)
	return ok
}

// chosen are the types that the command line names.
type chosen struct {
	names []string
	used  map[string]bool
}

func named(names []string) chosen { return chosen{names: names, used: map[string]bool{}} }

func (c chosen) has(one *candidate) bool {
	found := false
	for _, name := range c.names {
		_, short, qualified := strings.Cut(name, ".")
		if name == one.object.Name() || qualified && short == one.object.Name() && (name == one.name() || name == one.pack.name+"."+short) {
			c.used[name], found = true, true
		}
	}
	return found
}

func (c chosen) unused() string {
	n := slices.IndexFunc(c.names, func(name string) bool { return !c.used[name] })
	if n < 0 {
		return ""
	}
	return c.names[n]
}
