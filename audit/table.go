package audit

// A Table is one projection: how its rows are written and read. SQL is the same for all dialects that know ON CONFLICT.
type table struct {
	name    string
	session int    // the place of the session's id among the columns
	put     string // one row, in the order of the columns; replaces the row of the same key
	read    string // all rows
}

// A Row is a row of a projection. Values are int64, string, []byte or nil.
type Row struct {
	table  *table
	values []any
}

// tables are the projections. Verify compares each of them.
var tables = [...]*table{
	sessionsTable, commandsTable, statementsTable, disclosuresTable, factsTable, flagsTable, refusalsTable, consentsTable,
	reviewsTable,
}

var sessionsTable = &table{
	name:    "sessions",
	session: 0,
	put: `INSERT INTO sessions (id, writer, seq, engineer, app, env, build, host, embedded, writes, sandbox, justification,
	opened_at, closed_at, closed_why, mode, commands, disclosures, facts, flags, refusals, committed, rolled_back, state,
	entries, last_writer, head)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET writes = excluded.writes, closed_at = excluded.closed_at, closed_why = excluded.closed_why,
	mode = excluded.mode, commands = excluded.commands, disclosures = excluded.disclosures, facts = excluded.facts, flags = excluded.flags,
	refusals = excluded.refusals, committed = excluded.committed, rolled_back = excluded.rolled_back,
	state = excluded.state, entries = excluded.entries, last_writer = excluded.last_writer, head = excluded.head`,
	read: `SELECT id, writer, seq, engineer, app, env, build, host, embedded, writes, sandbox, justification,
	opened_at, closed_at, closed_why, mode, commands, disclosures, facts, flags, refusals, committed, rolled_back, state,
	entries, last_writer, head FROM sessions`,
}

var commandsTable = &table{
	name:    "commands",
	session: 0,
	put: `INSERT INTO commands (session, n, writer, seq, at, mode, status, error_kind, duration_us, statements, "rows",
	committed, rolled_back, outcome_writer, outcome_seq)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (session, n) DO UPDATE SET status = excluded.status, error_kind = excluded.error_kind,
	duration_us = excluded.duration_us, statements = excluded.statements, "rows" = excluded."rows",
	committed = excluded.committed, rolled_back = excluded.rolled_back, outcome_writer = excluded.outcome_writer,
	outcome_seq = excluded.outcome_seq`,
	read: `SELECT session, n, writer, seq, at, mode, status, error_kind, duration_us, statements, "rows",
	committed, rolled_back, outcome_writer, outcome_seq FROM commands`,
}

var statementsTable = &table{
	name:    "statements",
	session: 2,
	put:     `INSERT INTO statements (writer, seq, session, command, "rows", writes) VALUES (?, ?, ?, ?, ?, ?)`,
	read:    `SELECT writer, seq, session, command, "rows", writes FROM statements`,
}

var disclosuresTable = &table{
	name:    "disclosures",
	session: 3,
	put: `INSERT INTO disclosures (writer, seq, i, session, command, at, engineer, consent, "column", subject, "row", count)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	read: `SELECT writer, seq, i, session, command, at, engineer, consent, "column", subject, "row", count
FROM disclosures`,
}

var factsTable = &table{
	name:    "facts",
	session: 2,
	put: `INSERT INTO facts (writer, seq, session, command, at, engineer, fact, "column", subject, "row", count)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	read: `SELECT writer, seq, session, command, at, engineer, fact, "column", subject, "row", count FROM facts`,
}

var flagsTable = &table{
	name:    "flags",
	session: 2,
	put: `INSERT INTO flags (writer, seq, session, command, rule, "column", subject, "row", count)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	read: `SELECT writer, seq, session, command, rule, "column", subject, "row", count FROM flags`,
}

var refusalsTable = &table{
	name:    "refusals",
	session: 2,
	put: `INSERT INTO refusals (writer, seq, session, command, at, engineer, rule)
VALUES (?, ?, ?, ?, ?, ?, ?)`,
	read: `SELECT writer, seq, session, command, at, engineer, rule FROM refusals`,
}

var consentsTable = &table{
	name:    "consents",
	session: 2,
	put: `INSERT INTO consents (writer, seq, session, url, subject, engineer, evidence, scopes, granted_at, expires_at,
	ended_at, ended_why)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (writer, seq) DO UPDATE SET ended_at = excluded.ended_at, ended_why = excluded.ended_why`,
	read: `SELECT writer, seq, session, url, subject, engineer, evidence, scopes, granted_at, expires_at,
	ended_at, ended_why FROM consents`,
}

var reviewsTable = &table{
	name:    "reviews",
	session: 2,
	put: `INSERT INTO reviews (writer, seq, session, auditor, decision, at, head)
VALUES (?, ?, ?, ?, ?, ?, ?)`,
	read: `SELECT writer, seq, session, auditor, decision, at, head FROM reviews`,
}
