package broker

import (
	"strings"
	"testing"
)

func TestSavepointsAreRecognised(t *testing.T) {
	for text, want := range map[string][2]string{
		"SAVEPOINT sp0x1":                      {"savepoint", "sp0x1"},
		"savepoint A;":                         {"savepoint", "a"},
		" /* x */ release sp1 -- y\n ;":        {"", ""}, // the scan keeps what stands between: not a name
		"RELEASE SAVEPOINT sp1":                {"release", "sp1"},
		"release sp1":                          {"release", "sp1"},
		"ROLLBACK TO SAVEPOINT sp1":            {"rollback", "sp1"},
		"rollback to sp1":                      {"rollback", "sp1"},
		"rollback":                             {"", ""},
		"rollback transaction to sp1":          {"", ""},
		"savepoint":                            {"", ""},
		"savepoint a b":                        {"", ""},
		"savepoint \"a\"":                      {"", ""},
		"savepoint a;b":                        {"", ""},
		"savepoint a; drop table x":            {"", ""},
		"savepoint é":                          {"", ""},
		"release savepoint":                    {"release", "savepoint"},
		"savepoint " + strings.Repeat("a", 65): {"", ""},
	} {
		verb, name, ok := savepoint(text)
		if ok != (want[0] != "") || ok && (verb != want[0] || name != want[1]) {
			t.Errorf("%q: %s %s %t", text, verb, name, ok)
		}
	}
}

func TestOneStatementIsFound(t *testing.T) {
	for text, want := range map[string]scanned{
		"":                            {},
		"  \n\t;;":                    {},
		"-- only a remark":            {},
		"/* never closed select 1":    {},
		"SELECT 1":                    {word: "select", rest: "1"},
		"select 1;":                   {word: "select", rest: "1"},
		";select 1":                   {word: "select", rest: "1"},
		"select 1; ; -- x":            {word: "select", rest: "1"},
		"select 1; x":                 {word: "select", rest: "1", more: true},
		"select 'it''s; '; x":         {word: "select", rest: "'it''s; '", more: true},
		"select 1 -- ; x":             {word: "select", rest: "1 -- ; x"},
		"select [;] , `;` , \";\"":    {word: "select", rest: "[;] , `;` , \";\""},
		"select [a]]; x":              {word: "select", rest: "[a]]", more: true},
		"select 1 /* ; */ + 2; x":     {word: "select", rest: "1 /* ; */ + 2", more: true},
		"(select 1)":                  {word: "(", rest: "select 1)"},
		"\x00select":                  {word: "\x00", rest: "select"},
		"select'a'":                   {word: "select", rest: "'a'"},
		"with/**/x as (select 1) ...": {word: "with", rest: "/**/x as (select 1) ..."},
	} {
		if got := scanStatement(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func FuzzScanStatement(f *testing.F) {
	for _, seed := range []string{"select 1", "select ';' ; x", "/* */ -- \n update a set b = [;]", "savepoint a", "rollback to savepoint b;", "'", "\"\"\"", "select 1;;", "`;`;`"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := scanStatement(text)
		if len(s.word)+len(s.rest) > len(text) {
			t.Errorf("%q became longer: %+v", text, s)
		}
		if s.more && s.word == "" {
			t.Errorf("%q: a second statement and no first", text)
		}
		if s.word != strings.ToLower(s.word) && len(s.word) > 1 {
			t.Errorf("%q: the word is %q", text, s.word)
		}
		// What is added behind a semicolon is seen, unless a quote or a remark was left open.
		if again := scanStatement(text + "\n;x"); s.word != "" && !again.more && !strings.ContainsAny(text, "'\"`[*") {
			t.Errorf("%q: a second statement was not seen", text)
		}
		// A text of two statements is refused, one with a NUL too.
		if refusal := oneStatement(text); refusal == nil && (s.more || strings.ContainsRune(text, 0) || otherWords[s.word]) {
			t.Errorf("%q was taken", text)
		}
		if verb, name, ok := savepoint(text); ok && (verb == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "") {
			t.Errorf("%q is %s %q", text, verb, name)
		}
	})
}
