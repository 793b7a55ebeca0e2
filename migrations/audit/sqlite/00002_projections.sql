-- +goose Up

-- Projections: what pages and lists read. They are folded from entries in the transaction that appends them, and verify
-- folds them again and compares. Nothing typed or printed stands here: what was said is in the payload of (writer, seq).

-- One row a session.
CREATE TABLE sessions (
    id            TEXT    NOT NULL PRIMARY KEY, -- ULID
    writer        BLOB    NOT NULL,             -- the chain of its entry "session opened", which holds the note
    seq           INTEGER NOT NULL,             -- that entry
    engineer      TEXT    NOT NULL,             -- who typed
    app           TEXT    NOT NULL,             -- application
    env           TEXT    NOT NULL,             -- environment
    build         TEXT    NOT NULL,             -- build of the application
    host          TEXT    NOT NULL,             -- where it was opened
    embedded      INTEGER NOT NULL,             -- 1: console and server were one process
    writes        INTEGER NOT NULL,             -- 1: opened with --write
    sandbox       INTEGER NOT NULL,             -- 1: opened with --sandbox
    justification TEXT    NOT NULL,             -- the link
    opened_at     INTEGER NOT NULL,             -- when
    closed_at     INTEGER,                      -- when, once it is
    closed_why    TEXT    NOT NULL,             -- closed, interrupted, lost, …; empty while it is open
    mode          TEXT    NOT NULL,             -- decrypted, if any period was
    commands      INTEGER NOT NULL,             -- how many
    disclosures   INTEGER NOT NULL,             -- how many values were opened
    facts         INTEGER NOT NULL,             -- how many were told
    flags         INTEGER NOT NULL,             -- how many
    refusals      INTEGER NOT NULL,             -- how many
    committed     INTEGER NOT NULL,             -- rows of writes that were committed
    rolled_back   INTEGER NOT NULL,             -- rows of writes that were rolled back
    state         TEXT    NOT NULL,             -- pending, approved, flagged or asked
    entries       INTEGER NOT NULL,             -- how many, in all chains
    last_writer   BLOB    NOT NULL,             -- the chain of its last entry
    head          BLOB    NOT NULL              -- hash of its last entry
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_open ON sessions (id) WHERE closed_at IS NULL;
CREATE INDEX sessions_of_engineer ON sessions (engineer, id);

-- One row a command.
CREATE TABLE commands (
    session        TEXT    NOT NULL, -- its session
    n              INTEGER NOT NULL, -- its number, from 1
    writer         BLOB    NOT NULL, -- the chain of its intent, which holds the source
    seq            INTEGER NOT NULL, -- that entry
    at             INTEGER NOT NULL, -- when it was about to run
    mode           TEXT    NOT NULL, -- encrypted or decrypted
    status         TEXT    NOT NULL, -- ok, error, refused, unfinished
    error_kind     TEXT    NOT NULL, -- empty without an error
    duration_us    INTEGER NOT NULL, -- microseconds
    statements     INTEGER NOT NULL, -- how many it sent
    "rows"         INTEGER NOT NULL, -- returned or touched, in all
    committed      INTEGER NOT NULL, -- rows of writes that were committed
    rolled_back    INTEGER NOT NULL, -- rows of writes that were rolled back
    outcome_writer BLOB,             -- the chain of its outcome, which holds the output; NULL: unfinished
    outcome_seq    INTEGER,          -- that entry
    PRIMARY KEY (session, n)
) STRICT, WITHOUT ROWID;

-- One row an SQL statement. The SQL is in the payload.
CREATE TABLE statements (
    writer  BLOB    NOT NULL, -- the entry
    seq     INTEGER NOT NULL,
    session TEXT    NOT NULL, -- its session
    command INTEGER NOT NULL, -- its command
    "rows"  INTEGER NOT NULL, -- returned or touched
    writes  INTEGER NOT NULL, -- 1: it was to change something
    PRIMARY KEY (writer, seq)
) STRICT, WITHOUT ROWID;

-- One row an encrypted value that was opened.
CREATE TABLE disclosures (
    writer   BLOB    NOT NULL, -- the entry
    seq      INTEGER NOT NULL,
    i        INTEGER NOT NULL, -- place in the entry, from 0
    session  TEXT    NOT NULL, -- its session
    command  INTEGER NOT NULL, -- its command
    at       INTEGER NOT NULL, -- when
    engineer TEXT    NOT NULL, -- to whom
    consent  TEXT    NOT NULL, -- under which link
    "column" TEXT    NOT NULL, -- people.email
    subject  TEXT    NOT NULL, -- whose it is: people/42
    "row"    TEXT    NOT NULL, -- where it stands: messages/981
    count    INTEGER NOT NULL, -- how many times
    PRIMARY KEY (writer, seq, i)
) STRICT, WITHOUT ROWID;

-- One row a fact that was told of an encrypted value without opening it.
CREATE TABLE facts (
    writer   BLOB    NOT NULL, -- the entry
    seq      INTEGER NOT NULL,
    session  TEXT    NOT NULL, -- its session
    command  INTEGER NOT NULL, -- its command
    at       INTEGER NOT NULL, -- when
    engineer TEXT    NOT NULL, -- to whom
    fact     TEXT    NOT NULL, -- present, len, domain, …
    "column" TEXT    NOT NULL, -- people.email
    subject  TEXT    NOT NULL, -- whose it is, or empty
    "row"    TEXT    NOT NULL, -- where it stands, or empty
    count    INTEGER NOT NULL, -- how many times
    PRIMARY KEY (writer, seq)
) STRICT, WITHOUT ROWID;

-- One row a flag: what an auditor should look at.
CREATE TABLE flags (
    writer   BLOB    NOT NULL, -- the entry
    seq      INTEGER NOT NULL,
    session  TEXT    NOT NULL, -- its session
    command  INTEGER NOT NULL, -- its command, or 0
    rule     TEXT    NOT NULL, -- outside-consent, …
    "column" TEXT    NOT NULL, -- people.email, or empty
    subject  TEXT    NOT NULL, -- or empty
    "row"    TEXT    NOT NULL, -- or empty
    count    INTEGER NOT NULL, -- how many times
    PRIMARY KEY (writer, seq)
) STRICT, WITHOUT ROWID;

-- One row a denial, in a session or before one.
CREATE TABLE refusals (
    writer   BLOB    NOT NULL, -- the entry, which holds the message and the attempt
    seq      INTEGER NOT NULL,
    session  TEXT    NOT NULL, -- its session, or empty: there was none yet
    command  INTEGER NOT NULL, -- its command, or 0
    at       INTEGER NOT NULL, -- when
    engineer TEXT    NOT NULL, -- who tried
    rule     TEXT    NOT NULL, -- what refused
    PRIMARY KEY (writer, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX refusals_of_session ON refusals (session);

-- One row a consent that was granted in a session. A link belongs to the subject and the engineer who first used it.
CREATE TABLE consents (
    writer     BLOB    NOT NULL, -- the entry "granted", which holds the note
    seq        INTEGER NOT NULL,
    session    TEXT    NOT NULL, -- its session
    url        TEXT    NOT NULL, -- the link
    subject    TEXT    NOT NULL, -- whose consent
    engineer   TEXT    NOT NULL, -- to whom
    evidence   TEXT    NOT NULL, -- what supports it
    scopes     TEXT    NOT NULL, -- JSON array
    granted_at INTEGER NOT NULL, -- when
    expires_at INTEGER,          -- when, if ever
    ended_at   INTEGER,          -- when, once it has
    ended_why  TEXT    NOT NULL, -- closed, expired, …
    PRIMARY KEY (writer, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX consents_of_url ON consents (url);
CREATE INDEX consents_of_session ON consents (session);

-- One row a review. A later one supersedes; none is overwritten.
CREATE TABLE reviews (
    writer   BLOB    NOT NULL, -- the entry, which holds the note
    seq      INTEGER NOT NULL,
    session  TEXT    NOT NULL, -- which session
    auditor  TEXT    NOT NULL, -- who
    decision TEXT    NOT NULL, -- approved, flagged or asked
    at       INTEGER NOT NULL, -- when
    head     BLOB    NOT NULL, -- hash of the session's last entry, as the auditor saw it
    PRIMARY KEY (writer, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX reviews_of_session ON reviews (session);

-- +goose Down
DROP TABLE reviews;
DROP TABLE consents;
DROP TABLE refusals;
DROP TABLE flags;
DROP TABLE facts;
DROP TABLE disclosures;
DROP TABLE statements;
DROP TABLE commands;
DROP TABLE sessions;
