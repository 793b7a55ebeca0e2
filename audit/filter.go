package audit

import "strings"

// Filter says which sessions to list, the newest first. The zero value is all of them.
type Filter struct {
	Engineer string // only this engineer's
	State    string // only these: pending, approved, flagged, asked
	Open     bool   // only those that have not ended
	Before   string // only those older than this session: the last one of the page before
	Limit    int    // at most so many; 0 is no limit
}

func (f Filter) where() (string, []any) {
	var clauses []string
	var args []any
	if f.Engineer != "" {
		clauses, args = append(clauses, `engineer = ?`), append(args, f.Engineer)
	}
	if f.State != "" {
		clauses, args = append(clauses, `state = ?`), append(args, f.State)
	}
	if f.Open {
		clauses = append(clauses, `closed_at IS NULL`)
	}
	if f.Before != "" {
		clauses, args = append(clauses, `id < ?`), append(args, f.Before)
	}
	query := ""
	if len(clauses) > 0 {
		query = ` WHERE ` + strings.Join(clauses, ` AND `)
	}
	query += ` ORDER BY id DESC`
	if f.Limit > 0 {
		query, args = query+` LIMIT ?`, append(args, f.Limit)
	}
	return query, args
}
