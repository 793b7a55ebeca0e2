package shell

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestScopesThatPeopleNameAreRead(t *testing.T) {
	for text, want := range map[string]Scope{
		"messages/981:subject":       {Table: "messages", ID: "981", Column: "subject"},
		"messages/981":               {Table: "messages", ID: "981"},
		"people/42/*":                {Table: "people", ID: "42", Subject: true},
		"people/3800:email=write":    {Table: "people", ID: "3800", Column: "email", Write: true},
		"people/0":                   {Table: "people", ID: "0"},
		"people/-7":                  {Table: "people", ID: "-7"},
		"people/0x2a":                {Table: "people", ID: "0x2a"},
		"rooms/B.12_a-x":             {Table: "rooms", ID: "B.12_a-x"},
		"rooms/a%2Fb":                {Table: "rooms", ID: "a%2Fb"},
		"rooms/%C3%A9%25":            {Table: "rooms", ID: "%C3%A9%25"},
		"seats/12,7:name":            {Table: "seats", ID: "12,7", Column: "name"},
		"seats/12,a%2Cb/*":           {Table: "seats", ID: "12,a%2Cb", Subject: true},
		"crm.people/42:email":        {Table: "crm.people", ID: "42", Column: "email"},
		"Line-Items$2/1:e-mail":      {Table: "Line-Items$2", ID: "1", Column: "e-mail"},
		"_old/1":                     {Table: "_old", ID: "1"},
		"people/42:write":            {Table: "people", ID: "42", Column: "write"},
		"people/42:write=write":      {Table: "people", ID: "42", Column: "write", Write: true},
		"people/9223372036854775807": {Table: "people", ID: "9223372036854775807"},
	} {
		got, err := ParseScope(text)
		if err != nil || got != want {
			t.Errorf("ParseScope(%q) = %+v, %v; want %+v", text, got, err, want)
		}
		if got.String() != text {
			t.Errorf("%q is spelled %q", text, got.String())
		}
	}
}

func TestEverythingElseIsNotAScope(t *testing.T) {
	for _, text := range []string{
		"", " ", "*", "*/*", "people", "people/", "people/*", "people//*", "/42", "people/*/*", "*/42", "people/42/", "people/42/**",
		"people/42/email", "people/42/*:email", "people/42/*=write", "people/42=write", "people/42:", "people/42:=write", "people/42:*",
		"people/42:email=", "people/42:email=read", "people/42:email=WRITE", "people/42:email=write=write", "people/42:email:name",
		"people/42:e mail", "people/42:é", "people/42:people.email", "people/42,*", "people/42*",
		"people/042", "people/00", "people/-0", "people/-042", "people/+42", "people/ 42", "people/42 ", " people/42", "people/42\n", "people/42\x00",
		"people/%34%32", "people/%61", "people/a%2fb", "people/a%2", "people/a%", "people/a%GG", "people/a%%", "people/a%2D", "people/%2E%2E",
		"people/é", "people/\u0664\u0662", "people/\uff14\uff12", "people/a b", "people/a\\b", "people/a'b", "people/42;", "people/42?", "people/42#x", "people/42|43",
		"seats/12,", "seats/,7", "seats/12,,7", "seats/12,07",
		"peo ple/42", "people*/42", "people%20x/42", ".people/42", "people./42", "crm..people/42", "péople/42", "\"people\"/42",
		"people/42,people/43", "people/42:email,name", "people/42/* ", "people/42\u202e",
		"people/" + strings.Repeat("9", maxScope),
	} {
		got, err := ParseScope(text)
		var bad *ScopeError
		if !errors.As(err, &bad) || bad.Message == "" || bad.Hint == "" {
			t.Errorf("ParseScope(%q) = %+v, %v; want a ScopeError with a hint", text, got, err)
			continue
		}
		if got != (Scope{}) {
			t.Errorf("ParseScope(%q) refuses, and gives %+v", text, got)
		}
		for i := range len(bad.Message) {
			if bad.Message[i] < ' ' || bad.Message[i] > '~' {
				t.Errorf("the refusal of %q holds byte %#x", text, bad.Message[i])
			}
		}
	}
}

func TestAScopeCoversExactlyWhatItNames(t *testing.T) {
	type value struct{ column, subject, row string }
	all := []value{
		{"people.email", "people/42", "people/42"},
		{"people.name", "people/42", "people/42"},
		{"people.email", "people/421", "people/421"},
		{"people.email", "people/4", "people/4"},
		{"messages.subject", "people/42", "messages/981"},
		{"messages.body", "people/42", "messages/981"},
		{"messages.subject", "people/42", "messages/98"},
		{"messages.subject", "people/7", "messages/9810"},
		{"messages.people.email", "people/42", "messages/981"}, // another table's column
		{"people.email", "", "people/7"},
		{"", "people/42", "people/42"},
		{"email", "people/42", "people/42"},
	}
	for text, want := range map[string][]int{
		"people/42":                 {0, 1},
		"people/42:email":           {0},
		"people/42:mail":            {},
		"people/42/*":               {0, 1, 4, 5, 6, 8, 11},
		"messages/981":              {4, 5},
		"messages/981:subject":      {4},
		"messages/981/*":            {},
		"people/42:email=write":     {0},
		"people/7/*":                {7},
		"people/1":                  {},
		"messages.people/981":       {},
		"messages.people/981:email": {},
	} {
		s, err := ParseScope(text)
		if err != nil {
			t.Fatal(err)
		}
		covered := map[int]bool{}
		for _, i := range want {
			covered[i] = true
		}
		for i, v := range all {
			if got, want := s.Covers(v.column, v.subject, v.row), covered[i] && !s.Write; got != want {
				t.Errorf("%s covers %v: %t", text, v, got)
			}
			if got := s.CoversWrite(v.column, v.subject, v.row); got != covered[i] {
				t.Errorf("%s covers writing %v: %t", text, v, got)
			}
		}
	}
}

func TestNoScopeCoversNothing(t *testing.T) {
	for _, s := range []Scope{{}, {Subject: true}, {Table: "people"}, {Table: "people", Subject: true}, {ID: "42"}} {
		for _, v := range [][3]string{{"", "", ""}, {"people.email", "", ""}, {".", "/", "/"}, {"people.email", "people/", "people/"}, {".email", "/42", "/42"}} {
			if s.Covers(v[0], v[1], v[2]) || s.CoversWrite(v[0], v[1], v[2]) {
				t.Errorf("%+v covers %q", s, v)
			}
		}
	}
	if (Scopes{}).Covers("people.email", "people/42", "people/42") || Scopes(nil).CoversWrite("people.email", "people/42", "people/42") {
		t.Error("an empty list of scopes covers something")
	}
	if Scopes(nil).Strings() == nil {
		t.Error("the spellings of no scopes are nil, and would be null in JSON")
	}
}

func TestAScopeToWriteAddsNoRightToOpen(t *testing.T) {
	all := Scopes{{Table: "people", ID: "42", Column: "email", Write: true}, {Table: "people", ID: "42", Column: "name"}}
	if all.Covers("people.email", "people/42", "people/42") || !all.CoversWrite("people.email", "people/42", "people/42") {
		t.Error("=write opens, or does not let write")
	}
	if !all.Covers("people.name", "people/42", "people/42") {
		t.Error("the scope beside it was lost")
	}
}

func TestEveryScopeHasOneSpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringMatching(`0|[1-9][0-9]{0,6}|[a-z][A-Za-z0-9._-]{0,5}|(%(C3|2F|2C|20|FF|00)){1,3}`)
		s := Scope{
			Table: rapid.StringMatching(`[a-z_][a-z0-9_]{0,8}(\.[a-z]{1,4})?`).Draw(t, "table"),
			ID:    strings.Join(rapid.SliceOfN(part, 1, 3).Draw(t, "id"), ","),
		}
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 1:
			s.Subject = true
		case 2:
			s.Column = rapid.StringMatching(`[a-z_][a-z0-9_]{0,8}`).Draw(t, "column")
		case 3:
			s.Column, s.Write = rapid.StringMatching(`[a-z_][a-z0-9_]{0,8}`).Draw(t, "column"), true
		}
		got, err := ParseScope(s.String())
		if err != nil || got != s {
			t.Fatalf("%+v is spelled %q, which reads as %+v, %v", s, s.String(), got, err)
		}
	})
}

func FuzzParseScope(f *testing.F) {
	for _, seed := range []string{"messages/981:subject", "people/42/*", "people/3800:email=write", "people/042", "rooms/a%2fb", "seats/12,7", "*", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScope(text)
		if err != nil {
			return
		}
		if s.String() != text {
			t.Errorf("%q was taken, and is spelled %q", text, s.String())
		}
		if s.Table == "" || s.ID == "" || strings.ContainsAny(s.Table+s.ID, "*/: ") {
			t.Errorf("%q was taken as %+v", text, s)
		}
		if s.Subject && (s.Column != "" || s.Write) || s.Write && s.Column == "" {
			t.Errorf("%q was taken as %+v, which is two kinds at once", text, s)
		}
	})
}
