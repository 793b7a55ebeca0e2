package broker

import (
	"database/sql"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// everything is each row of some tables, by its table and key.
func everything(t *rapid.T, query func(string) (*sql.Rows, error), tables ...string) map[string][]any {
	all := map[string][]any{}
	for _, table := range tables {
		rows, err := query("select *, " + table[strings.Index(table, " ")+1:] + " from " + table[:strings.Index(table, " ")])
		if err != nil {
			t.Fatal(err)
		}
		columns, _ := rows.Columns()
		for rows.Next() {
			cells, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			last := len(cells) - 1
			all[fmt.Sprintf("%s %v", table, cells[last])] = cells[:last]
		}
		rows.Close()
	}
	return all
}

// Whatever a transaction does and undoes, what it is said to have touched is the difference between before and after.
func TestWhatIsTouchedIsWhatDiffers(t *testing.T) {
	const script = `create table r (id integer primary key, a, b unique on conflict replace);
create table w (k text collate nocase primary key, v, g as (v + 1) stored) without rowid;
create table log (said);
create trigger told after delete on r begin insert into log values (old.a); update w set v = v + 1 where k = 'a'; end;
insert into r values (1, 'x', 1), (2, 'y', 2), (3, 'z', 3);
insert into w (k, v) values ('a', 1), ('b', 2)`
	tables := []string{"r id", "w k", "log rowid"}
	rapid.Check(t, func(rt *rapid.T) {
		conn := touching(t, script)
		defer conn.Close()
		ctx := t.Context()
		query := func(q string) (*sql.Rows, error) { return conn.Query(ctx, q) }
		before := everything(rt, query, tables...)
		key, name := rapid.IntRange(1, 6), rapid.SampledFrom([]string{"a", "B", "b", "c"})
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			k, l, n := key.Draw(rt, "key"), key.Draw(rt, "other"), name.Draw(rt, "name")
			switch step := rapid.IntRange(0, 9).Draw(rt, "step"); step {
			case 0:
				conn.Savepoint(ctx, n)
			case 1:
				conn.RollbackTo(ctx, n)
			case 2:
				conn.Release(ctx, n)
			default: // what fails is undone, as the gate does it
				statement := []string{
					fmt.Sprintf("insert into r values (%d, 'n', %d)", k, l),
					fmt.Sprintf("update r set b = %d where id = %d", l, k),
					fmt.Sprintf("update r set id = %d where id = %d", l, k),
					fmt.Sprintf("delete from r where id <= %d", k),
					fmt.Sprintf("insert into w (k, v) values ('%s', %d) on conflict do update set v = %d", n, k, l),
					fmt.Sprintf("update w set k = '%s' where v = %d", n, k),
					fmt.Sprintf("delete from w where k = '%s'", n),
				}[step-3]
				conn.Savepoint(ctx, "own")
				if _, err := conn.Exec(ctx, statement); err != nil {
					conn.RollbackTo(ctx, "own")
				}
				conn.Release(ctx, "own")
			}
		}
		after := everything(rt, query, tables...)
		want := map[string][2][]any{}
		for key := range maps.Keys(mapsOf(before, after)) {
			if !reflect.DeepEqual(before[key], after[key]) {
				want[key] = [2][]any{before[key], after[key]}
			}
		}
		rows, more, err := conn.Touched(ctx, 100)
		if err != nil || more {
			rt.Fatalf("%v, more: %t", err, more)
		}
		got := map[string][2][]any{}
		for _, r := range rows {
			cells := r.After
			if cells == nil {
				cells = r.Before
			}
			key := fmt.Sprintf("%s %v", map[string]string{"r": "r id", "w": "w k", "log": "log rowid"}[r.Table], cells[0])
			if r.Table == "log" {
				key = fmt.Sprintf("log rowid %v", r.RowID)
			}
			if !r.Unchanged() {
				got[key] = [2][]any{r.Before, r.After}
			}
		}
		if !reflect.DeepEqual(got, want) {
			rt.Errorf("touched %v, want %v", got, want)
		}
	})
}

func mapsOf(all ...map[string][]any) map[string]bool {
	keys := map[string]bool{}
	for _, m := range all {
		for key := range m {
			keys[key] = true
		}
	}
	return keys
}
