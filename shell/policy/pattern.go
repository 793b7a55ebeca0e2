package policy

import (
	"errors"
	"fmt"
	"strings"
)

const (
	subjectMark = "{subject}"

	exampleSegment = "1480"
	exampleSubject = "people/42"
)

// A Pattern is a full https URL with * for one path segment and {subject} for the data subject of a consent.
// The zero Pattern fits no link.
type Pattern struct {
	text    string
	subject bool // holds {subject}
}

// ParsePattern reads a pattern. It refuses one that could not be compared byte for byte: see the package comment.
func ParsePattern(text string) (Pattern, error) {
	if len(text) > maxLink {
		return Pattern{}, fmt.Errorf("the pattern is %d bytes long; at most %d are allowed", len(text), maxLink)
	}
	p := Pattern{text: text, subject: strings.Contains(text, subjectMark)}
	path, _ := cutTail(text)
	for i, segment := range strings.Split(path, "/") {
		switch {
		case i == 2 && strings.ContainsAny(segment, "*{"):
			return Pattern{}, errors.New("the pattern must name its host, without * and {subject}")
		case segment != subjectMark && strings.Contains(segment, subjectMark):
			// 1{subject} would fit a link about another subject.
			return Pattern{}, errors.New("the pattern has a {subject} that is not all there is between two slashes")
		}
	}
	example := p.example(exampleSubject)
	if strings.Contains(example, "*") {
		return Pattern{}, errors.New("the pattern has a * that is not a whole path segment")
	}
	if _, why := readLink(example); why != "" {
		return Pattern{}, errors.New("the pattern " + why)
	}
	return p, nil
}

// String is the pattern as it was written.
func (p Pattern) String() string { return p.text }

// MarshalText is the pattern as it was written.
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p.text), nil }

// fits says whether the link is one of the pattern's for this data subject, which may be "" where there is none.
// The link must have passed readLink, and the subject must be canonical.
func (p Pattern) fits(l link, subject string) bool {
	if p.text == "" || p.subject && subject == "" {
		return false
	}
	wantPath, wantTail := cutTail(strings.ReplaceAll(p.text, subjectMark, subject))
	havePath, haveTail := cutTail(l.text)
	if wantTail != haveTail {
		return false
	}
	want, have := strings.Split(wantPath, "/"), strings.Split(havePath, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		if want[i] != have[i] && (want[i] != "*" || !plainSegment(have[i])) {
			return false
		}
	}
	return true
}

// plainSegment says whether a segment may stand for a *: not empty, and nothing in it that a server may leave out or trim, such
// as ;x or %20, for then one ticket would have many links. Other scripts' letters, percent-encoded, may.
func plainSegment(s string) bool {
	if s == "" || strings.Contains(s, ";") {
		return false
	}
	for i := strings.IndexByte(s, '%'); i >= 0; i = strings.IndexByte(s, '%') {
		if i+1 == len(s) || s[i+1] < '8' { // of ASCII
			return false
		}
		s = s[i+1:]
	}
	return true
}

// example is a link that the pattern fits, for this subject.
func (p Pattern) example(subject string) string {
	if subject == "" {
		subject = exampleSubject
	}
	path, tail := cutTail(p.text)
	segments := strings.Split(path, "/")
	for i := range segments {
		if segments[i] == "*" {
			segments[i] = exampleSegment
		}
	}
	return strings.ReplaceAll(strings.Join(segments, "/")+tail, subjectMark, subject)
}

// cutTail cuts a URL before its query or fragment.
func cutTail(url string) (path, tail string) {
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		return url[:i], url[i:]
	}
	return url, ""
}
