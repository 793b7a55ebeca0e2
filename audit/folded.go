package audit

// folded is what the entries of one session come to, up to now: the rows that may still change.
type folded struct {
	session  sessionRow
	command  commandRow   // the latest; n is 0 before the first
	consents []consentRow // those that have not ended
}

// clone is a copy that can be folded further while the original stays.
func (f *folded) clone() *folded {
	c := *f
	c.consents = append([]consentRow(nil), f.consents...)
	return &c
}

// place is where an entry stands.
type place struct {
	writer WriterID
	seq    uint64
}

type sessionRow struct {
	id                                             string
	opened                                         place
	engineer, app, env, build, host, justification string
	embedded, writes, sandbox                      bool
	openedAt, closedAt                             int64 // closedAt is 0 while it is open
	closedWhy, mode                                string
	commands, disclosures, facts, flags, refusals  int64
	committed, rolledBack                          int64
	state                                          string
	entries                                        int64
	lastWriter                                     WriterID
	head                                           Hash
}

func (s *sessionRow) row() Row {
	return Row{sessionsTable, []any{
		s.id, s.opened.writer[:], int64(s.opened.seq), s.engineer, s.app, s.env, s.build, s.host, number(s.embedded),
		number(s.writes), number(s.sandbox), s.justification, s.openedAt, ifAny(s.closedAt), s.closedWhy, s.mode,
		s.commands, s.disclosures, s.facts, s.flags, s.refusals, s.committed, s.rolledBack, s.state, s.entries,
		s.lastWriter[:], s.head[:],
	}}
}

type commandRow struct {
	session                     string
	n                           int
	intent                      place
	at                          int64
	mode, status, errorKind     string
	durationUS, statements, sum int64 // sum of rows
	committed, rolledBack       int64
	outcome                     place // seq is 0 while it is unfinished
	stored                      bool  // it was handed over as it is
}

func (c *commandRow) row() Row {
	var outcomeWriter, outcomeSeq any
	if c.outcome.seq != 0 {
		outcomeWriter, outcomeSeq = c.outcome.writer[:], int64(c.outcome.seq)
	}
	return Row{commandsTable, []any{
		c.session, int64(c.n), c.intent.writer[:], int64(c.intent.seq), c.at, c.mode, c.status, c.errorKind, c.durationUS,
		c.statements, c.sum, c.committed, c.rolledBack, outcomeWriter, outcomeSeq,
	}}
}

type consentRow struct {
	granted                         place
	session, url, subject, engineer string
	evidence, scopes                string
	grantedAt, expiresAt, endedAt   int64 // 0: none
	endedWhy                        string
	stored                          bool // it was handed over as it is
}

func (c *consentRow) row() Row {
	return Row{consentsTable, []any{
		c.granted.writer[:], int64(c.granted.seq), c.session, c.url, c.subject, c.engineer, c.evidence, c.scopes,
		c.grantedAt, ifAny(c.expiresAt), ifAny(c.endedAt), c.endedWhy,
	}}
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func ifAny(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}
