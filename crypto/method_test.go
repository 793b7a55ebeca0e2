package crypto_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// plumbing are the methods that other packages call, and nobody types.
func plumbing() []string {
	return []string{"State", "Scan", "Value", "GoString", "Format", "LogValue", "MarshalJSON", "UnmarshalJSON", "MarshalText", "GobEncode", "GobDecode", "GormDataType", "GormDBDataType"}
}

func TestMethodsAreThoseThatThereAre(t *testing.T) {
	listed := map[string]crypto.Method{}
	for _, m := range crypto.Methods() {
		listed[m.Name] = m
	}
	text := reflect.TypeFor[*crypto.String]()
	for name, m := range listed {
		method, ok := text.MethodByName(name)
		if !ok {
			t.Errorf("String has no method %s", name)
			continue
		}
		if got := method.Type.NumIn() - 1; got != len(m.Parameters) {
			t.Errorf("%s has %d parameters, not %v", name, got, m.Parameters)
		}
	}
	for _, sealed := range []reflect.Type{text, reflect.TypeFor[*crypto.Bytes]()} {
		for n := range sealed.NumMethod() {
			name := sealed.Method(n).Name
			if _, ok := listed[name]; !ok && !slices.Contains(plumbing(), name) {
				t.Errorf("%s.%s is neither listed nor plumbing", sealed, name)
			}
		}
	}
}

func TestParametersAreThoseOfTheFunctions(t *testing.T) {
	functions := map[string]any{"Seal": crypto.Seal, "SealBytes": crypto.SealBytes, "Eq": crypto.Eq}
	for name, parameters := range crypto.Parameters() {
		if functions[name] == nil || reflect.TypeOf(functions[name]).NumIn() != len(parameters) {
			t.Errorf("%s does not have the parameters %v", name, parameters)
		}
	}
}
