// Package migrations holds the tables of both stores, the record and the key store, as SQL for goose.
//
// One folder a store and a dialect. audit and crypto are handed their folder as an [io/fs.FS]; neither imports this
// package. A file that was released is never changed: a later one changes the tables.
package migrations

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed audit/sqlite/*.sql keys/sqlite/*.sql
var files embed.FS

// Audit is the tables of the record. The dialects are those of goose: "sqlite".
func Audit(dialect string) (fs.FS, error) { return folder("audit", dialect) }

// Keys is the tables of the key store, the record's anchor among them.
func Keys(dialect string) (fs.FS, error) { return folder("keys", dialect) }

func folder(store, dialect string) (fs.FS, error) {
	dir := store + "/" + dialect
	if _, err := fs.ReadDir(files, dir); err != nil {
		return nil, fmt.Errorf("no %s tables for %q: %w", store, dialect, err)
	}
	return fs.Sub(files, dir)
}
