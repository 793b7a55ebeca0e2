package broker

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"modernc.org/sqlite"
)

// touching is a database of these tables, and a connection with a writing transaction open on it.
func touching(t *testing.T, script string) *sqliteConnection {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.db")
	app, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if _, err := app.Exec(script); err != nil {
		t.Fatal(err)
	}
	target, err := OpenSQLite(t.Context(), path, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := target.Connect(t.Context(), Access{Write: true, Typed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.Begin(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	return conn.(*sqliteConnection)
}

// touched is what a transaction touched, a line a row.
func touched(t *testing.T, conn Connection) []string {
	t.Helper()
	rows, more, err := conn.Touched(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range rows {
		line := fmt.Sprintf("%s %v: %v to %v", r.Table, r.RowID, r.Before, r.After)
		if r.Caused {
			line += ", caused"
		}
		if r.Hidden > 0 {
			line += fmt.Sprintf(", %d hidden", r.Hidden)
		}
		all = append(all, line)
	}
	if more {
		all = append(all, "and more")
	}
	return all
}

func TestTouchedRowsAreThoseOfTheDatabase(t *testing.T) {
	for _, c := range []struct {
		name, tables, change string
		want                 []string
	}{
		{"a table without row ids", "create table t (a, b, c, primary key (b, a)) without rowid; insert into t values (1, 'x', 2), (2, 'y', 3)",
			"update t set c = 9 where a = 1; update t set b = 'z' where a = 2; delete from t where a = 1",
			[]string{"t <nil>: [1 x 2] to []", "t <nil>: [2 y 3] to []", "t <nil>: [] to [2 z 3]"}},
		{"a key in another case", "create table t (a text collate nocase primary key, b) without rowid; insert into t values ('x', 1)", "update t set a = 'X'",
			[]string{"t <nil>: [x 1] to []", "t <nil>: [] to [X 1]"}},
		{"copied rows", "create table t (a primary key, b) without rowid; create table u (a primary key, b) without rowid; insert into u values (1, 2)", "insert into t select * from u",
			[]string{"t <nil>: [] to [1 2]"}},
		{"copied rows with ids", "create table t (a, b); create table u (a, b); insert into u values (1, 2)", "insert into t select * from u", []string{"t 1: [] to [1 2]"}},
		{"a key behind a virtual column", "create table t (v as (b), a, b, primary key (a)) without rowid; insert into t (a, b) values (1, 2)", "update t set b = 3", []string{"and more"}},
		{"a full text index", "create virtual table f using fts5(a, detail = none); create table t (a); insert into f values ('x'); insert into t values (1)", "update f set a = 'x'; update t set a = 2",
			[]string{"t 1: [1] to [2]", "f_docsize <nil>: [1 [1]] to [1 [1]], caused", "f_content <nil>: [1 x] to [1 x], caused"}},
		{"another row id", "create table t (a); insert into t values ('x')", "update t set rowid = 7",
			[]string{"t 1: [x] to []", "t 7: [] to [x]"}},
		{"a taken row id", "create table t (rowid, oid, a); insert into t values (1, 2, 3)", "update t set rowid = 5", []string{"t 1: [1 2 3] to [5 2 3]"}},
		{"all names of the row id taken", "create table t (rowid, oid, _rowid_, a); insert into t values (1, 2, 3, 4)", "update t set a = 5", []string{"and more"}},
		{"all of them, and a key", "create table t (rowid, oid, _rowid_, k integer primary key, a); insert into t values (1, 2, 3, 4, 5)", "update t set a = 6",
			[]string{"t <nil>: [1 2 3 4 5] to [1 2 3 4 6]"}},
		{"a virtual column first", "create table t (v as (a + 1), a); insert into t (a) values (1)", "update t set a = 5", []string{"and more"}},
		{"a virtual column between", "create table t (a, v as (a + 1), s as (a + 2) stored, b); insert into t (a, b) values (1, 1)", "update t set a = 5, b = 5",
			[]string{"t 1: [1] to [5], 3 hidden"}},
		{"a stored column", "create table t (a, s as (a + 2) stored, b); insert into t (a, b) values (1, 1)", "update t set a = 5", []string{"t 1: [1 3 1] to [5 7 1]"}},
		{"a column added later", "create table t (a); insert into t values (1); alter table t add column b default 'd'", "update t set a = 2", []string{"t 1: [1 d] to [2 d]"}},
		{"a column dropped", "create table t (a, b, c); insert into t values (1, 2, 3); alter table t drop column b", "update t set c = 4", []string{"t 1: [1 3] to [1 4]"}},
		{"a replacing key", "create table t (a unique on conflict replace, b); insert into t values (1, 'x'), (2, 'y')", "insert into t values (1, 'z'); update t set a = 1 where a = 2",
			[]string{"t 1: [1 x] to []", "t 3: [] to []", "t 2: [2 y] to [1 y]"}},
		{"a trigger that replaces", "create table t (a integer primary key, b); create table u (a integer primary key, b); insert into t values (1, 'x'); insert into u values (1, 'old'); create trigger r after update on t begin replace into u values (1, 'new'); end",
			"update t set b = 'y'", []string{"t <nil>: [1 x] to [1 y]", "u <nil>: [1 old] to [1 new], caused"}},
		{"a counted key", "create table t (a integer primary key autoincrement, b)", "insert into t (b) values ('x')", []string{"t <nil>: [] to [1 x]"}},
		{"all rows", "create table t (a); insert into t values (1), (2)", "delete from t", []string{"t 1: [1] to []", "t 2: [2] to []"}},
		{"a view", "create table t (a integer primary key); create view w as select a from t; create trigger i instead of insert on w begin insert into t values (new.a); end",
			"insert into w values (4)", []string{"t <nil>: [] to [4], caused"}},
		{"times, numbers and nothing", "create table t (a datetime, b boolean, c real, d blob); insert into t values ('2026-01-02 03:04:05', 1, 2, x''), (null, 0, 0.5, x'00')", "update t set a = a",
			[]string{"t 1: [2026-01-02 03:04:05 1 2 []] to [2026-01-02 03:04:05 1 2 []]", "t 2: [<nil> 0 0.5 [0]] to [<nil> 0 0.5 [0]]"}},
		{"names that want quoting", `create table "a""b.c" ("x""y", "select"); insert into "a""b.c" values (1, 2)`, `update "a""b.c" set "select" = 3`, []string{`a"b.c 1: [1 2] to [1 3]`}},
		{"an upsert", "create table t (a integer primary key, b); insert into t values (1, 2)", "insert into t values (1, 5), (2, 6) on conflict do update set b = 7",
			[]string{"t <nil>: [1 2] to [1 7]", "t <nil>: [] to [2 6]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := touching(t, c.tables)
			for change := range strings.SplitSeq(c.change, "; ") {
				if _, err := conn.Exec(t.Context(), change); err != nil {
					t.Fatal(err)
				}
			}
			want := slices.DeleteFunc(slices.Clone(c.want), func(line string) bool { return strings.HasSuffix(line, "[] to []") })
			if got := touched(t, conn); !slices.Equal(got, want) {
				t.Errorf("touched:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func TestALongValueIsKeptByItsBeginning(t *testing.T) {
	conn := touching(t, "create table t (a integer primary key, b, c); insert into t values (1, zeroblob(10000), printf('%.*c', 10000, 'x'))")
	if _, err := conn.Exec(t.Context(), "update t set b = cast(zeroblob(9999) || x'01' as blob), c = c || ''"); err != nil {
		t.Fatal(err)
	}
	rows, _, err := conn.Touched(t.Context(), 1)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%v, %v", rows, err)
	}
	if r := rows[0]; !r.changed(1) || r.changed(2) || r.Unchanged() || r.After[1].(Long).Bytes != 10000 || len(r.After[2].(Long).Value.(string)) != maxKept {
		t.Errorf("changed: %t %t", r.changed(1), r.changed(2))
	}
}

// Attack: what differs behind a NUL only.
func TestATextWithANULCountsAsChanged(t *testing.T) {
	conn := touching(t, "create table t (a); insert into t values ('x' || char(0) || 'y')")
	if _, err := conn.Exec(t.Context(), "update t set a = 'x' || char(0) || 'z'"); err != nil {
		t.Fatal(err)
	}
	if rows, _, err := conn.Touched(t.Context(), 1); err != nil || len(rows) != 1 || rows[0].Unchanged() {
		t.Errorf("%v, %v", rows, err)
	}
}

// Attack: rows that are made and undone before the one that counts, so that there is no room for it.
func TestRowsThatWereUndoneTakeNoRoom(t *testing.T) {
	conn := touching(t, "create table t (a integer primary key); insert into t values (1)")
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	exec := func(statement string) {
		t.Helper()
		_, err := conn.Exec(ctx, statement)
		must(err)
	}
	for range 2 {
		must(conn.Savepoint(ctx, "a"))
		exec("with recursive n(n) as (select 100 union all select n + 1 from n where n < 200) insert into t select n from n")
		if got := touched(t, conn); len(got) != maxTracked+1 {
			t.Errorf("%d lines", len(got))
		}
		must(conn.Savepoint(ctx, "b"))
		must(conn.RollbackTo(ctx, "a"))
		must(conn.Release(ctx, "a"))
	}
	exec("update t set a = 2")
	if got := touched(t, conn); len(got) != 2 {
		t.Errorf("touched: %q", got)
	}
	must(conn.Rollback(ctx))
	must(conn.Begin(ctx, true))
	if got := touched(t, conn); len(got) != 0 {
		t.Errorf("touched: %q", got)
	}
}

func TestALayoutFollowsTheSchema(t *testing.T) {
	conn := touching(t, "create table t (a)")
	ctx := t.Context()
	for _, statement := range []string{"commit", "create table u (a)", "alter table t add column b"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Begin(ctx, true); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"insert into t values (1, 2)", "insert into u values (3)"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(touched(t, conn), "; "); got != "t 1: [] to [1 2]; u 1: [] to [3]" {
		t.Errorf("touched: %s", got)
	}
}

// BenchmarkUpdate is an update of 10,000 rows, with the hook and without.
func BenchmarkUpdate(b *testing.B) {
	path := filepath.Join(b.TempDir(), "app.db")
	app, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		b.Fatal(err)
	}
	defer app.Close()
	const rows = "create table t (id integer primary key, a, b, c); with recursive n(n) as (select 1 union all select n + 1 from n where n < 10000) insert into t select n, 'some text', n, printf('%.*c', 200, 'x') from n"
	if _, err := app.Exec(rows); err != nil {
		b.Fatal(err)
	}
	target, err := OpenSQLite(b.Context(), path, 1<<20)
	if err != nil {
		b.Fatal(err)
	}
	update := func(b *testing.B, hook bool) time.Duration {
		ctx := context.Background()
		conn, err := target.Connect(ctx, Access{Write: true, Typed: true})
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		if err := conn.Begin(ctx, true); err != nil {
			b.Fatal(err)
		}
		if !hook {
			unhook(b, conn.(*sqliteConnection))
		}
		began := time.Now()
		if _, err := conn.Exec(ctx, "update t set b = b + 1"); err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		if err := conn.Rollback(ctx); err != nil {
			b.Fatal(err)
		}
		return took
	}
	var with, without time.Duration
	for b.Loop() {
		with, without = with+update(b, true), without+update(b, false)
	}
	b.ReportMetric(float64(with)/float64(without), "with/without")
}

func unhook(b *testing.B, c *sqliteConnection) {
	if err := c.conn.Raw(func(conn any) error {
		conn.(sqlite.HookRegisterer).RegisterPreUpdateHook(nil)
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}
