package broker

import (
	"errors"
	"strings"
	"testing"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// typed runs one typed statement on a connection of its own and says what came of it.
func (h *house) typed(t *testing.T, access Access, statement string) (rows [][]any, err error) {
	t.Helper()
	target, err := h.broker.connectTarget(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := target.Connect(t.Context(), access)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Begin(t.Context(), access.Write); err != nil {
		t.Fatal(err)
	}
	defer conn.Rollback(t.Context())
	result, err := conn.Typed(t.Context(), statement, nil)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	for result.Next() {
		cells := make([]any, len(result.Columns()))
		if err := result.Scan(cells); err != nil {
			return nil, err
		}
		rows = append(rows, cells)
	}
	return rows, result.Err()
}

// ruleOf says by which rule a statement was refused: "" where it ran, "database" where the database rejected it.
func ruleOf(err error) string {
	var refusal *Refusal
	var known *wire.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refusal):
		return refusal.Rule
	case errors.As(err, &known):
		return known.Kind
	}
	return err.Error()
}

func TestTypedStatementsMayDoThisAndNothingElse(t *testing.T) {
	h := fakeHouse(t)
	h.change(t, "create view rich as select id, email, email_index from people")
	h.change(t, "create table notes (id integer primary key, text)")
	h.change(t, "create trigger log after update on invoices begin insert into notes (text) values (new.status); end")
	h.change(t, "create trigger over instead of update on rich begin update people set role = new.email where id = new.id; end")
	h.change(t, "analyze")
	read, write, carrying := Access{}, Access{Write: true, Typed: true}, Access{Write: true}
	for _, c := range []struct {
		statement          string
		read, write, carry string // the rule that refuses; "" allows
	}{
		{"select 1", "", "", ""},
		{"select * from people", "", "", ""},
		{"SELECT id, plan FROM accounts ORDER BY id LIMIT 3;", "", "", ""},
		{"with recursive n(i) as (select 1 union all select i + 1 from n where i < 5) select * from n", "", "", ""},
		{"values (1), (2)", "", "", ""},
		{"explain query plan select * from people where id = 1", "", "", ""},
		{"select count(*), max(id), lower(role), date('now'), json_extract('{\"a\":1}', '$.a') from people", "", "", ""},
		{"select row_number() over (order by id), group_concat(role, ',') from people", "", "", ""},
		{"select * from json_each('[1,2]')", "", "", ""},
		{"select name, sql from sqlite_schema", "", "", ""},
		{"select name from sqlite_master", "", "", ""},
		{"pragma table_info(people)", "", "", ""},
		{"pragma index_list('people')", "", "", ""},
		{"select * from pragma_table_info('people')", "", "", ""},

		{"update accounts set plan = 'x'", "write", "", "carry"},
		{"insert into accounts (name) values ('x')", "write", "", "carry"},
		{"insert into accounts (id, name) values (1, 'x') on conflict (id) do update set name = excluded.name", "write", "", "carry"},
		{"replace into accounts (id, name) values (1, 'x')", "write", "sql", "carry"},
		{"delete from accounts where id = 6", "write", "", "carry"},
		{"update invoices set status = 'paid'", "write", "", "carry"}, // the application's trigger writes too
		{"with a as (select 1 as n) update accounts set seats = (select n from a)", "write", "", "carry"},
		{"update accounts set plan = 'x' returning id", "write", "", "carry"},
		{"update people set role = 'admin' where id = 42", "write", "", "carry"},
		{"delete from messages where id = 980", "write", "", "carry"},
		{"explain update accounts set plan = 'x'", "write", "", "carry"},

		// sealed values, and what ties them to their row
		{"update people set email = null where id = 42", "write", "sealed", "carry"},
		{"update people set email = (select email from people where id = 43) where id = 42", "write", "sealed", "carry"},
		{"update people set email_index = x'00' where id = 42", "write", "sealed", "carry"},
		{"update people set id = 44 where id = 42", "write", "sealed", "carry"},
		{"update people set rowid = 44 where id = 42", "write", "sealed", "carry"},
		{"update people set _rowid_ = 44 where id = 42", "write", "sealed", "carry"},
		{"update people set OID = 44 where id = 42", "write", "sealed", "carry"},
		{"update MESSAGES set Person_ID = 43 where id = 980", "write", "sealed", "carry"},
		{`update "messages" set "subject" = 'x'`, "write", "sealed", "carry"},
		{"update messages as m set body = 'x'", "write", "sealed", "carry"},
		{"insert into people (id, role) values (99, 'x')", "write", "sealed", "carry"},
		{"replace into people (id, role) values (42, 'x')", "write", "sql", "carry"},
		{"insert into people select * from people where 0", "write", "sealed", "carry"},

		// the schema, other files, settings, transactions
		{"create table x (a)", "sql", "sql", "sql"},
		{"create temp table x (a)", "sql", "sql", "sql"},
		{"create table x as select * from people", "sql", "sql", "sql"},
		{"drop table accounts", "sql", "sql", "sql"},
		{"alter table accounts add column x", "sql", "sql", "sql"},
		{"create trigger x after insert on accounts begin select 1; end", "sql", "sql", "sql"},
		{"attach database '/etc/passwd' as x", "sql", "sql", "sql"},
		{"attach ':memory:' as x", "sql", "sql", "sql"},
		{"detach main", "sql", "sql", "sql"},
		{"vacuum", "sql", "sql", "sql"},
		{"vacuum into '/tmp/x.db'", "sql", "sql", "sql"},
		{"reindex", "sql", "sql", "sql"},
		{"analyze", "sql", "sql", "sql"},
		{"begin", "sql", "sql", "sql"},
		{"commit", "sql", "sql", "sql"},
		{"rollback", "sql", "sql", "sql"},
		{"end", "sql", "sql", "sql"},
		{"savepoint x", "sql", "sql", "sql"},
		{"release x", "sql", "sql", "sql"},
		{"pragma query_only = 0", "sql", "sql", "sql"},
		{"pragma query_only(0)", "sql", "sql", "sql"},
		{"pragma writable_schema = 1", "sql", "sql", "sql"},
		{"pragma journal_mode", "sql", "sql", "sql"},
		{"pragma database_list", "sql", "sql", "sql"},
		{"pragma trusted_schema(1)", "sql", "sql", "sql"},
		{"pragma wal_checkpoint", "sql", "sql", "sql"},
		{"select * from pragma_database_list", "sql", "sql", "sql"},
		{"select load_extension('/tmp/x')", "sql", "sql", "sql"},
		{"select sqlite_compileoption_get(1)", "sql", "sql", "sql"},
		{"select fts3_tokenizer('x')", "database", "database", "database"},      // there is none
		{"select writefile('/tmp/x', 'y')", "database", "database", "database"}, // there is none
		{"select data from sqlite_dbpage where pgno = 1", "sql", "sql", "sql"},
		{"select * from dbstat", "sql", "sql", "sql"},
		{"select * from sqlite_stat1", "sql", "sql", "sql"},
		{"select sample from sqlite_stat4", "sql", "sql", "sql"},
		{"update sqlite_schema set sql = ''", "database", "database", "database"}, // SQLite's own refusal comes first
		{"update sqlite_dbpage set data = zeroblob(4096)", "write", "sql", "carry"},
		{"insert into sqlite_stat1 values ('a', 'b', 'c')", "write", "sql", "carry"},

		// more than one, or none
		{"", "sql", "sql", "sql"},
		{" ; -- nothing", "sql", "sql", "sql"},
		{"select 1; select 2", "sql", "sql", "sql"},
		{"select 1; update accounts set plan = 'x'", "sql", "sql", "sql"},
		{"select 1 /* ; */; /* */ ;; -- end", "", "", ""},
		{"select ';', \";\", 1 as [;], 2 as `;`", "", "", ""},
		{"select 1\x00; update accounts set plan = 'x'", "sql", "sql", "sql"},
		{"/* update */ select 1", "", "", ""},
		{"(select 1)", "database", "database", "database"},
		{"\ufeffselect 1", "", "", ""},
		{"selec 1", "database", "database", "database"},
		{"select from where", "database", "database", "database"},
	} {
		for _, a := range []struct {
			name   string
			access Access
			want   string
		}{{"read", read, c.read}, {"write", write, c.write}, {"carry", carrying, c.carry}} {
			if _, err := h.typed(t, a.access, c.statement); ruleOf(err) != a.want {
				t.Errorf("%s, to %s: want %q, got %q: %v", c.statement, a.name, a.want, ruleOf(err), err)
			}
		}
	}
}

// Attack: read the blind index, against which guesses can be tried.
// What must hold: in every shape it reads as NULL.
func TestBlindIndexesReadAsNull(t *testing.T) {
	h := fakeHouse(t)
	h.change(t, "create view rich as select id, email_index as plain from people")
	for _, statement := range []string{
		"select email_index from people where id = 42",
		"select EMAIL_INDEX from People where id = 42",
		"select max(email_index) from people",
		"select hex(email_index) || 'x' from people where id = 42 and email_index is not null union all select null",
		"select plain from rich where id = 42",
		"select (select email_index from people where id = 42)",
		"select json_group_array(address_index) from aliases where address_index is not null union all select null limit 1 offset 1",
		"select p.email_index from people p join people q on p.email_index = q.email_index union all select null",
		"with x as (select email_index e from people) select e from x limit 1",
	} {
		rows, err := h.typed(t, Access{}, statement)
		if err != nil || len(rows) != 1 || rows[0][0] != nil {
			t.Errorf("%s: %v, %v", statement, rows, err)
		}
	}
}

// A connection without Write cannot write, whatever stands between.
func TestAReadingConnectionCannotWrite(t *testing.T) {
	h := fakeHouse(t)
	target, err := h.broker.connectTarget(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := target.Connect(t.Context(), Access{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, statement := range []string{"update accounts set plan = 'x'", "create table x (a)", "pragma query_only = 0", "update accounts set plan = 'y'"} {
		conn.Exec(t.Context(), statement) // the broker's own way, past the authorizer
	}
	if n := h.onPlan(t, "pro"); n != 6 {
		t.Errorf("%d rows changed", 6-n)
	}
}

func TestAnErrorOfTheDatabaseTellsNoValue(t *testing.T) {
	h := fakeHouse(t)
	h.change(t, "create unique index one on accounts (name)")
	for _, statement := range []string{
		"update accounts set name = 'Account 1' where id = 2",
		"insert into accounts (id, name) values (1, 'hidden')",
		"select json_extract('hidden', '$')",
		"select abs(-9223372036854775808)",
	} {
		_, err := h.typed(t, Access{Write: true, Typed: true}, statement)
		var known *wire.Error
		if !errors.As(err, &known) || known.Kind != wire.ErrDatabase {
			t.Errorf("%s: %v", statement, err)
			continue
		}
		for _, value := range []string{"Account 1", "hidden", "9223372036854775808"} {
			if strings.Contains(known.Message+known.Hint+known.Code, value) {
				t.Errorf("%s: it tells %q", statement, known.Message)
			}
		}
	}
}
