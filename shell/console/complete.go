package console

import (
	"errors"
	"go/parser"
	"go/scanner"
	"go/token"
)

// Completeness is what a text at the prompt is to Go.
type Completeness uint8

// The zero value is the one that sends nothing.
const (
	Wrong   Completeness = iota // no further line can make it Go
	Partial                     // it needs more lines
	Whole                       // it can be sent; so can nothing at all, and a dot command
)

func (c Completeness) String() string {
	switch c {
	case Whole:
		return "whole"
	case Partial:
		return "partial"
	default:
		return "wrong"
	}
}

// Complete says whether src, with the line break typed after it, is a sequence of complete statements and declarations. It
// looks at the syntax only: what it calls Whole may still mean nothing.
func Complete(src string) Completeness {
	if _, tok, dot := firstToken([]byte(src)); dot || tok == token.EOF {
		return Whole
	}
	pieces, state := cut(src)
	if state != Whole {
		return state
	}
	for i, p := range pieces {
		state := parse(src[p.from:p.to], p.declaration)
		if state == Partial && i < len(pieces)-1 {
			return Wrong // something else already follows it
		}
		if state != Whole {
			return state
		}
		if p.label {
			return Partial
		}
	}
	return Whole
}

// piece is a stretch of a text that go/parser takes in one way.
type piece struct {
	from, to    int
	declaration bool // begins as what stands in a file only, a func or an import; else statements
	label       bool // ends with a label, which go/parser takes and which waits for its statement
}

// cut finds the declarations that stand between the statements of src, and the texts that the scanner alone can tell not
// to be whole: by a literal, by a bracket, or by a label that has nothing to name.
func cut(src string) ([]piece, Completeness) {
	var pieces []piece
	current := piece{}
	end := func(at int, declaration bool) {
		if at > current.from {
			current.to = at
			pieces = append(pieces, current)
		}
		current = piece{from: at, declaration: declaration}
	}

	t := newTokens([]byte(src))
	var open brackets
	start, last := true, token.SEMICOLON
	for {
		at, tok, lit := t.next()
		if tok == token.EOF {
			break
		}
		if isUnterminated(tok, lit) {
			if t.faults == 1 { // the one that it is
				return nil, Partial
			}
			return nil, Wrong
		}
		if tok == token.COMMENT {
			continue
		}
		if start && (tok == token.FUNC || tok == token.IMPORT) {
			end(at, true)
		}
		if !open.take(tok) {
			return nil, Wrong
		}
		start = len(open) == 0 && tok == token.SEMICOLON
		if start && current.declaration {
			end(at, false)
		}
		last = tok
	}
	if t.faults > 0 {
		return nil, Wrong
	}
	current.label = last == token.COLON
	end(len(src), false)
	return pieces, Whole
}

// parse gives the better of the two verdicts on a text that begins like a declaration, for func also begins a call.
func parse(src string, declaration bool) Completeness {
	state := verdict("package p; func _() {\n", src, "\n}\n")
	if declaration {
		state = max(state, verdict("package p;\n", src, "\n"))
	}
	return state
}

// verdict is the parser's on src inside a text around it. If the first thing it stumbles over stands behind src and its
// line break, more lines may mend it.
func verdict(before, src, after string) Completeness {
	_, err := parser.ParseFile(token.NewFileSet(), "", before+src+after, parser.SkipObjectResolution)
	if err == nil {
		return Whole
	}
	var faults scanner.ErrorList
	if errors.As(err, &faults) && len(faults) > 0 && faults[0].Pos.Offset > len(before)+len(src) {
		return Partial
	}
	return Wrong
}
