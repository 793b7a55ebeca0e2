-- +goose Up

-- The record proper. Times are microseconds since 1970 UTC; hashes and digests are SHA-256; ids of writers are ULIDs.

-- A writer is one incarnation of a server: it signs one chain of entries with a key of its own.
CREATE TABLE writers (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16), -- greater than that of every writer before it
    at          INTEGER NOT NULL,                                     -- when it began
    public      BLOB    NOT NULL CHECK (length(public) = 32),         -- its Ed25519 key
    certificate BLOB    NOT NULL CHECK (length(certificate) = 64)     -- the record's signing key, over all of the above
) STRICT, WITHOUT ROWID;

-- Entries are never changed and never deleted. The hash is over every other column.
CREATE TABLE entries (
    writer           BLOB    NOT NULL CHECK (length(writer) = 16), -- whose chain
    seq              INTEGER NOT NULL CHECK (seq > 0),             -- place in the chain, from 1, without gaps
    at               INTEGER NOT NULL,                             -- when it was recorded
    kind             TEXT    NOT NULL,                             -- what it records
    session          TEXT    NOT NULL,                             -- the session's ULID, or empty
    command          INTEGER NOT NULL,                             -- the command's number in its session, or 0
    engineer         TEXT    NOT NULL,                             -- whose session it is, or empty
    mode             TEXT    NOT NULL,                             -- encrypted or decrypted, or empty
    content_key      INTEGER NOT NULL,                             -- the data key of its content, or 0
    ledger_key       INTEGER NOT NULL,                             -- the data key of its ledger part, or 0
    content          BLOB    CHECK (length(content) = 32),         -- digest of its content's ciphertext, if it has content
    ledger           BLOB    CHECK (length(ledger) = 32),          -- digest of its ledger part's ciphertext, if it has one
    session_previous BLOB    CHECK (length(session_previous) = 32),-- hash of the session's entry before it, in whatever chain
    previous         BLOB    NOT NULL CHECK (length(previous) = 32),-- hash of the chain's entry before it; zeros in the first
    hash             BLOB    NOT NULL CHECK (length(hash) = 32),   -- its own
    PRIMARY KEY (writer, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX entries_of_session ON entries (session, writer, seq) WHERE session <> '';

-- A batch is what one transaction appended to a chain. No entry counts outside a signed batch.
CREATE TABLE batches (
    writer    BLOB    NOT NULL CHECK (length(writer) = 16),    -- whose chain
    first     INTEGER NOT NULL CHECK (first > 0),              -- its first entry: the one after the batch before
    last      INTEGER NOT NULL CHECK (last >= first),          -- its last entry
    hash      BLOB    NOT NULL CHECK (length(hash) = 32),      -- that entry's hash
    signature BLOB    NOT NULL CHECK (length(signature) = 64), -- the writer's key, over all of the above and over the batch before
    PRIMARY KEY (writer, first)
) STRICT, WITHOUT ROWID;

-- Payloads are what entries say, encrypted; the entry's header is their additional data.
CREATE TABLE payloads (
    writer     BLOB    NOT NULL,                                        -- whose chain
    seq        INTEGER NOT NULL,                                        -- of which entry
    class      TEXT    NOT NULL CHECK (class IN ('content', 'ledger')), -- content: code, SQL, notes, output; ledger: the rest
    ciphertext BLOB    NOT NULL,                                        -- AES-256-GCM, the nonce first
    PRIMARY KEY (writer, seq, class)
) STRICT, WITHOUT ROWID;

-- Data keys open payloads. A key destroyed is a payload destroyed; the chain stays whole.
CREATE TABLE data_keys (
    number  INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),         -- random
    scope   TEXT    NOT NULL,                                        -- the session's id, or the writer's
    class   TEXT    NOT NULL CHECK (class IN ('content', 'ledger')), -- which payloads
    wrapped BLOB    NOT NULL                                         -- the key under a key kept elsewhere
) STRICT;

CREATE INDEX data_keys_of_scope ON data_keys (scope);

-- Who appends must not be able to change. Two triggers a table refuse UPDATE and DELETE; the third refuses INSERT OR
-- REPLACE, which passes by the others unless recursive_triggers is on.

-- +goose StatementBegin
CREATE TRIGGER writers_no_update BEFORE UPDATE ON writers BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER writers_no_delete BEFORE DELETE ON writers BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER writers_no_replace BEFORE INSERT ON writers
WHEN EXISTS (SELECT 1 FROM writers WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER entries_no_replace BEFORE INSERT ON entries
WHEN EXISTS (SELECT 1 FROM entries WHERE writer = NEW.writer AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER batches_no_update BEFORE UPDATE ON batches BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER batches_no_delete BEFORE DELETE ON batches BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER batches_no_replace BEFORE INSERT ON batches
WHEN EXISTS (SELECT 1 FROM batches WHERE writer = NEW.writer AND first = NEW.first)
BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
-- +goose StatementEnd

-- Payloads and data keys are destroyed when their time is over, but never changed.
-- +goose StatementBegin
CREATE TRIGGER payloads_no_update BEFORE UPDATE ON payloads BEGIN SELECT RAISE(ABORT, 'a payload is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER data_keys_no_update BEFORE UPDATE ON data_keys BEGIN SELECT RAISE(ABORT, 'a data key is never changed'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE data_keys;
DROP TABLE payloads;
DROP TABLE batches;
DROP TABLE entries;
DROP TABLE writers;
