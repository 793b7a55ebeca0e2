package crypto_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/crypto/cryptotest"
	"github.com/vouchsafe/vouchsafe/migrations"
)

func keyTables(t testing.TB) fs.FS {
	t.Helper()
	tables, err := migrations.Keys("sqlite")
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func openStore(t testing.TB, path string, create bool) *crypto.SQLiteKeyStore {
	t.Helper()
	s, err := crypto.OpenSQLiteKeyStore(context.Background(), path, create, keyTables(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestEveryKeyStoreKeepsTheContract is the conformance test of crypto.KeyStore.
func TestEveryKeyStoreKeepsTheContract(t *testing.T) {
	stores := map[string]func(t *testing.T) crypto.KeyStore{
		"memory": func(*testing.T) crypto.KeyStore { return cryptotest.NewStore() },
		"sqlite": func(t *testing.T) crypto.KeyStore { return openStore(t, filepath.Join(t.TempDir(), "keys.db"), true) },
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			s, ctx, now := open(t), t.Context(), time.UnixMilli(1_790_000_000_000).UTC()
			if _, ok, err := s.LatestKEK(ctx, "subjects"); ok || err != nil {
				t.Errorf("an empty store has a key: %v", err)
			}
			first := crypto.KEK{Purpose: "subjects", Epoch: 1, Wrapped: []byte("a"), Created: now}
			for _, k := range []crypto.KEK{first, {Purpose: "subjects", Epoch: 1, Wrapped: []byte("b"), Created: now}} {
				if stands, err := s.AddKEK(ctx, k); err != nil || string(stands.Wrapped) != "a" || !stands.Created.Equal(now) {
					t.Errorf("%+v, %v", stands, err)
				}
			}
			for _, k := range []crypto.KEK{{Purpose: "subjects", Epoch: 2, Wrapped: []byte("c"), Created: now}, {Purpose: "record", Epoch: 202611, Wrapped: []byte("d"), Created: now}} {
				if _, err := s.AddKEK(ctx, k); err != nil {
					t.Fatal(err)
				}
			}
			if k, ok, err := s.LatestKEK(ctx, "subjects"); !ok || err != nil || k.Epoch != 2 {
				t.Errorf("latest: %+v, %v", k, err)
			}
			if k, ok, err := s.KEK(ctx, "subjects", 1); !ok || err != nil || string(k.Wrapped) != "a" {
				t.Errorf("the first: %+v, %v", k, err)
			}
			key := func(subject string, id byte, wrapped string) crypto.SubjectKey {
				return crypto.SubjectKey{KeyRef: crypto.KeyRef{Subject: crypto.Subject(subject), ID: crypto.KeyID{id}}, Epoch: 1, Wrapped: []byte(wrapped), Created: now}
			}
			if _, err := s.AddKeys(ctx, []crypto.SubjectKey{key("people/1", 1, "k1"), key(`people/"%5B`, 2, "k2")}); err != nil {
				t.Fatal(err)
			}
			stand, err := s.AddKeys(ctx, []crypto.SubjectKey{key("people/1", 9, "late"), key("people/3", 3, "k3")})
			if err != nil || len(stand) != 2 {
				t.Fatalf("%v, %v", stand, err)
			}
			for _, k := range stand {
				if string(k.Wrapped) == "late" {
					t.Error("a second living key stands")
				}
			}
			current, err := s.Current(ctx, []crypto.Subject{"people/1", "people/404", `people/"%5B`})
			if err != nil || len(current) != 2 {
				t.Errorf("%v, %v", current, err)
			}
			found, err := s.Keys(ctx, []crypto.KeyRef{{Subject: "people/1", ID: crypto.KeyID{1}}, {Subject: "people/1", ID: crypto.KeyID{9}}, {Subject: "people/3", ID: crypto.KeyID{3}}})
			if err != nil || len(found) != 2 || string(found[0].Wrapped) != "k1" || found[0].Epoch != 1 {
				t.Errorf("%v, %v", found, err)
			}
			if none, err := s.Keys(ctx, nil); err != nil || len(none) != 0 {
				t.Errorf("%v, %v", none, err)
			}
		})
	}
}

func TestTheKeyStoreOpensNothingThatItShouldNot(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	try := func(path string, create bool) error {
		s, err := crypto.OpenSQLiteKeyStore(ctx, path, create, keyTables(t))
		if err == nil {
			s.Close()
		}
		return err
	}
	missing := filepath.Join(dir, "missing.db")
	if err := try(missing, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a missing file was made")
	}
	if err := try(dir, true); err == nil {
		t.Error("a directory was opened")
	}
	corrupt := filepath.Join(dir, "corrupt.db")
	if err := os.WriteFile(corrupt, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := try(corrupt, true); err == nil {
		t.Error("a corrupt file was opened")
	}
	odd := filepath.Join(dir, "a file?with#odd %20 name.db")
	if err := try(odd, true); err != nil {
		t.Error(err)
	}
	if stat, err := os.Stat(odd); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", stat, err)
	}
}

func TestTombstonesStay(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "keys.db"), true)
	k := cryptotest.KeyringOn(t, s)
	b := sealed(t, k, "people.email", "people/42", "people/42", "dana")
	if _, err := s.DB().ExecContext(t.Context(), `DELETE FROM subject_keys`); err == nil {
		t.Error("keys were deleted")
	}
	if _, err := s.DB().ExecContext(t.Context(), `UPDATE subject_keys SET wrapped = NULL, erased_at = 1 WHERE subject = 'people/42'`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DB().ExecContext(t.Context(), `UPDATE subject_keys SET wrapped = x'00', erased_at = NULL`); err == nil {
		t.Error("a destroyed key came back")
	}
	k.Forget()
	if _, err := openOne(t, k, b); !errors.Is(err, crypto.ErrErased) {
		t.Error(err)
	}
	if got, err := openOne(t, k, sealed(t, k, "people.email", "people/42", "people/42", "new")); got != "new" {
		t.Error(err)
	}
}

func TestTwoProcessesAgreeOnKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	keyset, err := crypto.NewDevelopmentKeyset()
	if err != nil {
		t.Fatal(err)
	}
	const processes, subjects = 4, 50
	var envelopes [processes][][]byte
	var rings [processes]*crypto.Keyring
	for i := range processes {
		if rings[i], err = crypto.NewKeyring(crypto.Config{Keyset: keyset, Store: openStore(t, path, true)}); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for i := range processes {
		all.Go(func() {
			var plain []crypto.Plain
			for n := range subjects {
				at := fmt.Sprintf("people/%d", n+1)
				plain = append(plain, crypto.Plain{Column: "people.email", Subject: crypto.Subject(at), Row: crypto.Row(at), Text: []byte(at)})
			}
			got, err := rings[i].SealMany(context.Background(), plain)
			if err != nil {
				t.Error(err)
			}
			envelopes[i] = got
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	for i := range processes {
		opened, err := rings[(i+1)%processes].Open(t.Context(), envelopes[i]...)
		if err != nil {
			t.Fatal(err)
		}
		for n, o := range opened {
			if o.Err != nil || o.Header.KeyID != crypto.KeyID(envelopes[0][n][2:6]) {
				t.Fatalf("process %d, subject %d: %v", i, n, o.Err)
			}
		}
	}
}

func TestAKeysetOpensOnlyItsOwnStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	sealed(t, cryptotest.KeyringOn(t, openStore(t, path, true)), "people.email", "people/1", "people/1", "x")
	other := cryptotest.KeyringOn(t, openStore(t, path, false))
	if _, err := other.Seal(t.Context(), "people.email", "people/1", "people/1", nil); !errors.Is(err, crypto.ErrDamaged) {
		t.Errorf("sealed with another's keys: %v", err)
	}
	if _, err := other.Seal(t.Context(), "people.email", "people/2", "people/2", nil); !errors.Is(err, crypto.ErrDamaged) {
		t.Errorf("made a key in another's store: %v", err)
	}
}

func TestNoKeyLiesInTheStoreInTheClear(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := openStore(t, path, true)
	k := cryptotest.KeyringOn(t, s)
	dataKey := bytes.Repeat([]byte("vouchsafe-secret"), 2)
	if _, err := k.WrapDataKey(t.Context(), dataKey, nil); err != nil {
		t.Fatal(err)
	}
	sealed(t, k, "people.email", "people/1", "people/1", "x")
	var wrapped sql.RawBytes
	rows, err := s.DB().QueryContext(t.Context(), `SELECT wrapped FROM keks UNION ALL SELECT wrapped FROM subject_keys`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&wrapped); err != nil {
			t.Fatal(err)
		}
		if len(wrapped) < 32+28 {
			t.Errorf("%d bytes cannot hold a wrapped key", len(wrapped))
		}
	}
}
