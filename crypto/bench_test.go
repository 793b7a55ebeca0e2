package crypto_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/crypto/cryptotest"
)

func rawGCM(b *testing.B) cipher.AEAD {
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		b.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	return gcm
}

// BenchmarkSealOne and BenchmarkOpenOne: one value of 18 bytes against raw AES-256-GCM of as many padded bytes and as much additional data.
func BenchmarkSealOne(b *testing.B) {
	plain := []byte("dana@fjord.example")
	b.Run("raw", func(b *testing.B) {
		gcm, ad, padded := rawGCM(b), make([]byte, 60), make([]byte, 32)
		for b.Loop() {
			nonce := make([]byte, 12, 12+32+16)
			rand.Read(nonce)
			gcm.Seal(nonce, nonce, padded, ad)
		}
	})
	b.Run("sealed", func(b *testing.B) {
		k, ctx := cryptotest.Keyring(b), context.Background()
		for b.Loop() {
			if _, err := k.Seal(ctx, "people.email", "people/42", "people/42", plain); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOpenOne(b *testing.B) {
	b.Run("raw", func(b *testing.B) {
		gcm, ad := rawGCM(b), make([]byte, 60)
		nonce := make([]byte, 12)
		sealed := gcm.Seal(nil, nonce, make([]byte, 32), ad)
		for b.Loop() {
			if _, err := gcm.Open(nil, nonce, sealed, ad); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sealed", func(b *testing.B) {
		k := cryptotest.Keyring(b)
		envelope, err := k.Seal(context.Background(), "people.email", "people/42", "people/42", []byte("dana@fjord.example"))
		if err != nil {
			b.Fatal(err)
		}
		var s crypto.String
		if err := s.Scan(envelope); err != nil {
			b.Fatal(err)
		}
		if err := k.Attach(&s); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := s.Open(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchDB(b *testing.B, path string) *gorm.DB {
	db, err := gorm.Open(sqlite.New(sqlite.Config{DriverName: "sqlite", DSN: "file:" + path + "?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"}),
		&gorm.Config{Logger: logger.Discard, SkipDefaultTransaction: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if pool, err := db.DB(); err == nil {
			pool.Close()
		}
	})
	return db
}

// BenchmarkDemo makes what the demo makes: 5,000 subjects' keys on a real key store, and 77,000 sealed values through CreateInBatches.
func BenchmarkDemo(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		db := benchDB(b, filepath.Join(dir, "app.db"))
		k := cryptotest.KeyringOn(b, openStore(b, filepath.Join(dir, "keys.db"), true))
		if err := db.Use(crypto.NewPlugin(k)); err != nil {
			b.Fatal(err)
		}
		if err := db.AutoMigrate(&Person{}, &Mail{}); err != nil {
			b.Fatal(err)
		}
		people, mails := make([]Person, 5000), make([]Mail, 20_667)
		for i := range people {
			people[i] = *dana(int64(i + 1))
		}
		for i := range mails {
			mails[i] = Mail{ID: int64(i + 1), PersonID: int64(i%5000 + 1), Sender: crypto.Seal("guest@mail.example"), Subject: crypto.Seal("Booking"), Body: crypto.Seal(fmt.Sprintf("%0500d", i))}
		}
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := tx.CreateInBatches(people, 500).Error; err != nil {
				return err
			}
			return tx.CreateInBatches(mails, 500).Error
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// Mail has three sealed columns, as the demo's messages.
type Mail struct {
	ID                    int64
	PersonID              int64 `crypto:"subject=people"`
	Sender, Subject, Body crypto.String
}

// BenchmarkFind reads 10,000 rows with two columns, plain and sealed, unopened and opened; with one key a subject.
func BenchmarkFind(b *testing.B) {
	const rows = 10_000
	type Plainly struct {
		ID   int64
		A, B []byte
	}
	type Shared struct {
		ID   int64
		A, B crypto.String
	}
	type Each struct {
		ID   int64 `crypto:"subject"`
		A, B crypto.String
	}
	db := benchDB(b, filepath.Join(b.TempDir(), "app.db"))
	k := cryptotest.Keyring(b)
	if err := db.Use(crypto.NewPlugin(k)); err != nil {
		b.Fatal(err)
	}
	if err := db.AutoMigrate(&Plainly{}, &Shared{}, &Each{}); err != nil {
		b.Fatal(err)
	}
	plain, shared, each := make([]Plainly, rows), make([]Shared, rows), make([]Each, rows)
	for i := range rows {
		id, text := int64(i+1), fmt.Sprintf("guest%d@mail.example", i)
		plain[i] = Plainly{id, []byte(text), []byte(text)}
		shared[i] = Shared{id, crypto.Seal(text), crypto.Seal(text)}
		each[i] = Each{id, crypto.Seal(text), crypto.Seal(text)}
	}
	for _, all := range []any{plain, shared, each} {
		if err := db.CreateInBatches(all, 1000).Error; err != nil {
			b.Fatal(err)
		}
	}
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			var got []Plainly
			if err := db.Find(&got).Error; err != nil || len(got) != rows {
				b.Fatal(err)
			}
		}
	})
	run := func(name string, find func() ([]crypto.String, error)) {
		for _, open := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/opened=%v", name, open), func(b *testing.B) {
				for b.Loop() {
					values, err := find()
					if err != nil {
						b.Fatal(err)
					}
					if !open {
						continue
					}
					for _, v := range values {
						if _, err := v.Open(); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
	run("one key", func() (values []crypto.String, err error) {
		var got []Shared
		err = db.Find(&got).Error
		for _, g := range got {
			values = append(values, g.A, g.B)
		}
		return values, err
	})
	run("a key a subject", func() (values []crypto.String, err error) {
		var got []Each
		err = db.Find(&got).Error
		for _, g := range got {
			values = append(values, g.A, g.B)
		}
		return values, err
	})
}
