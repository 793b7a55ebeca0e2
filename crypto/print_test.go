package crypto_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"log"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/table"
	"go.yaml.in/yaml/v3"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// hidden is a struct whose field fmt can reach by reflection only.
type hidden struct{ inner crypto.String }

// printed is v by every way of printing and encoding that is known here.
func printed(t *testing.T, v any) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%50v", "%-50s|", "%p", "%t"} {
		out[verb] = fmt.Sprintf(verb, v)
		out["[]"+verb] = fmt.Sprintf(verb, []any{v})
		out["map"+verb] = fmt.Sprintf(verb, map[string]any{"k": v})
	}
	out["Sprint"], out["Sprintln"] = fmt.Sprint(v), fmt.Sprintln(v)
	out["Errorf"] = fmt.Errorf("save %v: %w", v, errors.New("no")).Error()
	encode := func(name string, b []byte, err error) {
		out[name] = string(b)
		if err != nil {
			out[name] = err.Error()
		}
	}
	b, err := json.Marshal(v)
	encode("json", b, err)
	b, err = json.Marshal(map[string]any{"k": []any{v}})
	encode("json within", b, err)
	b, err = yaml.Marshal(map[string]any{"k": v})
	encode("yaml", b, err)
	b, err = xml.Marshal(v)
	encode("xml", b, err)
	var buffer bytes.Buffer
	err = gob.NewEncoder(&buffer).Encode(v)
	encode("gob", buffer.Bytes(), err)
	for name, handler := range map[string]slog.Handler{"slog json": slog.NewJSONHandler(&buffer, nil), "slog text": slog.NewTextHandler(&buffer, nil)} {
		buffer.Reset()
		slog.New(handler).Info("read", "value", v, slog.Group("g", "v", v), slog.Any("list", []any{v}))
		out[name] = buffer.String()
	}
	buffer.Reset()
	log.New(&buffer, "", 0).Print(v)
	out["log"] = buffer.String()
	buffer.Reset()
	if err := template.Must(template.New("").Parse(`{{.}} <script>var x = {{.}}</script>`)).Execute(&buffer, v); err != nil {
		t.Fatal(err)
	}
	out["template"] = buffer.String()
	w := table.NewWriter()
	w.AppendRow(table.Row{v})
	out["table"] = w.Render()
	out["reflection"] = dump(reflect.ValueOf(v), 0)
	return out
}

// dump prints memory as spew and its like do, unexported fields included.
func dump(v reflect.Value, depth int) string {
	if depth > 8 || !v.IsValid() {
		return ""
	}
	switch v.Kind() {
	case reflect.String:
		return v.String() + " "
	case reflect.Pointer, reflect.Interface:
		return dump(v.Elem(), depth+1)
	case reflect.Struct:
		var s string
		for i := range v.NumField() {
			s += dump(v.Field(i), depth+1)
		}
		return s
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			return string(v.Bytes()) + " "
		}
		var s string
		for i := range v.Len() {
			s += dump(v.Index(i), depth+1)
		}
		return s
	}
	return ""
}

func TestNoWayOfPrintingShowsPlaintext(t *testing.T) {
	const secret = "dana-secret"
	w := newWorld(t, nil)
	p := Person{ID: 42, Name: crypto.Seal(secret), Email: crypto.Seal(secret), Phone: crypto.Seal(secret)}
	fresh := Person{Name: crypto.Seal(secret)}
	w.must(t, w.Create(&p))
	m := Message{ID: 1, PersonID: 42, Subject: crypto.Seal(secret), Photo: crypto.SealBytes([]byte(secret))}
	w.must(t, w.Create(&m))
	read := w.person(t, 42)
	if text(t, read.Name) != secret {
		t.Fatal("it does not open")
	}
	ref := crypto.Reference{Column: "people.email", Subject: "people/42", Row: "people/42"}
	plain := secret
	var opened crypto.String
	if err := opened.Scan(&crypto.Carried{Reference: ref, Plain: &plain}); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"new": fresh.Name, "new pointer": &fresh.Name, "new bytes": crypto.SealBytes([]byte(secret)), "row of new": fresh, "sealed": p.Name, "read and opened": read.Name, "row": read, "rows": []*Person{&read},
		"message": m, "bytes": m.Photo, "hidden": hidden{read.Name}, "hidden new": &hidden{fresh.Name}, "carried, opened, not revealed": opened, "Carried": &crypto.Carried{Reference: ref, Plain: &plain},
		"condition": crypto.Eq("people.email", secret), "state's holder": struct{ S any }{fresh.Name},
	} {
		for how, got := range printed(t, v) {
			if name == "Carried" && how == "reflection" {
				continue // its plaintext is an exported field: it is a driver's, and Scan takes it over
			}
			for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), "ZGFuYS1zZWNyZXQ", fmt.Sprint([]byte(secret))} {
				if strings.Contains(got, form) {
					t.Errorf("%s by %s: %q", name, how, got)
				}
			}
		}
	}
}

func TestASealedValueIsShownByItsName(t *testing.T) {
	w := newWorld(t, nil)
	w.must(t, w.Create(dana(42)))
	w.must(t, w.Create(&Message{ID: 981, PersonID: 42, Subject: crypto.Seal("x")}))
	w.must(t, w.Create(&Setting{Area: "mail", Name: "smtp", Value: crypto.Seal("x")}))
	p := w.person(t, 42)
	var m Message
	var s Setting
	w.must(t, w.First(&m))
	w.must(t, w.First(&s))
	for _, c := range []struct{ got, want string }{
		{fmt.Sprint(p.Email), "‹sealed people.email people/42›"},
		{fmt.Sprintf("%v|%s|%d|%x", p.Email, p.Email, p.Email, p.Email), "‹sealed people.email people/42›|‹sealed people.email people/42›|‹sealed people.email people/42›|‹sealed people.email people/42›"},
		{fmt.Sprintf("%#v|%q", p.Email, &p.Email), `"‹sealed people.email people/42›"|"‹sealed people.email people/42›"`},
		{fmt.Sprintf("%35v|", p.Email), "    ‹sealed people.email people/42›|"},
		{fmt.Sprint(m.Subject), "‹sealed messages.subject messages/981 of people/42›"},
		{fmt.Sprint(s.Value), "‹sealed settings.value settings/mail,smtp of nobody›"},
		{fmt.Sprint(m.Photo), "<nil>"},
		{fmt.Sprint(crypto.Seal("x")), "‹to be sealed›"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
	b, err := json.Marshal(struct{ A, B, C any }{p.Email, m.Subject, m.Photo})
	if want := `{"A":{"sealed":"people.email","subject":"people/42","row":"people/42"},"B":{"sealed":"messages.subject","subject":"people/42","row":"messages/981"},"C":null}`; err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
}

func TestAReferenceReadsBackFromWhatIsShown(t *testing.T) {
	for _, r := range []crypto.Reference{
		{Column: "people.email", Subject: "people/42", Row: "people/42"},
		{Column: "messages.subject", Subject: "people/42", Row: "messages/981"},
		{Column: "settings.value", Row: "settings/mail,smtp"},
	} {
		got, err := crypto.ParseReference(r.String())
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%v: %+v, %v", r, got, err)
		}
	}
	for _, wrong := range []string{"", "‹sealed ›", "‹sealed people.email people/42", "sealed people.email people/42", "‹sealed people.email people/42› ", "‹sealed people.email people/42 of people/42›",
		"‹sealed people.email people/42 of›", "‹sealed people people/42›", "‹sealed  people.email people/42›", "‹sealed people.email people/42 by people/1›", "‹misplaced people.email people/42›", "‹to be sealed›"} {
		if got, err := crypto.ParseReference(wrong); err == nil {
			t.Errorf("%q read as %+v", wrong, got)
		}
	}
}

func TestGobAndJSONGoThereAndBack(t *testing.T) {
	w := newWorld(t, nil)
	w.must(t, w.Create(dana(42)))
	p := w.person(t, 42)
	var buffer bytes.Buffer
	if err := gob.NewEncoder(&buffer).Encode(p); err != nil {
		t.Fatal(err)
	}
	var back Person
	if err := gob.NewDecoder(&buffer).Decode(&back); err != nil {
		t.Fatal(err)
	}
	if err := w.keyring.Attach(&back); err != nil || text(t, back.Email) != "dana42@fjord.example" {
		t.Error("gob")
	}
	var in struct{ A, B crypto.String }
	if err := json.Unmarshal([]byte(`{"A":"dana","B":null}`), &in); err != nil || in.A.State().Text != "dana" || !in.B.Null() {
		t.Errorf("%v", err)
	}
	if err := json.Unmarshal([]byte(`{"A":{"sealed":"people.email"}}`), &in); err == nil {
		t.Error("a reference is no new value")
	}
}
