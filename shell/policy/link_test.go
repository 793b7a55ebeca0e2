package policy

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func parsePattern(t testing.TB, text string) Pattern {
	t.Helper()
	p, err := ParsePattern(text)
	if err != nil {
		t.Fatalf("ParsePattern(%q): %v", text, err)
	}
	return p
}

// tickets accepts what the demo's policy accepts, and a link of each other kind.
func tickets(t testing.TB) Policy {
	var p Policy
	for _, text := range []string{"https://tickets.example/browse/*", "https://tickets.example:8443/t/*/part/*", "https://forum.example/topic?view=plain#last", "https://tickets.example/fixed"} {
		p.Links.Justification = append(p.Links.Justification, parsePattern(t, text))
	}
	for _, text := range []string{"https://consents.example/{subject}/*", "https://mail.example/consent?of={subject}", "https://tickets.example/browse/*"} {
		p.Links.Consent = append(p.Links.Consent, parsePattern(t, text))
	}
	return p
}

func TestOneTicketHasOneLink(t *testing.T) {
	p := tickets(t)
	for _, link := range []string{"https://tickets.example/browse/1;x", "https://tickets.example/browse/1;", "https://tickets.example/browse/1%20"} {
		if p.Justification(link, "") == nil {
			t.Errorf("%s is accepted", link)
		}
	}
}

func TestLinksOfThePolicyAreAccepted(t *testing.T) {
	p := tickets(t)
	for _, link := range []string{
		"https://tickets.example/browse/OC-01", "https://tickets.example/browse/1", "https://tickets.example/browse/a:b@cd=e,f!$&'()+~_-.",
		"https://tickets.example/browse/...", "https://tickets.example/browse/.hidden", "https://tickets.example/browse/%C3%A9x",
		"https://tickets.example:8443/t/1/part/2", "https://forum.example/topic?view=plain#last", "https://tickets.example/fixed",
	} {
		if err := p.Justification(link, "a note\n\tof two lines, with é"); err != nil {
			t.Errorf("%s: %v", link, err)
		}
	}
	for link, subject := range map[string]string{
		"https://consents.example/people/42/7":      "people/42",
		"https://consents.example/seats/12,7/7":     "seats/12,7",
		"https://consents.example/rooms/a%20b/7":    "rooms/a%20b",
		"https://mail.example/consent?of=people/42": "people/42",
		"https://tickets.example/browse/OC-20":      "people/3800",
	} {
		if err := p.Consent(link, "", subject); err != nil {
			t.Errorf("%s for %s: %v", link, subject, err)
		}
	}
}

func TestOtherLinksAreRefusedWithTheirReason(t *testing.T) {
	p := tickets(t)
	for link, why := range map[string]string{
		"":                                 "there is no justification link",
		"fixing it":                        "holds a blank",
		"OC-01":                            "does not begin with https://",
		"https:":                           "does not begin with https://",
		"https:/tickets.example/browse/1":  "does not begin with https://",
		"http://tickets.example/browse/1":  "is http, not https",
		"HTTP://tickets.example/browse/1":  "is http, not https",
		"HTTPS://tickets.example/browse/1": "does not begin with https://",
		"//tickets.example/browse/1":       "does not begin with https://",
		"javascript:alert(1)":              "does not begin with https://",
		"https://":                         "has no host",
		"https:///browse/1":                "has no host",
		"https://tickets.example":          "has no path",
		"https://tickets.example?x":        "has no path",
		"https://tickets.example/":         "fits none",
		"https://pastebin.com/x":           "host that the policy does not name",
		"https://tickets.example.evil.example/browse/1":               "host that the policy does not name",
		"https://evil.example/tickets.example/browse/1":               "host that the policy does not name",
		"https://tickets.example./browse/1":                           "host that is not a plain name",
		"https://Tickets.example/browse/1":                            "capital letters",
		"https://tickets%2Eexample/browse/1":                          "host that is not a plain name",
		"https://-x.example/browse/1":                                 "host that is not a plain name",
		"https://[::1]/browse/1":                                      "must be percent-encoded",
		"https://a@tickets.example/browse/1":                          "user info",
		"https://tickets.example@evil.example/browse/1":               "user info",
		"https://a:b@tickets.example/browse/1":                        "user info",
		"https://tickets.example:443/browse/1":                        "goes without saying",
		"https://tickets.example:/browse/1":                           "port that is not a number",
		"https://tickets.example:08443/t/1/part/2":                    "port that is not a number",
		"https://tickets.example:+8443/t/1/part/2":                    "port that is not a number",
		"https://tickets.example:99999/t/1/part/2":                    "port that is not a number",
		"https://tickets.example:0/t/1/part/2":                        "port that is not a number",
		"https://tickets.example:8443/browse/1":                       "fits none",
		"https://tickets.example:8444/t/1/part/2":                     "host that the policy does not name",
		"https://tickets.example/t/1/part/2":                          "fits none",
		"https://tickets.example/browse":                              "fits none",
		"https://tickets.example/browse/":                             "fits none",
		"https://tickets.example/browse/1/":                           "fits none",
		"https://tickets.example/browse/1/2":                          "fits none",
		"https://tickets.example/Browse/1":                            "fits none",
		"https://tickets.example/fixed/":                              "fits none",
		"https://tickets.example/fixed1":                              "fits none",
		"https://tickets.example//browse/1":                           "two slashes",
		"https://tickets.example/browse//1":                           "two slashes",
		"https://tickets.example/browse/.":                            "has a . or ..",
		"https://tickets.example/browse/..":                           "has a . or ..",
		"https://tickets.example/browse/../browse/1":                  "has a . or ..",
		"https://tickets.example/browse/..;x":                         "has a . or ..",
		"https://tickets.example/browse/%2e%2e":                       "upper-case",
		"https://tickets.example/browse/%2E%2E":                       "needs no encoding",
		"https://tickets.example/browse/%31":                          "needs no encoding",
		"https://tickets.example/browse/a%2Fb":                        "percent-encoded slash",
		"https://tickets.example/browse/a%5Cb":                        "percent-encoded slash or backslash",
		"https://tickets.example/browse/a%2fb":                        "upper-case",
		"https://tickets.example/browse/a%252Fb":                      "percent-encoded percent",
		"https://tickets.example/browse/a%":                           "not two upper-case",
		"https://tickets.example/browse/a%2":                          "not two upper-case",
		"https://tickets.example/browse/%00":                          "control characters",
		"https://tickets.example/browse/%0A":                          "control characters",
		"https://tickets.example/browse/%C2%85":                       "control characters",
		"https://tickets.example/browse/%E2%80%AE":                    "direction of text",
		"https://tickets.example/browse/%FF":                          "not valid UTF-8",
		"https://tickets.example/browse\\1":                           "backslash",
		"https://tickets.example\\@evil.example/browse/1":             "backslash",
		"https://tickets.example/browse/1\x1b[2J":                     "control characters",
		"https://tickets.example/browse/1\n":                          "control characters",
		"\thttps://tickets.example/browse/1":                          "control characters",
		"https://tickets.example/browse/1\x7f":                        "control characters",
		"https://tickets.example/browse/1\u009b2J":                    "control characters",
		"https://tickets.example/browse/1\u202e":                      "direction of text",
		"https://tickets.example/browse/1\u2028":                      "line separators",
		"https://tickets.example/browse/1\xff":                        "not valid UTF-8",
		" https://tickets.example/browse/1":                           "holds a blank",
		"https://tickets.example/browse/é":                            "outside ASCII",
		"https://tickets\u3002example/browse/1":                       "outside ASCII",
		"https://tickets.example/browse/\uff0e\uff0e":                 "outside ASCII",
		"https://tickets.example/browse/*":                            "still holds a *",
		"https://tickets.example/browse/<b>":                          "must be percent-encoded",
		"https://tickets.example/browse/{subject}":                    "must be percent-encoded",
		"https://tickets.example/browse/1?":                           "query or a fragment",
		"https://tickets.example/browse/1#":                           "query or a fragment",
		"https://tickets.example/browse/1?a=b":                        "query or a fragment",
		"https://tickets.example/browse/1#c":                          "query or a fragment",
		"https://tickets.example/browse?x=/1":                         "fits none",
		"https://forum.example/topic":                                 "fits none",
		"https://forum.example/topic?view=full#last":                  "fits none",
		"https://forum.example/topic?view=plain":                      "fits none",
		"https://forum.example/topic?view=plain#last?x":               "fits none",
		"https://tickets.example/browse/" + strings.Repeat("a", 4000): "bytes long",
	} {
		refused(t, p.Justification(link, ""), RuleJustification, why, link)
	}
}

func TestAConsentOfAnotherSubjectIsRefused(t *testing.T) {
	p := tickets(t)
	p.Links.Consent = p.Links.Consent[:2]
	for _, c := range []struct{ link, subject, why string }{
		{"https://consents.example/people/42/7", "people/43", "for people/43"},
		{"https://consents.example/people/42/7", "people/4", "for people/4"},
		{"https://consents.example/people/42/7", "people/2", "for people/2"},
		{"https://consents.example/people/42/7", "", "fits none"},
		{"https://consents.example//7", "", "two slashes"},
		{"https://consents.example/people/42/7", "people/042", "fits none"},
		{"https://consents.example/people/42/7", "people/*", "fits none"},
		{"https://consents.example/people/42/7", "people/42/*", "fits none"},
		{"https://consents.example/people/42/7", "people/42:email", "fits none"},
		{"https://consents.example/people%2F42/7", "people/42", "percent-encoded slash"},
		{"https://consents.example/people/../7", "people/..", "has a . or .."},
		{"https://consents.example/people/a%2Fb/7", "people/a%2Fb", "percent-encoded slash"},
		{"https://mail.example/consent?of=people/42", "people/4", "fits none"},
		{"https://mail.example/consent?of=people/42&of=people/43", "people/42", "fits none"},
		{"https://mail.example/consent", "people/42", "fits none"},
	} {
		refused(t, p.Consent(c.link, "", c.subject), RuleConsent, c.why, c.link)
	}
}

func TestHintIsALinkThatIsAccepted(t *testing.T) {
	p := tickets(t)
	for _, subject := range []string{"people/42", "seats/12,7"} {
		var r *Refusal
		if err := p.Consent("https://pastebin.com/x", "", subject); !errors.As(err, &r) {
			t.Fatal(err)
		}
		link, ok := strings.CutPrefix(r.Hint, "accepted: ")
		if err := p.Consent(link, "", subject); !ok || err != nil {
			t.Errorf("the hint %q for %s is refused: %v", r.Hint, subject, err)
		}
	}
	var r *Refusal
	if err := p.Justification("", ""); !errors.As(err, &r) {
		t.Fatal(err)
	}
	if err := p.Justification(strings.TrimPrefix(r.Hint, "accepted: "), ""); err != nil {
		t.Errorf("the hint %q is refused: %v", r.Hint, err)
	}
}

func TestASubjectFitsOnlyItself(t *testing.T) {
	p := tickets(t)
	p.Links.Consent = p.Links.Consent[:2]
	subjects := rapid.StringMatching(`(people|a)/([1-9][0-9]{0,2}|[a-c.]{1,3}|%20)`)
	rapid.Check(t, func(t *rapid.T) {
		of, claimed := subjects.Draw(t, "of"), subjects.Draw(t, "claimed")
		for _, pattern := range p.Links.Consent {
			if err := p.Consent(pattern.example(of), "", claimed); err == nil && of != claimed {
				t.Fatalf("the consent of %s was taken for %s", of, claimed)
			}
		}
	})
}

func refused(t *testing.T, err error, rule, why, link string) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) {
		t.Errorf("%q: %v; want a refusal: %s", link, err, why)
		return
	}
	if r.Rule != rule || !strings.Contains(r.Message, why) || r.Hint == "" {
		t.Errorf("%q: refused by %s: %s; want %q", link, r.Rule, r.Error(), why)
	}
	for _, c := range r.Error() {
		if c < ' ' || c > '~' {
			t.Errorf("the refusal of %q holds %q", link, c)
		}
	}
}

// reads is what a link must keep whatever the fuzzer finds: these are how browsers and servers could be made to read something
// else than was compared.
func reads(t *testing.T, text string) {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= 0x7f || text[i] == '\\' {
			t.Errorf("%q was taken", text)
		}
	}
	if len(text) > maxLink || !strings.HasPrefix(text, "https://") {
		t.Errorf("%q was taken", text)
	}
	path, _ := cutTail(text)
	for _, bad := range []string{"/./", "/../", "%2F", "%5C", "%2E", "%00", "@tickets", "*"} {
		if strings.Contains(strings.ToUpper(path)+"/", strings.ToUpper(bad)) {
			t.Errorf("%q was taken, with %s", text, bad)
		}
	}
}

func FuzzLink(f *testing.F) {
	for _, seed := range []string{"https://tickets.example/browse/OC-01", "https://tickets.example:8443/t/1/part/2", "https://forum.example/topic?view=plain#last", "https://tickets.example/browse/%C3%A9", "https://a@tickets.example/browse/1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := tickets(t)
		if p.Justification(text, "") == nil {
			reads(t, text)
		}
	})
}
