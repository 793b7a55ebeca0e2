package worker

import (
	"strings"

	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// isDotCommand says whether an input is one of the console's own commands.
func isDotCommand(source string) bool {
	text := strings.TrimSpace(source)
	return strings.HasPrefix(text, ".") || strings.HasPrefix(text, "decrypt!") || strings.HasPrefix(text, "encrypt!")
}

// dotNames offers the dot commands where an input begins.
func (c *completer) dotNames(a *answers) {
	for _, command := range shell.DotCommands() {
		a.add(rankCommand, command.Name, command.Summary)
		if a.word != "" && (command.Name == ".decrypt" || command.Name == ".encrypt") {
			a.add(rankCommand, command.Name[1:]+"!", command.Summary)
		}
	}
}

// dotCommand completes a dot command: its name, or what it takes.
func (c *completer) dotCommand(id uint64, source string, cursor int) *wire.Completed {
	begin := len(source) - len(strings.TrimLeft(source, " \t\r\n"))
	if cursor < begin {
		return &wire.Completed{ID: id, From: cursor}
	}
	text := source[begin:cursor]
	space := strings.IndexAny(text, " \t\r\n")
	if space < 0 {
		a := answers{word: text, from: begin}
		c.dotNames(&a)
		return a.completed(id)
	}
	command, found := shell.FindDotCommand(text[:space])
	if !found {
		return &wire.Completed{ID: id, From: cursor}
	}
	rest := text[space:]
	word := rest[strings.LastIndexAny(rest, " \t\r\n")+1:]
	a := answers{word: word, from: cursor - len(word), signature: strings.TrimSpace(command.Name + " " + command.Arguments)}
	earlier := len(strings.Fields(rest[:len(rest)-len(word)]))
	switch {
	case command.Name == ".sql":
		a.word, a.from = "", begin+space
		c.statement(rest, source[begin+space:], &a)
	case command.Name == ".decrypt" && earlier > 0:
		c.scopes(&a)
	case earlier > 0:
	case command.Name == ".schema":
		c.tableNames(&a, false)
	case command.Name == ".facts":
		c.tableNames(&a, true)
	case command.Name == ".help":
		for _, topic := range c.topics() {
			a.add(0, topic.Name, topic.Title)
		}
		for _, other := range shell.DotCommands() {
			name := other.Name
			if !strings.HasPrefix(word, ".") {
				name = name[1:]
			}
			a.add(1, name, other.Summary)
		}
	}
	return a.completed(id)
}

// topics are the pages that the application brings along. It makes them when they are first asked for.
func (c *completer) topics() []shell.Topic {
	if c.schema.Topics == nil && c.app.Topics != nil {
		if all, err := c.app.Topics(); err == nil {
			c.schema.Topics = all
		}
	}
	return c.schema.Topics
}

// scopes offers tables for a scope of a consent, and behind a record's colon its sealed columns.
func (c *completer) scopes(a *answers) {
	record, _, colon := strings.Cut(a.word, ":")
	name, _, slash := strings.Cut(record, "/")
	for _, table := range c.schema.Tables {
		switch {
		case table.Sealed == nil:
		case !slash:
			a.add(0, table.Name+"/", extent(table))
		case colon && table.Name == name:
			for _, s := range table.Sealed.Columns {
				a.add(0, record+":"+s.DBName, "sealed")
			}
		}
	}
}
