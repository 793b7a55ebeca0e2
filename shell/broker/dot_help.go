package broker

import (
	"context"
	"fmt"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// help prints what can be typed, or one topic.
func (c *command) help(_ context.Context, rest string) (*wire.Value, error) {
	topics := c.session.broker.Schema.Topics
	if rest != "" {
		for _, t := range topics {
			if strings.EqualFold(t.Name, rest) {
				c.printed = t.Title + "\n\n" + strings.TrimRight(t.Text, "\n") + "\n"
				return nil, nil
			}
		}
		d, ok := shell.FindDotCommand(rest)
		if !ok {
			return nil, &wire.Error{Kind: wire.ErrSyntax, Message: "there is no help on " + named(rest), Hint: ".help lists what there is"}
		}
		c.printed = strings.TrimSpace(d.Name+" "+d.Arguments) + "\n\n" + d.Detail + "\n"
		return nil, nil
	}
	var b strings.Builder
	b.WriteString("Type Go, and look at what comes back:\n\n")
	t := c.session.broker.example()
	fmt.Fprintf(&b, "  %s.Find(42)    %s.Last()    %s.Count()    _ is the last value\n", t.Repository, t.Repository, t.Repository)
	fmt.Fprintf(&b, "  %s.Where(\"… = ?\", …).Order(\"id desc\").Limit(5).All()\n", t.Repository)
	b.WriteString("  strings, time, sort, fmt and more of the library need no import\n\n")
	wide := 0
	for _, d := range shell.DotCommands() {
		wide = max(wide, len([]rune(d.Name+" "+d.Arguments)))
	}
	for _, d := range shell.DotCommands() {
		fmt.Fprintf(&b, "  %-*s  %s\n", wide, d.Name+" "+d.Arguments, d.Summary)
	}
	if len(topics) > 0 {
		b.WriteString("\nMore pages:\n\n")
		for _, t := range topics {
			fmt.Fprintf(&b, "  .help %-*s  %s\n", wide-len(".help "), t.Name, t.Title)
		}
	}
	b.WriteString("\nTab completes, Ctrl-C stops a command, Ctrl-D leaves. Everything typed is recorded.\n")
	c.printed = b.String()
	return nil, nil
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
		"session", text(s.ID), "opened", moment(s.openedAt), "justification", text(s.Opening.Justification), "mode", text(string(s.mode)))
	add := func(pairs ...any) {
		more := record(pairs...)
		v.Names, v.Items = append(v.Names, more.Names...), append(v.Items, more.Items...)
	}
	if s.period != nil {
		at, why := s.period.ends()
		add("consent", text(s.period.url), "covers", text(strings.Join(s.period.scopes.Strings(), " ")), "ends", moment(at), "because", text(map[string]string{reasonIdle: "nothing is typed until then", reasonExpired: "its time is over"}[why]))
	}
	add("may write", text(writes), "sandbox", yesNo(s.Opening.Sandbox),
		"a command takes", text("at most "+spoken(limits.Command)), "a statement takes", text("at most "+spoken(limits.Statement)),
		"a result has", text(fmt.Sprintf("at most %d rows, %d bytes", limits.Rows, limits.Bytes)),
		"a command writes", text(fmt.Sprintf("at most %d rows; from %d on you are asked", limits.Touched, limits.Confirm)),
		"a decrypted period lasts", text(fmt.Sprintf("%s, or %s without a command", spoken(limits.Decrypted), spoken(limits.Idle))),
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
