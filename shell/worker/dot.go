package worker

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// dotCommand splits ".sql select 1" into its word and its rest.
func dotCommand(source string) (word, rest string, ok bool) {
	source = strings.TrimSpace(source)
	if !strings.HasPrefix(source, ".") {
		return "", "", false
	}
	word, rest, _ = strings.Cut(source, " ")
	if head, tail, cut := strings.Cut(word, "\n"); cut {
		word, rest = head, tail+" "+rest
	}
	return word, strings.TrimSpace(rest), true
}

// dot runs a dot command. All but .sql are the server's.
func (w *worker) dot(word, rest string, done *wire.Done) {
	switch word {
	case ".sql":
		value, err := w.sql(rest)
		done.Value, done.Err = value, err
	default:
		done.Err = &wire.Error{Kind: wire.ErrSyntax, Message: fmt.Sprintf("there is no dot command %s here", word), Hint: ".help lists what there is"}
	}
}

// sql runs one statement as it was typed and returns its rows in column order.
func (w *worker) sql(statement string) (*wire.Value, *wire.Error) {
	if statement == "" {
		return nil, &wire.Error{Kind: wire.ErrSyntax, Message: ".sql needs a statement", Hint: ".sql select id, plan from accounts limit 5"}
	}
	response, err := w.gate.ask(wire.Request{Op: wire.OpQuery, SQL: statement})
	if err != nil {
		return nil, errorOf(err)
	}
	if len(response.Columns) == 0 {
		return &wire.Value{Kind: wire.KindAffected, Int: response.Affected}, nil
	}
	found, err := collect(newRows(w.gate, response, wanted{}))
	if err != nil {
		return nil, errorOf(err)
	}
	value := show(found)
	return &value, nil
}

func collect(r *rows) ([]shell.Row, error) {
	names := shell.DistinctNames(r.Columns())
	found := []shell.Row{}
	for {
		cells := make([]driver.Value, len(names))
		if err := r.Next(cells); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, err
		}
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = c
		}
		found = append(found, shell.Row{Columns: names, Values: values})
	}
}
