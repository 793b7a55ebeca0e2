package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/traefik/yaegi/interp"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// person is a model, as a company's program would have it.
type person struct {
	ID   int64
	Name string
	Plan string
	Seen *time.Time
}

// Upgrade has a pointer receiver, as methods that change their model do.
func (p *person) Upgrade() { p.Plan = "pro" }

// Label has a value receiver.
func (p person) Label() string { return p.Name + "/" + p.Plan }

// half is a type of a package beside the models.
type half int

// people is a repository with the shape of shell.Repo, over a map.
type people struct{ saved map[int64]person }

func newPeople() *people {
	return &people{saved: map[int64]person{1: {ID: 1, Name: "Ada", Plan: "free"}, 2: {ID: 2, Name: "Dana", Plan: "pro"}, 3: {ID: 3, Name: "Eve", Plan: "free"}}}
}

func (r *people) Find(id int64) person {
	p, err := r.Lookup(id)
	if err != nil {
		panic(err)
	}
	return p
}

func (r *people) Lookup(id int64) (person, error) {
	p, ok := r.saved[id]
	if !ok {
		return person{}, &wire.Error{Kind: wire.ErrDatabase, Message: fmt.Sprintf("people has no row %d", id), Hint: "look for it with Where"}
	}
	return p, nil
}

func (r *people) All() []person {
	return []person{r.saved[1], r.saved[2], r.saved[3]}
}

func (r *people) Count() int64 { return int64(len(r.saved)) }

func (r *people) Save(p *person) error {
	if p.ID == 0 {
		return errors.New("save needs a primary key")
	}
	r.saved[p.ID] = *p
	return nil
}

func (r *people) Each(do func(person) error) error {
	for _, p := range r.All() {
		if err := do(p); err != nil {
			return err
		}
	}
	return nil
}

// typist types commands into an interpreter of its own.
type typist struct {
	t       *testing.T
	in      *interpreter
	out     bytes.Buffer
	err     bytes.Buffer
	people  *people
	command int
	release chan struct{}
}

func newTypist(t *testing.T) *typist {
	t.Helper()
	y := &typist{t: t, people: newPeople(), release: make(chan struct{})}
	in, err := newInterpreter(interpreterConfig{Stdout: &y.out, Stderr: &y.err, Protected: []string{"db"}, Exports: interp.Exports{
		"console/console": {
			"People": reflect.ValueOf(y.people),
			"Person": reflect.ValueOf((*person)(nil)),
			"Boom":   reflect.ValueOf(func() { panic(errors.New("boom from compiled code")) }),
			"Fatal": reflect.ValueOf(func() {
				panic(fmt.Errorf("saving: %w", &wire.Error{Kind: wire.ErrRefused, Message: "read only", Rule: "write", Hint: "start with --write"}))
			}),
			"Nothing": reflect.ValueOf(func() {}),
			"Pair":    reflect.ValueOf(func() (int, error) { return 1, nil }),
			"Fails":   reflect.ValueOf(func() (int, error) { return 0, errors.New("it failed") }),
			"Wait":    reflect.ValueOf(func() { <-y.release }),
			"Any":     reflect.ValueOf(func(v any) any { return v }),
			"State":   reflect.ValueOf((*state)(nil)),
			"Apply":   reflect.ValueOf(func(f func(person) string) string { return f(y.people.saved[2]) }),
		},
		"models/models": {"Half": reflect.ValueOf((*half)(nil)), "Low": reflect.ValueOf(half(1))},
	}})
	if err != nil {
		t.Fatal(err)
	}
	y.in = in
	return y
}

func (y *typist) eval(source string) (*wire.Value, *wire.Error, int) {
	return y.within(10*time.Second, source)
}

func (y *typist) within(long time.Duration, source string) (*wire.Value, *wire.Error, int) {
	y.command++
	ctx, stop := context.WithTimeout(context.Background(), long)
	defer stop()
	return y.in.Eval(ctx, y.command, source)
}

// text is what a command came to, in a form that a table can hold: its output, then its value or its error.
func (y *typist) text(source string) string {
	y.out.Reset()
	value, failure, leftovers := y.eval(source)
	text := y.out.String()
	switch {
	case failure != nil:
		text += failure.Kind + ": " + failure.Message
	case value != nil:
		text += brief(*value)
	}
	if leftovers > 0 {
		text += fmt.Sprintf(" (%d left over)", leftovers)
	}
	return text
}

// brief writes a value tree in one line.
func brief(v wire.Value) string {
	list := func() string {
		var parts []string
		for n, item := range v.Items {
			if v.Names != nil {
				parts = append(parts, v.Names[n]+":"+brief(item))
				continue
			}
			parts = append(parts, brief(item))
		}
		if v.Cut > 0 {
			parts = append(parts, fmt.Sprintf("+%d", v.Cut))
		}
		return strings.Join(parts, " ")
	}
	switch v.Kind {
	case wire.KindNil:
		return "nil"
	case wire.KindBool:
		return fmt.Sprint(v.Int == 1)
	case wire.KindInt:
		if v.Text != "" {
			return fmt.Sprintf("%s(%d)", v.Text, v.Int)
		}
		return fmt.Sprint(v.Int)
	case wire.KindUint:
		return fmt.Sprintf("%du", v.Uint)
	case wire.KindFloat:
		return fmt.Sprint(v.Float)
	case wire.KindString:
		b, _ := json.Marshal(v.Text)
		return string(b)
	case wire.KindBytes:
		return fmt.Sprintf("bytes(%s)", v.Bytes)
	case wire.KindDuration:
		return time.Duration(v.Int).String()
	case wire.KindTime:
		return v.Time.UTC().Format(time.RFC3339)
	case wire.KindError:
		return "error(" + v.Text + ")"
	case wire.KindOpaque:
		return "<" + v.Type + ">"
	case wire.KindList:
		return "[" + list() + "]"
	case wire.KindMap:
		return "map[" + list() + "]"
	case wire.KindStruct, wire.KindRecord:
		return v.Type + "{" + list() + "}"
	case wire.KindSealed:
		return "sealed(" + v.Sealed.Column + " " + v.Sealed.Row + ")"
	case wire.KindAffected:
		return fmt.Sprintf("affected(%d)", v.Int)
	case wire.KindCycle:
		return "cycle"
	default:
		return fmt.Sprintf("kind %d %s", v.Kind, v.Text)
	}
}
