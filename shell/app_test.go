package shell

import (
	"reflect"
	"strings"
	"testing"
)

func TestSymbolsOfTwoPackagesOfOneNameAreRefused(t *testing.T) {
	none := map[string]reflect.Value{}
	for _, test := range []struct {
		symbols Symbols
		want    string
	}{
		{nil, ""},
		{Symbols{"example.com/a/models/amodels": none, "example.com/b/models/bmodels": none}, ""},
		{Symbols{"example.com/a/models": none, "example.com/b/models": none}, "example.com/b/models have no name of their own"},
		{Symbols{"models": none}, "models have no name"},
	} {
		err := App{Name: "test", Symbols: test.symbols}.Check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %q", test.symbols, err, test.want)
		}
	}
}
