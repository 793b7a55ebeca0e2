package shell

import (
	"reflect"
	"testing"
)

func TestMethodsAreThoseThatThereAre(t *testing.T) {
	all := map[string]reflect.Type{
		"Repo": reflect.TypeFor[*Repo[Row]](), "Query": reflect.TypeFor[*Query[Row]](), "Rows": reflect.TypeFor[*Rows](), "Row": reflect.TypeFor[*Row](),
	}
	for name, methods := range Methods() {
		if all[name] == nil {
			t.Errorf("there is no type %s", name)
			continue
		}
		if got, want := len(methods), all[name].NumMethod(); got != want {
			t.Errorf("%d methods of %s are listed, of %d", got, name, want)
		}
		for _, m := range methods {
			method, ok := all[name].MethodByName(m.Name)
			if !ok || method.Type.NumIn()-1 != len(m.Parameters) || m.Says == "" {
				t.Errorf("%s.%s is not as it is listed: %v", name, m.Name, m)
			}
		}
	}
}
