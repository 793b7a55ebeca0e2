package broker

import (
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/shell"
)

func TestSQLThatCodeComposedIsKeptWithoutWhatItMayHold(t *testing.T) {
	schema := shell.Schema{Tables: []shell.Table{{Name: "people", Columns: []shell.TableColumn{{Name: "id"}, {Name: "email"}}}}}
	const typed = `db.Raw("select state, 'typed' from people where id > 4711 limit 250").Scan(&rows); secret`
	r := newRedactor(schema, typed)
	for statement, want := range map[string]string{
		"select state, 'typed' from people where id > 4711 limit 250": "select state, 'typed' from people where id > 4711 limit 250",
		"SELECT * FROM `people` WHERE `people`.`id` = ? LIMIT 1":      "SELECT * FROM `people` WHERE `people`.`id` = ? LIMIT 1",
		"select 1 -- felix3@gmail.example":                            "select 1 ‹withheld 23›",
		"select 1 /* felix3 */ from people":                           "select 1 ‹withheld 12› from people",
		"select 'felix3' from people":                                 "select ‹withheld 8› from people",
		"select 'it''s' from people":                                  "select ‹withheld 7› from people",
		`select "felix3"()`:                                           "select ‹withheld 8›()",
		"select `felix3`":                                             "select ‹withheld 8›",
		"select [felix3]":                                             "select ‹withheld 8›",
		"drop +494066969897":                                          "‹withheld 4› +‹withheld 12›",
		"select felix3 from people":                                   "select ‹withheld 6› from people",
		"select 'typed', 4711, 250 from people":                       "select 'typed', 4711, 250 from people",
		"select 471, 25 from people":                                  "select ‹withheld 3›, ‹withheld 2› from people",
		"select ‹ü› from people":                                      "select ‹withheld 3›‹withheld 2›‹withheld 3› from people",
		"select '":                                                    "select ‹withheld 1›",
		`select 1 "peoplef`:                                           "select 1 ‹withheld 8›",
		"select 0,4,1":                                                "select ‹withheld 1›,‹withheld 1›,1",
	} {
		if got := r.sql(statement); got != want {
			t.Errorf("%s\n got %s\nwant %s", statement, got, want)
		}
	}
}

// FuzzRedact: what was neither typed nor known before is never kept.
func FuzzRedact(f *testing.F) {
	f.Add("select '", "'")
	f.Add("select 1 --", "\n")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, before, after string) {
		const plaintext = "felix3@gmail.example"
		r := newRedactor(shell.Schema{}, "p.Email.Open()")
		for _, word := range []string{"felix3", "gmail", "example"} {
			if strings.Contains(before+after, word) {
				return
			}
		}
		kept := r.sql(before + plaintext + after)
		if strings.Contains(kept, "felix3") || strings.Contains(kept, "gmail") {
			t.Errorf("kept %s", kept)
		}
	})
}
