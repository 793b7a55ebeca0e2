package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPatternsThatCouldMeanSomethingElseAreNoPatterns(t *testing.T) {
	for text, why := range map[string]string{
		"":                                                     "is empty",
		"tickets.example/*":                                    "does not begin with https://",
		"http://tickets.example/*":                             "is http",
		"https://tickets.example":                              "has no path",
		"https://*/browse/1":                                   "name its host",
		"https://*.example/browse/*":                           "name its host",
		"https://{subject}/browse/*":                           "name its host",
		"*://tickets.example/browse/*":                         "whole path segment",
		"https://tickets.example:*/browse":                     "name its host",
		"https://Tickets.example/*":                            "capital letters",
		"https://a@tickets.example/*":                          "user info",
		"https://tickets.example:443/*":                        "goes without saying",
		"https://tickets.example/OC-*":                         "not a whole path segment",
		"https://tickets.example/**":                           "not a whole path segment",
		"https://tickets.example/a?id=*":                       "not a whole path segment",
		"https://tickets.example/a#*":                          "not a whole path segment",
		"https://tickets.example/x{subject}":                   "{subject}",
		"https://tickets.example/{subject}1":                   "{subject}",
		"https://tickets.example/{subject}{subject}":           "{subject}",
		"https://tickets.example/{person}":                     "must be percent-encoded",
		"https://tickets.example/{Subject}":                    "must be percent-encoded",
		"https://tickets.example/../*":                         "has a . or ..",
		"https://tickets.example//*":                           "two slashes",
		"https://tickets.example/%61":                          "needs no encoding",
		"https://tickets.example/a b":                          "holds a blank",
		"https://tickets.example/\x1b":                         "control characters",
		"https://tickets.example/" + strings.Repeat("a", 2048): "bytes long",
	} {
		if p, err := ParsePattern(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("ParsePattern(%q) = %v, %v; want %q", text, p, err, why)
		}
	}
}

func TestAStarIsOneSegmentWhateverStandsInIt(t *testing.T) {
	pattern := parsePattern(t, "https://tickets.example/a/*/b")
	rapid.Check(t, func(t *rapid.T) {
		segment := rapid.StringOf(rapid.RuneFrom([]rune("ab1/.%2F5CE\\?#;@:*é \x00\u202e"))).Draw(t, "segment")
		l, why := readLink("https://tickets.example/a/" + segment + "/b")
		if why != "" || !pattern.fits(l, "") {
			return
		}
		if segment == "" || strings.ContainsAny(segment, "/\\?#*") || segment == "." || segment == ".." {
			t.Fatalf("* stood for %q", segment)
		}
	})
}

func FuzzPattern(f *testing.F) {
	for _, seed := range []string{"https://tickets.example/browse/*", "https://consents.example/{subject}/*", "https://mail.example/consent?of={subject}#a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePattern(text)
		if err != nil {
			return
		}
		l, why := readLink(p.example("people/7"))
		if why != "" || !p.fits(l, "people/7") {
			t.Errorf("the pattern %q does not fit its own example %q: %s", text, p.example("people/7"), why)
		}
		if p.subject && p.fits(l, "people/8") {
			t.Errorf("the pattern %q fits the example of another subject", text)
		}
	})
}
