package console

import (
	"bytes"
	"go/token"
	"strings"
)

// Input is one thing to run: what an engineer would have typed before pressing Enter.
type Input struct {
	Source string // as it stands in the text, from its first token to the end of its last line
	Line   int    // the line of the text on which it begins, from 1
}

// Split returns the inputs of src in their order. An input ends where its line ends, as soon as it is not Partial; a dot
// command is its line. Several statements that share a line are one input. Comments and blank lines between inputs are left
// out. From an input that does not end, or that closes a bracket it never opened, everything up to the end of src is that
// one input: what follows cannot be told from its inside.
func Split(src string) []Input {
	var inputs []Input
	rest := []byte(src)
	line := 1
	for {
		from, to := firstInput(rest)
		if from == to {
			return inputs
		}
		line += bytes.Count(rest[:from], []byte("\n"))
		inputs = append(inputs, Input{Source: strings.TrimRight(string(rest[from:to]), " \t\r\n"), Line: line})
		line += bytes.Count(rest[from:to], []byte("\n"))
		rest = rest[to:]
	}
}

// firstInput returns where the first input of src begins and ends: at the same byte if there is none.
func firstInput(src []byte) (from, to int) {
	from, tok, dot := firstToken(src)
	switch {
	case tok == token.EOF:
		return from, from
	case dot:
		return from, lineEnd(src, from)
	}

	t := newTokens(src[from:])
	var open brackets
	for {
		at, tok, lit := t.next()
		if tok == token.EOF || !open.take(tok) {
			return from, len(src)
		}
		if tok != token.SEMICOLON || len(open) > 0 {
			continue
		}
		after := from + at
		if lit == ";" {
			after++
		}
		end, last := statementEnd(src, after)
		if last && Complete(string(src[from:end])) != Partial {
			return from, end
		}
	}
}

// statementEnd returns the end of the comments that follow a statement on its line, and whether nothing else stands there.
// A comment without an end reaches to the end of src.
func statementEnd(src []byte, at int) (end int, last bool) {
	for at < len(src) {
		rest := src[at:]
		switch {
		case rest[0] == '\n':
			return at, true
		case rest[0] == ' ', rest[0] == '\t', rest[0] == '\r':
			at++
		case bytes.HasPrefix(rest, []byte("//")):
			return lineEnd(src, at), true
		case bytes.HasPrefix(rest, []byte("/*")):
			body, _, closed := bytes.Cut(rest[2:], []byte("*/"))
			if !closed {
				return len(src), true
			}
			at += len("/*") + len(body) + len("*/")
			if bytes.ContainsRune(body, '\n') {
				return at, true
			}
		default:
			return at, false
		}
	}
	return at, true
}

// lineEnd returns where the line ends that holds the byte at.
func lineEnd(src []byte, at int) int {
	if n := bytes.IndexByte(src[at:], '\n'); n >= 0 {
		return at + n
	}
	return len(src)
}
