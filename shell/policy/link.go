package policy

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLink and maxNote are how long a link and a note may be, in bytes.
const (
	maxLink = 2048
	maxNote = 2048
)

// A link is an https URL in its one spelling.
type link struct {
	text string
	host string // with its port
}

// readLink takes a URL that means to every reader what it says, byte for byte. Else it says why not, in words that follow
// "the link".
func readLink(text string) (link, string) {
	if text == "" {
		return link{}, "is empty"
	}
	if len(text) > maxLink {
		return link{}, fmt.Sprintf("is %d bytes long; at most %d are allowed", len(text), maxLink)
	}
	if why := hidden(text, ""); why != "" {
		return link{}, why
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c == ' ':
			return link{}, "holds a blank"
		case c >= utf8.RuneSelf:
			return link{}, "holds characters outside ASCII; they must be percent-encoded, as browsers copy them"
		case c == '\\':
			return link{}, "holds a backslash, which browsers read as a slash"
		case c == '*':
			return link{}, "still holds a * of the pattern"
		case c == '[' || c == ']' || strings.IndexByte(`"<>^{|}`+"`", c) >= 0:
			return link{}, fmt.Sprintf("holds %q, which must be percent-encoded", c)
		}
	}
	rest, ok := strings.CutPrefix(text, "https://")
	if !ok {
		if strings.HasPrefix(strings.ToLower(text), "http://") {
			return link{}, "is http, not https"
		}
		return link{}, "does not begin with https://"
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	l := link{text: text, host: rest[:end]}
	if why := wrongHost(l.host); why != "" {
		return link{}, why
	}
	path, tail := cutTail(rest[end:])
	if why := wrongPath(path); why != "" {
		return link{}, why
	}
	if why := wrongEncoding(tail, false); why != "" {
		return link{}, why
	}
	return l, ""
}

func wrongHost(host string) string {
	if strings.Contains(host, "@") {
		return "has user info before its host"
	}
	name, port, found := strings.Cut(host, ":")
	if found {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return "has a port that is not a number from 1 to 65535"
		}
		if n == 443 {
			return "names the port of https, which goes without saying"
		}
	}
	if name == "" {
		return "has no host"
	}
	for label := range strings.SplitSeq(strings.ToLower(name), ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "has a host that is not a plain name"
		}
	}
	if name != strings.ToLower(name) {
		return "has capital letters in its host, which browsers write small"
	}
	return ""
}

func wrongPath(path string) string {
	if path == "" {
		return "has no path"
	}
	segments := strings.Split(path[1:], "/")
	for i, segment := range segments {
		if segment == "" && i < len(segments)-1 {
			return "has two slashes in a row in its path"
		}
		// Some servers cut ";parameters" off before they walk the path.
		if name, _, _ := strings.Cut(segment, ";"); name == "." || name == ".." {
			return "has a . or .. in its path"
		}
	}
	return wrongEncoding(path, true)
}

// wrongEncoding checks that each percent-encoding is needed and in its one spelling and, in a path, that it hides nothing on
// which readers differ.
func wrongEncoding(s string, path bool) string {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			continue
		}
		if i+2 >= len(s) || !upperHex(s[i+1]) || !upperHex(s[i+2]) {
			return "has a percent-encoding that is not two upper-case hexadecimal digits"
		}
		b, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "has a broken percent-encoding"
		}
		switch c := byte(b); {
		case unreserved(c):
			return "percent-encodes what needs no encoding"
		case path && (c == '/' || c == '\\'):
			return "has a percent-encoded slash or backslash in its path"
		case path && c == '%':
			return "has a percent-encoded percent sign in its path"
		}
		i += 2
	}
	decoded, err := url.PathUnescape(s)
	if err != nil {
		return "has a broken percent-encoding"
	}
	return hidden(decoded, "")
}

// hidden says which characters of s a reader would not see, or would see elsewhere than they are. Those in allowed may be
// there.
func hidden(s, allowed string) string {
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	for _, r := range s {
		switch {
		case strings.ContainsRune(allowed, r):
		case unicode.IsControl(r):
			return "holds control characters"
		case unicode.Is(unicode.Bidi_Control, r):
			return "holds characters that turn the direction of text"
		case r == '\u2028' || r == '\u2029':
			return "holds line separators"
		}
	}
	return ""
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func upperHex(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'F'
}
