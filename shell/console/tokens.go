package console

import (
	"go/scanner"
	"go/token"
	"strings"
)

// tokens reads a text token by token, comments included.
type tokens struct {
	scanner scanner.Scanner
	file    *token.File
	faults  int // what the scanner found wrong so far
	comment int // where the comments began that were just read; -1 if none was
}

func newTokens(src []byte) *tokens {
	t := &tokens{comment: -1, file: token.NewFileSet().AddFile("", -1, len(src))}
	t.scanner.Init(t.file, src, func(token.Position, string) { t.faults++ }, scanner.ScanComments)
	return t
}

// next returns the next token and the byte at which it begins. A semicolon that a line break implies begins at the end of its
// statement, before the comments that follow it; the scanner puts it behind them, or inside.
func (t *tokens) next() (at int, tok token.Token, lit string) {
	pos, tok, lit := t.scanner.Scan()
	at = t.file.Offset(pos)
	switch {
	case tok == token.COMMENT:
		if t.comment < 0 {
			t.comment = at
		}
		return at, tok, lit
	case tok == token.SEMICOLON && lit == "\n" && t.comment >= 0:
		at = t.comment
	}
	t.comment = -1
	return at, tok, lit
}

// isUnterminated reports whether the text ends inside this raw string or comment.
func isUnterminated(tok token.Token, lit string) bool {
	switch {
	case tok == token.STRING && lit[0] == '`':
		return len(lit) < 2 || lit[len(lit)-1] != '`'
	case tok == token.COMMENT && strings.HasPrefix(lit, "/*"):
		return len(lit) < 4 || !strings.HasSuffix(lit, "*/")
	}
	return false
}

// firstToken returns where the first token of src begins that is neither a comment nor a lone semicolon, and whether it
// begins a command of the console's own: a dot with a name, decrypt! or encrypt!. A comment without an end is a token here.
func firstToken(src []byte) (at int, tok token.Token, dot bool) {
	t := newTokens(src)
	for {
		at, tok, lit := t.next()
		switch {
		case tok == token.COMMENT && !isUnterminated(tok, lit), tok == token.SEMICOLON:
			continue
		case tok == token.PERIOD:
			return at, tok, at+1 < len(src) && isLetter(src[at+1])
		case tok == token.IDENT && (lit == "decrypt" || lit == "encrypt"):
			end := at + len(lit)
			return at, tok, end < len(src) && src[end] == '!' && (end+1 == len(src) || src[end+1] != '=')
		}
		return at, tok, false
	}
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// brackets are those that are open, the innermost last.
type brackets []token.Token

// take opens or closes a bracket, if tok is one. It reports false for a closing one that has no partner.
func (b *brackets) take(tok token.Token) bool {
	var partner token.Token
	switch tok {
	case token.LPAREN, token.LBRACK, token.LBRACE:
		*b = append(*b, tok)
		return true
	case token.RPAREN:
		partner = token.LPAREN
	case token.RBRACK:
		partner = token.LBRACK
	case token.RBRACE:
		partner = token.LBRACE
	default:
		return true
	}
	last := len(*b) - 1
	if last < 0 || (*b)[last] != partner {
		return false
	}
	*b = (*b)[:last]
	return true
}
