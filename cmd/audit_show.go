package cmd

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/shell/console"
)

func (p *program) listSessions(ctx context.Context, r *audit.Reader) error {
	sessions, err := r.Sessions(ctx, audit.Filter{})
	if err != nil {
		return err
	}
	if p.json {
		if sessions == nil {
			sessions = []audit.Session{}
		}
		return p.line(sessions)
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.DrawBorder = false
	t.Style().Options.SeparateColumns = false
	t.Style().Options.SeparateHeader = false
	t.Style().Box.PaddingLeft, t.Style().Box.PaddingRight = "", "  "
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"session", "engineer", "opened", "mode", "state", "justification"})
	for _, s := range sessions {
		t.AppendRow(table.Row{s.ID, console.Visible(s.Engineer), s.OpenedAt.Format("2006-01-02 15:04"), s.Mode, s.State, console.Visible(s.Justification.URL)})
	}
	_, err = fmt.Fprintln(p.stdout, t.Render())
	return err
}

func (p *program) showSession(ctx context.Context, r *audit.Reader, id string) error {
	s, err := r.Session(ctx, id)
	if err != nil {
		return err
	}
	if p.json {
		return p.line(s)
	}
	_, err = fmt.Fprint(p.stdout, sessionText(s))
	return err
}
