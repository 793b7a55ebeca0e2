package worker

import (
	"go/scanner"
	"go/token"
	"slices"
	"strings"
	"unicode/utf8"
)

// place is what can stand at the cursor.
type place uint8

const (
	nowhere   place = iota // in a comment or a broken text: nothing goes on here
	atName                 // a name or a keyword
	atMember               // a field, a method, a package's symbol
	inText                 // a string literal that has not ended
	behindOne              // only an operator or a comma: a whole operand stands there already
)

// beginning is a text up to the cursor, and made whole: a mark stands for what is being typed, and what is open is closed.
type beginning struct {
	place  place
	word   string // what is typed of a name; of a string literal all of it
	from   int    // where the word begins
	before token.Token
	header token.Token // for, if, switch or select, where the cursor is before its block
	whole  string      // empty where the text is too long or too deep to be looked into
}

const (
	maxLook  = 24 << 10 // bytes before the cursor that are looked into
	maxDepth = 200      // brackets
	maxParts = 100      // stretches: a name that is declared anew begins one
)

// lastName stands for _ in a text made whole, for Go does not let it be read.
const lastName = "last" + mark

// lexeme is one token of the text before the cursor.
type lexeme struct {
	token   token.Token
	at, end int
	broken  bool // it does not end
}

// frame is an open bracket, and what the statement inside still needs.
type frame struct {
	open   token.Token // ILLEGAL outside of all brackets
	header token.Token // a block must follow, for this keyword
	call   bool        // go and defer want a call
	init   bool        // for i := …: without range, two semicolons must follow
}

// begin reads a text up to the cursor.
func begin(text string) beginning {
	if !utf8.ValidString(text) || strings.Contains(text, mark) {
		return beginning{from: len(text)}
	}
	b := beginning{from: len(text)}
	all := lexemes(text)
	var last lexeme
	if len(all) > 0 {
		last = all[len(all)-1]
	}
	stand := mark
	switch {
	case last.token == token.COMMENT:
		if last.broken {
			return b
		}
	case last.broken && last.token == token.STRING:
		b.place, b.from, stand = inText, last.at+1, `"`+mark+`"`
		b.word = text[b.from:]
		all = all[:len(all)-1]
	case last.broken:
		return b
	case last.end == len(text) && (last.token == token.IDENT || last.token.IsKeyword()):
		b.from, b.word = last.at, text[last.at:]
		all = all[:len(all)-1]
	}
	all = slices.DeleteFunc(all, func(l lexeme) bool { return l.token == token.COMMENT })
	if len(all) > 0 {
		b.before = all[len(all)-1].token
	}
	if b.place != inText {
		b.place = placeAfter(b.before, b.word)
	}
	to := b.from
	switch b.place {
	case behindOne:
		stand = " ." + mark
	case inText:
		to--
	}
	b.close(text[:to], all, stand)
	return b
}

// placeAfter says what can stand behind a token.
func placeAfter(before token.Token, word string) place {
	switch before {
	case token.PERIOD:
		return atMember
	case token.INC, token.DEC:
		return nowhere
	case token.IDENT, token.INT, token.FLOAT, token.IMAG, token.CHAR, token.STRING, token.RPAREN, token.RBRACK, token.RBRACE:
		if word == "" {
			return behindOne
		}
	}
	return atName
}

// lexemes are the tokens of a text, without the semicolon that its end implies.
func lexemes(text string) []lexeme {
	file := token.NewFileSet().AddFile("", -1, len(text))
	broken := map[int]bool{}
	var s scanner.Scanner
	s.Init(file, []byte(text), func(at token.Position, why string) {
		if strings.HasSuffix(why, "not terminated") {
			broken[at.Offset] = true
		}
	}, scanner.ScanComments)
	var all []lexeme
	for {
		pos, tok, lit := s.Scan()
		at := file.Offset(pos)
		if tok == token.EOF || tok == token.SEMICOLON && at >= len(text) {
			return all
		}
		l := lexeme{token: tok, at: at, end: at + len(lit), broken: broken[at]}
		switch {
		case tok.IsOperator():
			l.end = at + len(tok.String())
		case tok == token.COMMENT && strings.HasPrefix(lit, "//"):
			l.broken = !strings.Contains(text[at:], "\n")
		case tok == token.STRING && l.broken && text[at] == '"' && strings.Contains(text[at:], "\n"):
			l.broken = false // it ended with its line, wrongly
		}
		all = append(all, l)
	}
}

// close makes the text before the cursor whole.
func (b *beginning) close(text string, all []lexeme, stand string) {
	frames := []frame{{}}
	start := 0 // the first statement that is near enough
	for _, l := range all {
		top := &frames[len(frames)-1]
		switch l.token {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			if l.token == token.LBRACE {
				top.header, top.init = token.ILLEGAL, false
			}
			if len(frames) > maxDepth {
				return
			}
			frames = append(frames, frame{open: l.token})
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if len(frames) > 1 && top.open == partner(l.token) {
				frames = frames[:len(frames)-1]
			}
		case token.IF, token.FOR, token.SWITCH, token.SELECT:
			top.header, top.init = l.token, false
		case token.DEFINE, token.ASSIGN:
			top.init = top.header == token.FOR
		case token.RANGE:
			top.init = false
		case token.GO, token.DEFER:
			top.call = true
		case token.SEMICOLON:
			top.init = false
			if top.header == token.ILLEGAL {
				top.call = false
				if len(frames) == 1 && len(text)-start > maxLook {
					start = l.end
				}
			}
		}
	}
	b.header = frames[len(frames)-1].header
	if len(text)-start > maxLook {
		return
	}
	var whole strings.Builder
	written := start
	for n, l := range all {
		if n+1 < len(all) && l.at >= start && l.token == token.IDENT && text[l.at:l.end] == "_" && all[n+1].token == token.PERIOD {
			whole.WriteString(text[written:l.at] + lastName)
			written = l.end
		}
	}
	whole.WriteString(text[written:] + stand)
	for _, f := range slices.Backward(frames) {
		if f.call {
			whole.WriteString("()")
		}
		if f.init {
			whole.WriteString("; ;")
		}
		if f.header != token.ILLEGAL {
			whole.WriteString(" {}")
		}
		whole.WriteString(map[token.Token]string{token.LPAREN: ")", token.LBRACK: "]", token.LBRACE: "}"}[f.open])
	}
	b.whole = whole.String()
}

// partner is the bracket that a closing one closes.
func partner(closing token.Token) token.Token {
	return map[token.Token]token.Token{token.RPAREN: token.LPAREN, token.RBRACK: token.LBRACK, token.RBRACE: token.LBRACE}[closing]
}
