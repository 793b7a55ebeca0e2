package worker

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Bounds of an answer.
const (
	maxCandidates = 200
	maxCandidate  = 64        // bytes of a candidate
	maxDetail     = 120       // runes of what is said of one, and of a signature
	maxComplete   = 256 << 10 // bytes of a text
)

// completer says how an unfinished input could go on. It reads and never evaluates: no interpreter and no database is asked,
// and the session is afterwards as it was. It is used between commands only, by the goroutine that runs them.
type completer struct {
	app     shell.App
	schema  shell.Schema
	in      *interpreter
	tables  map[types.Type]shell.Table // by model, and by each type whose columns it has
	methods map[string][]method        // by the written name of a type without its arguments
	library *library
}

func newCompleter(app shell.App, schema shell.Schema, in *interpreter) *completer {
	return &completer{app: app, schema: schema, in: in, library: in.library, methods: methods()}
}

// Complete answers with what could stand at the cursor, the best first. It answers nothing where nothing is known, whatever
// the text is.
func (c *completer) Complete(asked wire.Complete) (answer *wire.Completed) {
	cursor := min(max(asked.Cursor, 0), len(asked.Source))
	answer = &wire.Completed{ID: asked.ID, From: cursor}
	if len(asked.Source) > maxComplete || cursor < len(asked.Source) && !utf8.RuneStart(asked.Source[cursor]) {
		return answer
	}
	defer func() {
		if recover() != nil { // the type checker met what it was not made for
			answer = &wire.Completed{ID: asked.ID, From: cursor}
		}
	}()
	c.in.turn.Lock()
	defer c.in.turn.Unlock()
	c.prepare()
	scope := c.library.pkg("main").Scope()
	session := *scope
	defer func() { *scope = session }() // the type checker uses it

	text := asked.Source[:cursor]
	if isDotCommand(asked.Source) {
		return c.dotCommand(asked.ID, asked.Source, cursor)
	}
	b := begin(text)
	a := answers{word: b.word, from: b.from}
	a.signature = c.source(b, &a)
	if strings.TrimSpace(text) == b.word && b.place == atName {
		c.dotNames(&a)
	}
	return a.completed(asked.ID)
}

// prepare finds out, once, which types have the columns of which table.
func (c *completer) prepare() {
	if c.tables != nil {
		return
	}
	c.tables = map[types.Type]shell.Table{}
	for n, m := range c.app.Models {
		table := c.schema.Tables[n]
		c.tables[c.library.typeOf(m.Type)] = table
		repository := reflect.TypeOf(m.Bind(nil))
		c.tables[c.library.typeOf(repository.Elem())] = table
		if where, ok := repository.MethodByName("Where"); ok {
			c.tables[c.library.typeOf(where.Type.Out(0).Elem())] = table
		}
	}
}

// source completes Go.
func (c *completer) source(b beginning, a *answers) (signature string) {
	if b.place == nowhere {
		return ""
	}
	v := &view{library: c.library, scope: &c.in.scope}
	if b.whole != "" {
		v = c.in.look(b.whole)
	}
	if len(v.path) == 0 {
		if b.place == atName {
			c.names(b, v, a)
		}
		return ""
	}
	switch b.place {
	case atMember:
		c.members(v, a)
	case atName:
		if c.keys(v, a) {
			c.names(b, v, a)
		}
	case inText:
		c.text(v, a)
	}
	return c.signature(v)
}

// answers gathers candidates.
type answers struct {
	word      string
	from      int
	found     []ranked
	signature string
}

// ranked is a candidate, and how far behind the others it stands.
type ranked struct {
	wire.Candidate
	rank int
}

func (a *answers) add(rank int, text, detail string) {
	if text == "" || len(text) > maxCandidate || strings.Contains(text, mark) {
		return
	}
	a.found = append(a.found, ranked{wire.Candidate{Text: text, Detail: short(detail)}, rank})
}

// completed is the answer: what begins as the word does, else what does so but for its case.
func (a *answers) completed(id uint64) *wire.Completed {
	slices.SortStableFunc(a.found, func(x, y ranked) int { return x.rank - y.rank })
	matching := func(begins func(text string) bool) []wire.Candidate {
		var all []wire.Candidate
		seen := map[string]bool{}
		for _, f := range a.found {
			if !seen[f.Text] && begins(f.Text) && len(all) < maxCandidates {
				seen[f.Text] = true
				all = append(all, f.Candidate)
			}
		}
		return all
	}
	candidates := matching(func(text string) bool { return strings.HasPrefix(text, a.word) })
	if candidates == nil {
		candidates = matching(func(text string) bool {
			return len(text) >= len(a.word) && strings.EqualFold(text[:len(a.word)], a.word)
		})
	}
	return &wire.Completed{ID: id, From: a.from, Candidates: candidates, Signature: a.signature}
}

// short bounds what is said of a candidate.
func short(text string) string {
	if utf8.RuneCountInString(text) <= maxDetail {
		return text
	}
	return string([]rune(text)[:maxDetail-1]) + "…"
}

// typeAt is the type of the expression before the dot, and whether it is a type itself rather than a value.
func (v *view) typeAt(x ast.Expr) (t types.Type, isType, ok bool) {
	known, ok := v.info.Types[x]
	if !ok || known.Type == nil || known.Type == types.Typ[types.Invalid] || known.IsVoid() || known.IsBuiltin() {
		return nil, false, false
	}
	if _, several := known.Type.(*types.Tuple); several {
		return nil, false, false
	}
	return known.Type, known.IsType(), true
}

// at is where the mark is.
func (v *view) at() token.Pos { return v.path[len(v.path)-1].Pos() }
