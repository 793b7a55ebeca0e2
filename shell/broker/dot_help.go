package broker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// help prints what can be typed, or one topic.
func (c *command) help(_ context.Context, rest string) (*wire.Value, error) {
	topics := c.session.broker.Schema.Topics
	if rest != "" {
		for _, t := range topics {
			name, part, _ := strings.Cut(rest, " ")
			if !strings.EqualFold(t.Name, name) {
				continue
			}
			text, ok := partOf(t.Text, strings.TrimSpace(part))
			if !ok {
				return nil, &wire.Error{Kind: wire.ErrSyntax, Message: "nothing in .help " + t.Name + " is called " + named(part), Hint: ".help " + t.Name + " shows all of it"}
			}
			c.printed = t.Title + "\n\n" + strings.TrimRight(text, "\n") + "\n"
			return nil, nil
		}
		d, ok := shell.FindDotCommand(rest)
		if !ok {
			return nil, &wire.Error{Kind: wire.ErrSyntax, Message: "there is no help on " + named(rest), Hint: ".help lists what there is"}
		}
		c.printed = strings.TrimSpace(d.Name+" "+d.Arguments) + "\n\n" + d.Detail + "\n"
		return nil, nil
	}
	var b strings.Builder
	t := c.session.broker.example()
	fmt.Fprintf(&b, "  %s.Find(42)    %s.Last()    %s.Count()    _ is the last value\n", t.Repository, t.Repository, t.Repository)
	fmt.Fprintf(&b, "  %s.Where(\"… = ?\", …).Order(\"id desc\").Limit(5).All()\n", t.Repository)
	b.WriteString("  strings, time, sort, fmt and more of the library need no import\n")
	wide := 0
	for _, d := range shell.DotCommands() {
		wide = max(wide, len([]rune(d.Name+" "+d.Arguments)))
	}
	for _, d := range shell.DotCommands() {
		fmt.Fprintf(&b, "  %-*s  %s\n", wide, d.Name+" "+d.Arguments, d.Summary)
	}
	for _, t := range topics {
		fmt.Fprintf(&b, "  %-*s  %s\n", wide, ".help "+t.Name, t.Title)
	}
	b.WriteString("Tab completes, Ctrl-C stops, Ctrl-D leaves. Everything typed is recorded.\n")
	c.printed = b.String()
	return nil, nil
}

// partOf is the paragraph of a topic that begins with a word, or all of it without one.
func partOf(text, word string) (string, bool) {
	if word == "" {
		return text, true
	}
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if first, _, _ := strings.Cut(strings.TrimSpace(paragraph), " "); strings.EqualFold(first, word) {
			return paragraph, true
		}
	}
	return "", false
}

// example is a table to show how things are typed: the first with sealed columns, else the first.
func (b *Broker) example() shell.Table {
	for _, t := range b.Schema.Tables {
		if t.Sealed != nil {
			return t
		}
	}
	return b.Schema.Tables[0]
}

// whoami tells the person who they are here.
func (c *command) whoami(_ context.Context, rest string) (*wire.Value, error) {
	if rest != "" {
		return nil, usageError(".whoami")
	}
	s, b := c.session, c.session.broker
	limits := b.Policy.Limits
	writes := "no; .write asks for it"
	switch {
	case s.write:
		writes = "yes"
	case !b.Policy.Write:
		writes = "no, and the policy lets no session"
	}
	v := record(
		"engineer", text(s.Opening.Engineer), "application", text(b.Schema.App), "environment", text(b.Schema.Environment),
		"session", text(s.ID), "opened", moment(s.openedAt.Truncate(time.Second)), "justification", text(s.Opening.Justification), "mode", text(string(s.mode)))
	add := func(pairs ...any) {
		more := record(pairs...)
		v.Names, v.Items = append(v.Names, more.Names...), append(v.Items, more.Items...)
	}
	if s.period != nil {
		idle := s.period.used.Add(s.period.idle)
		add("consent", text(s.period.url), "covers", text(strings.Join(s.period.scopes.Strings(), " ")), "ends", moment(s.period.expires.Truncate(time.Second)), "ends if nothing is typed", moment(idle.Truncate(time.Second)))
	}
	add("may write", text(writes), "sandbox", yesNo(s.Opening.Sandbox),
		"a command takes", text("at most "+spoken(limits.Command)), "a statement takes", text("at most "+spoken(limits.Statement)),
		"a result has", text(fmt.Sprintf("at most %d rows, %d MiB", limits.Rows, limits.Bytes>>20)),
		"a command writes", text(fmt.Sprintf("at most %d rows; from %d on you are asked", limits.Touched, limits.Confirm)),
		"a decrypted period lasts", text(fmt.Sprintf("%s; %s in which nothing is typed end it too", spoken(limits.Decrypted), spoken(limits.Idle))),
		"who reviews it", text(or(b.Reviewer, "the auditors")), "how long it is kept", text(or(b.Kept, "until a retention is set: for ever")))
	if b.Embedded {
		add("embedded", text("you own the files: this record is no evidence against you"))
	}
	return &v, nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
