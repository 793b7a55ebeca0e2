package demo

import (
	"fmt"
	"strings"
)

// member is somebody new. Without a domain the address is at one of the large providers.
func (p *population) member(v voice, family, domain string) *member {
	given := pick(p, v.first...)
	m := &member{first: native(given), name: native(given) + " " + native(family), role: "member", locale: v.locale}
	if v.locale == "ja" {
		m.name = native(family) + " " + native(given)
	}
	given, family = latin(romaji(given)), latin(romaji(family))
	if domain == "" {
		domain = pick(p, providers()...)
	}
	local := pick(p, given+"."+family, given+"."+family, given, given[:1]+"."+family)
	m.email = local + "@" + domain
	for n := 2; p.emails[m.email]; n++ {
		m.email = fmt.Sprintf("%s%d@%s", local, n, domain)
	}
	p.emails[m.email] = true
	if p.dice.IntN(40) == 0 { // as some people type it
		m.email = strings.ToUpper(m.email[:1]) + m.email[1:]
	}
	if len(v.phones) > 0 && p.dice.IntN(10) < 8 {
		for m.phone = p.digits(v.phones); p.phones[m.phone]; m.phone = p.digits(v.phones) {
		}
		p.phones[m.phone] = true
	}
	return m
}

// firm is a company's name and its domain, which no other has.
func (p *population) firm() (name, domain string) {
	for {
		name = pick(p, firstWords()...) + " " + pick(p, secondWords()...)
		domain = strings.ToLower(strings.ReplaceAll(name, " ", "")) + ".example"
		if !p.domains[domain] {
			p.domains[domain] = true
			return name, domain
		}
	}
}

func (p *population) voice(of []voice) voice {
	n := p.dice.IntN(100)
	for _, v := range of {
		if n -= v.share; n < 0 {
			return v
		}
	}
	return of[0]
}

// digits puts a digit for each # of one of the forms.
func (p *population) digits(forms []string) string {
	return strings.Map(func(r rune) rune {
		if r == '#' {
			return rune('0' + p.dice.IntN(10))
		}
		return r
	}, pick(p, forms...))
}

// native and romaji are the two spellings of a name that has two.
func native(name string) string {
	if i := strings.IndexByte(name, ' '); i > 0 && name[0] >= 0x80 {
		return name[:i]
	}
	return name
}

func romaji(name string) string {
	if i := strings.IndexByte(name, ' '); i > 0 && name[0] >= 0x80 {
		return name[i+1:]
	}
	return name
}
