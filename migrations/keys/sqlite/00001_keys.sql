-- +goose Up

-- Key-encryption keys. Each is wrapped by the root key of the keyset; nothing here is a key in the clear.
CREATE TABLE keks (
	purpose    TEXT    NOT NULL CHECK (purpose IN ('subjects', 'record')), -- what it wraps: keys of data subjects, or data keys of the record
	epoch      INTEGER NOT NULL CHECK (epoch > 0),                         -- subjects: counts up from 1; record: the month, as 202611
	wrapped    BLOB    NOT NULL,                                           -- the key, encrypted by the root key; purpose and epoch are its additional data
	created_at INTEGER NOT NULL,                                           -- Unix time in milliseconds
	PRIMARY KEY (purpose, epoch)
) WITHOUT ROWID;

-- One key a data subject. A key's id belongs to its subject for ever: the row of a key that was destroyed stays as a tombstone.
CREATE TABLE subject_keys (
	subject    TEXT    NOT NULL CHECK (subject <> ''),                     -- whose it is, as in envelopes: people/42
	key_id     BLOB    NOT NULL CHECK (length(key_id) = 4),                -- random; envelopes name it
	epoch      INTEGER NOT NULL,                                           -- of the KEK (purpose subjects) that wraps it
	wrapped    BLOB,                                                       -- the key, encrypted by the KEK; subject, key id and epoch are its additional data. NULL: destroyed
	created_at INTEGER NOT NULL,                                           -- Unix time in milliseconds
	erased_at  INTEGER,                                                    -- Unix time in milliseconds; NULL: it lives
	PRIMARY KEY (subject, key_id),
	CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL))
) WITHOUT ROWID;

-- A subject has at most one living key: two processes that make one at once agree on the first.
CREATE UNIQUE INDEX subject_keys_living ON subject_keys (subject) WHERE erased_at IS NULL;

-- Which keys a rotation still has to wrap anew.
CREATE INDEX subject_keys_epoch ON subject_keys (epoch) WHERE erased_at IS NULL;

-- +goose StatementBegin
CREATE TRIGGER subject_keys_stay BEFORE DELETE ON subject_keys
BEGIN
	SELECT raise(ABORT, 'a key is destroyed, not deleted: its tombstone stays');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER subject_keys_dead_stay_dead BEFORE UPDATE ON subject_keys
WHEN old.erased_at IS NOT NULL OR new.subject <> old.subject OR new.key_id <> old.key_id
BEGIN
	SELECT raise(ABORT, 'a destroyed key stays destroyed, and a key keeps its name');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE subject_keys;
DROP TABLE keks;
