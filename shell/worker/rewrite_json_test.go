package worker

import "testing"

func TestWhatCompiledCodeWouldNotSeeIsRefused(t *testing.T) {
	typeSessions(t, map[string][]said{
		"json": {
			{`type Status int; func (s Status) MarshalJSON() ([]byte, error) { return []byte("\"open\""), nil }`, ``},
			{`json.Marshal(Status(1))`, `bytes("open")`}, {`json.Marshal([]Status{1})`, `syntax: json does not find the method MarshalJSON of Status here`},
			{`type In struct{ n int }; func (i *In) UnmarshalJSON(b []byte) error { i.n = len(b); return nil }`, ``},
			{`var in In; json.Unmarshal([]byte("1"), &in)`, `syntax: json does not find the method UnmarshalJSON of In here`},
			{`type Two struct{ A, b int }; json.Marshal(Two{1, 2})`, `bytes({"A":1})`},
		},
		"errors.As": {
			{`type NotFound struct{ id int }; func (n *NotFound) Error() string { return "not found" }`, ``},
			{`var err error = fmt.Errorf("find: %w", &NotFound{3}); var found *NotFound`, ``}, {`errors.As(err, &found)`, `syntax: errors.As does not find *NotFound here`},
		},
		"the nearest method": {
			{`type In struct{}; func (In) Val() int { return 1 }; type A struct{ In }`, ``}, {`type B struct { A; In }`, `syntax: B has Val from In and, further inside, from A, which is not understood here`},
			{`type C struct { In; A }; C{}.Val()`, `1`},
		},
		"types are printed by their names": {
			{`type P struct { A int; b string }`, ``}, {`fmt.Sprintf("%T %T %#v", P{}, []*P{}, P{1, "x"})`, `"main.P []*main.P main.P{A:1, b:\"x\"}"`}, {`fmt.Sprintf("%+v", any(P{1, "x"}))`, `"{A:1 b:x}"`},
		},
	})
}
