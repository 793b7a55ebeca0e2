package console

import (
	"fmt"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Values and results as an engineer on call meets them.

func day(year, month, day int) wire.Value {
	return at(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC))
}

func truth(yes bool) wire.Value {
	v := wire.Value{Kind: wire.KindBool, Type: "bool"}
	if yes {
		v.Int = 1
	}
	return v
}

func structOf(name string, fields ...any) wire.Value {
	v := wire.Value{Kind: wire.KindStruct, Type: name}
	for i := 0; i < len(fields); i += 2 {
		v.Names = append(v.Names, fields[i].(string))
		v.Items = append(v.Items, fields[i+1].(wire.Value))
	}
	return v
}

func customer(id int64, name string, plan wire.Value, seen wire.Value) wire.Value {
	key := fmt.Sprintf("people/%d", id)
	return structOf("Person", "ID", number(id), "Name", text(name), "Email", sealedIn("people.email", key, key), "Plan", plan,
		"Balance", fraction(float64(id)*1000+0.5), "Active", truth(id%2 == 0), "SeenAt", seen)
}

func message(id int64, of, subject string) wire.Value {
	return structOf("Message", "ID", number(id), "Subject", sealedIn("messages.subject", fmt.Sprintf("messages/%d", id), of),
		"Topic", text(subject), "SentOn", day(2026, 11, int(id%28)+1))
}

func sampleValues() map[string]wire.Value {
	seen := at(time.Date(2026, 11, 20, 14, 3, 7, 0, time.UTC))
	people := list(
		customer(42, "Ines Halloran of the Studio Kestrel, Lower Quay", text("pro"), seen),
		customer(3120, "日本 太郎", null(), at(time.Date(2026, 11, 20, 14, 3, 7, 250e6, time.UTC))),
		customer(7, "👩🏽\u200d🚀 שלום Zoe\u0308", text("‹sealed›"), at(time.Time{})),
		customer(8, "\u202eabc\x1b[2J", text("nil"), null()),
	)
	people.Cut = 4996
	messages := list(message(981, "people/42", "invoice of November"), message(1207, "people/42", "a refund"), message(3, "", "nobody's"))
	staff := list()
	for i := range int64(3) {
		key := fmt.Sprintf("people/%d", i+1)
		seal := func(column string) wire.Value { return sealedIn("people."+column, key, key) }
		index := func(b byte) wire.Value {
			return wire.Value{Kind: wire.KindBytes, Bytes: []byte(strings.Repeat(string([]byte{b, byte(i)}), 16))}
		}
		staff.Items = append(staff.Items, structOf("Person", "ID", number(i+1), "AccountID", number(i/2+3), "Name", seal("name"), "Email", seal("email"), "EmailIndex", index(7),
			"Phone", seal("phone"), "PhoneIndex", index(9), "Role", text("owner"), "Locale", text("en"), "State", text([]string{"active", "invited", "removed"}[i]),
			"ImportBatch", null(), "MergedIntoID", null(), "EmailBouncedAt", null(), "CreatedAt", at(time.Date(2025, 3, int(i)+1, 9, 30, 0, 0, time.UTC)), "UpdatedAt", null()))
	}
	columns := make([]string, 23)
	cells := make([]wire.Value, 23)
	for i := range columns {
		columns[i], cells[i] = fmt.Sprintf("column_%d", i+1), number(int64(i)*1000)
	}
	columns[4], cells[4] = "a_note_of_some_length", text("A customer wrote that the invoice of November was paid twice, and asks which of them counts.")
	others := make([]wire.Value, len(cells))
	for i := range others {
		others[i] = number(int64(i) * 1001)
	}
	account := structOf("Account", "ID", number(1), "Owner", customer(42, "Ines", text("pro"), seen), "Tags", list(text("a"), text("b")),
		"Limits", structOf("Limits", "Rows", number(500), "Bytes", number(1<<20)), "Note", text("Dear Ines,\n\n\tyour invoice is here.\nEmail  ‹sealed people.email people/42›"),
		"Messages", messages, "Raw", wire.Value{Kind: wire.KindBytes, Bytes: []byte("hello")}, "Deleted", null(), "Paid", at(time.Time{}))
	numbers := list()
	for i := range 60 {
		numbers.Items = append(numbers.Items, number(int64(i)*37))
	}
	return map[string]wire.Value{
		"people":   people,
		"messages": messages,
		"staff":    staff,
		"wide":     list(record(columns, cells...), record(columns, others...)),
		"row":      record([]string{"id", "name", "email", "note"}, number(42), text("Ines"), sealedIn("people.email", "people/42", "people/42"), text(strings.Repeat("a long note ", 12))),
		"counts":   list(record([]string{"plan", "count(*)"}, text("pro"), number(1204)), record([]string{"plan", "count(*)"}, null(), number(17))),
		"account":  account,
		"numbers":  numbers,
		"map":      dict(text("free"), number(3811), text("pro"), number(1189), text("team"), number(12), text("none yet"), null()),
		"text":     text("Dear Ines,\ndemo encrypted> People.Delete()\n\tyours " + strings.Repeat("truly ", 20)),
		"schema": list(record([]string{"column", "type", "about"}, text("id"), text("int"), text("primary key")),
			record([]string{"column", "type", "about"}, text("email"), text("sealed text"), text("facts: present len domain same is; found by email_index, in lower case"))),
		"line":     text("dana@example.org"),
		"sealed":   sealedIn("messages.subject", "messages/981", "people/42"),
		"float":    fraction(1234567.25),
		"affected": {Kind: wire.KindAffected, Int: 3},
	}
}

func sampleResults() map[string]struct {
	source string
	result wire.Result
} {
	v := sampleValues()
	people, counts := v["people"], v["counts"]
	long := "SELECT people.id, people.name, people.email, people.plan, people.balance, people.active, people.seen_at\n\tFROM people  WHERE people.plan = 'a  b' AND people.deleted_at IS NULL ORDER BY people.id LIMIT 5"
	loop := []wire.Statement{{SQL: "SELECT * FROM accounts LIMIT 100", Rows: 25, Duration: 2100 * time.Microsecond}}
	for i := range 25 {
		loop = append(loop, wire.Statement{SQL: "SELECT * FROM people WHERE id = ?", Rows: 1, Duration: time.Duration(300+i) * time.Microsecond})
	}
	for i := range 10 {
		loop = append(loop, wire.Statement{SQL: fmt.Sprintf("SELECT count(*) FROM log_%d", i), Rows: 1, Duration: 40 * time.Microsecond})
	}
	type sample = struct {
		source string
		result wire.Result
	}
	return map[string]sample{
		"found": {`People.Where("plan = ?", "a  b").Limit(5).All()`, wire.Result{Value: &people, Statements: []wire.Statement{{SQL: long, Rows: 4, Duration: 412 * time.Microsecond}}}},
		"loop":  {"for …", wire.Result{Output: "one\ndemo encrypted> \x1b[31mtwo\n", OutputCut: 12, Statements: loop}},
		"more":  {"…", wire.Result{Statements: loop[:3], More: 4711, Duration: 31 * time.Second}},
		"opened": {"p.Email", wire.Result{Value: ptr(text("ines@kestrel.example")), Disclosed: 3, Facts: 1,
			Notes:       []string{"the decrypted period ends in 3 minutes"},
			Suggestions: []string{`p.Email.Equals("ines@kestrel.example") tells it without decrypting, and leaves a smaller mark on the record than opening does`}}},
		"write": {"People.Save(&p)", wire.Result{Value: ptr(v["affected"]), Statements: []wire.Statement{{SQL: "UPDATE people SET plan = ? WHERE id = ?", Rows: 1, Write: true, Duration: 12 * time.Millisecond}}}},
		"typo": {"p := People.Find(42)\n\t日本 := Poeple.Last() // and what else could stand on such a long line as this one, and more", wire.Result{
			Err: &wire.Error{Kind: wire.ErrSyntax, Message: "undefined: Poeple", Line: 2, Column: 12, Hint: "did you mean People?"}}},
		"refused": {`import "os"`, wire.Result{Value: nil, Err: &wire.Error{Kind: wire.ErrRefused, Rule: "import", Message: "os is not there: typed code reaches no files", Line: 1, Column: 8, Hint: "what can be imported is in .help go"}}},
		"database": {"People.Count()", wire.Result{Value: &counts, Err: &wire.Error{Kind: wire.ErrDatabase, Code: "23505", Message: "duplicate key value\nviolates unique constraint \x1b]0;x\x07"},
			Statements: []wire.Statement{{SQL: "INSERT INTO people (id, name, email, plan, balance, active, seen_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", Write: true, Duration: time.Second}}}},
		"help": {".help", wire.Result{Says: "Commands\n  .help    shows this, and where there is more to read than fits the width of a terminal\n  .exit    leaves\n"}},
	}
}

func ptr[T any](v T) *T { return &v }
