package shell

import "strings"

// DotCommand is a command of the console's own, beside Go. It is numbered and recorded as any other.
type DotCommand struct {
	Name      string // .decrypt
	Arguments string // [LINK [SCOPE…]]; what stands in brackets may be left out
	Summary   string // one line, for the list
	Detail    string // what .help says of this one, a paragraph
}

// DotCommands are all there are, in the order in which .help lists them: code, help and completion have no other list.
func DotCommands() []DotCommand {
	return []DotCommand{
		{".help", "[TOPIC]", "what can be typed here",
			"Without a topic it lists the dot commands and the topics. A topic is a dot command, with or without its dot, or a page that this application brings along: .help decrypt."},
		{".schema", "[TABLE]", "tables and columns: what is sealed, what is indexed",
			"Without a table it lists the tables with their repositories. With one it shows each column, whether it is sealed and whose key seals it, which facts may be told of it, and its indexes: .schema people."},
		{".facts", "[TABLE]", "what can be known of sealed values, unopened",
			"A fact answers a question without showing the value: p.Email.Domain(), p.Name.Present(), p.Email.Same(q.Email). A blind index finds rows by a value that you know: People.By(crypto.Eq(\"people.email\", \"dana@fjord.example\")). Each answer is on record as a fact. Try these first: they need no consent."},
		{".sql", "STATEMENT", "run one SQL statement",
			"The rows come with their columns in order; sealed columns stay sealed. It is one statement, and it meets the same limits as typed Go: .sql select plan, count(*) from accounts group by plan."},
		{".write", "[WHY]", "let this session write",
			"A session reads until it is asked to write, and policy may say no. It asks why, and the answer is on record. Each write then says how many rows it touched; from the policy's number on you see rows before and after, and are asked before it stands. Leaving the question changes nothing."},
		{".readonly", "", "take .write back",
			"The session only reads again. What it has written stands."},
		{".decrypt", "[LINK [SCOPE…]]", "open what somebody consented to, for a while",
			"It asks for the link to the consent, who gave it, and what it covers: people/42:email is one column of one record, people/42 one record, people/42/* all that is sealed for one person, people/42:email=write a new value that opens nothing. The period has variables of its own; those you have now wait until it ends. Each value that opens is on record. Leaving a question opens nothing. decrypt! is accepted too."},
		{".encrypt", "", "end the decrypted period now",
			"What was opened is gone from the console: its variables, its last value and its history. The variables from before it are there again. The period also ends by itself when its time is over or when nothing is typed for a while. encrypt! is accepted too."},
		{".history", "", "the commands of this session, by number",
			"It shows each command that was typed, with its number on the record. What was typed in a decrypted period is not shown after it."},
		{".edit", "[COMMAND NUMBER]", "write the next command in your editor",
			"It opens $EDITOR with the last command, or with the one of that number. What you save comes back to the prompt and runs as one command; an empty text runs nothing. The file is kept in memory and leaves nothing behind."},
		{".time", "", "where the time of the last command went",
			"It shows how long the last command took, how much of that the database took, and for each statement its rows and its time."},
		{".whoami", "", "who you are here, what you may do, who will read it",
			"It shows your name, the session's id and its justification, its mode, the limits of policy, who reviews sessions, and how long the record is kept."},
		{".exit", "", "end the session",
			"The record of the session is closed and waits for its review. Ctrl-D does the same. In a decrypted period .encrypt comes back to where you were."},
	}
}

// FindDotCommand finds a dot command by its name: ".decrypt", "decrypt!" for the two that are accepted so, and "decrypt"
// as .help takes it.
func FindDotCommand(name string) (DotCommand, bool) {
	word := strings.TrimPrefix(name, ".")
	if bare, bang := strings.CutSuffix(name, "!"); bang {
		if bare != "decrypt" && bare != "encrypt" {
			return DotCommand{}, false
		}
		word = bare
	}
	for _, c := range DotCommands() {
		if c.Name == "."+word {
			return c, true
		}
	}
	return DotCommand{}, false
}
