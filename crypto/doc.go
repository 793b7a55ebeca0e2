// Package crypto seals columns: a model's field of type [String] or [Bytes] stands encrypted in the database, under a key of
// the person it is about, and opens only where there is a keyring.
//
//	type Person struct {
//		ID         int64         `crypto:"subject"` // the data subject: people/42
//		Name       crypto.String `crypto:"facts=present+len+same"`
//		Email      crypto.String `crypto:"index=EmailIndex,norm=lower+trim,facts=present+len+domain+same+is"`
//		EmailIndex []byte        `gorm:"index"` // blind index
//	}
//	type Message struct {
//		ID       int64
//		PersonID int64         `crypto:"subject=people"` // sealed under the person's key
//		Subject  crypto.String
//	}
//
//	db.Use(crypto.NewPlugin(keyring))
//	db.Create(&Person{Email: crypto.Seal("dana@fjord.example")})
//	db.Where(crypto.Eq("people.email", "Dana@fjord.example")).First(&p)
//	email, err := p.Email.Open()
//
// # Tags
//
// subject says that the primary key names the data subject; subject=people that the column holds the key of one. index names
// the field that keeps the blind index, norm what a lookup does not tell apart (lower, trim, nfkc), facts what may be told without
// opening (present, len, domain, same, is, prefix=4, traits), text that the column is a text column. [Describe] reads them.
//
// # Promises
//
//   - What the plugin lets pass is sealed for its column, its subject and its row, all of it authenticated. A write that could store
//     plaintext, or a value that would not open where it stands, is refused with a [WriteError]: Update with a plain string, maps
//     that name sealed columns, gorm.Expr, upserts on another constraint than the primary key, a changed primary key or subject.
//   - What GORM cannot show to a plugin (db.Table("people").Updates(map), raw SQL) meets a CHECK constraint of the column.
//   - Save writes a value that was only read back byte for byte.
//   - No way of printing or encoding shows plaintext: fmt, encoding/json, encoding/gob, log/slog. Open does.
//   - When a value has been sealed its subject's key is durable, and of two processes that make one at once, one stands for both.
//   - A key is used for 60 s at most without asking the key store again.
//
// # Keys
//
// A root key wraps one key-encryption key an epoch, which wraps one key a data subject; columns without a subject are sealed
// with the keyset's own key. All are AES-256-GCM by Tink. The [KeyStore] sees wrapped keys only, and belongs in another
// database than the data. The record's data keys are wrapped the same way, by a key a month ([Keyring.WrapDataKey]).
//
// # Envelope v1
//
//	E1 01 | key id 4 | column | subject | row | nonce 12 | ciphertext of the padded plaintext | tag 16
//
// Lengths of the three names are uvarints. In text columns: "enc:v1:" and base64url of the same. Additional data is "vouchsafe
// crypto v1" and everything before the nonce. The plaintext is padded (ISO/IEC 7816-4) to 16, 32, 64, 128, 256, then multiples of
// 256 bytes. A value has one encoding; [ParseEnvelope] accepts no other.
//
// # What it does not protect against
//
// A blind index shows which rows are equal, and how often each value occurs, to who has the table. A padded length remains a
// length. Plaintext that was opened lies in memory until it is collected. Who holds root key, key store and data reads everything.
package crypto
