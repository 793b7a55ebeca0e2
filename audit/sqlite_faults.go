package audit

import (
	"context"
	"database/sql"
	"fmt"
)

// faults has SQLite check pages and indexes, for an index can be made to hide rows, and compares tables, indexes and
// triggers with those that the migrations make.
func (s *sqliteSnapshot) faults() ([]string, error) {
	var found []string
	for line, err := range stream(s.reader, "the file", `PRAGMA integrity_check`, nil,
		func(rows *sql.Rows, line *string) error { return rows.Scan(line) }) {
		if err != nil {
			return nil, err
		}
		if line != "ok" {
			found = append(found, "the file is damaged: "+line)
		}
	}
	have, err := schema(s.reader)
	if err != nil {
		return nil, err
	}
	want, err := s.store.expected()
	if err != nil {
		return nil, err
	}
	for name, text := range want {
		switch got, ok := have[name]; {
		case !ok:
			found = append(found, fmt.Sprintf("the %s is missing", name))
		case got != text:
			found = append(found, fmt.Sprintf("the %s was changed", name))
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			found = append(found, fmt.Sprintf("the %s is not ours", name))
		}
	}
	return found, nil
}

// schema is the text of each table, index, trigger and view.
func schema(r reader) (map[string]string, error) {
	rows, err := r.query(`SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'`)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		all[name] = text
	}
	return all, rows.Err()
}

// expected makes the tables in memory.
func (s *SQLite) expected() (map[string]string, error) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	provider, err := provider(db, s.migrations)
	if err != nil {
		return nil, err
	}
	if _, err := provider.Up(ctx); err != nil {
		return nil, fmt.Errorf("make the tables to compare with: %w", err)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return schema(reader{&connection{Conn: conn}})
}
