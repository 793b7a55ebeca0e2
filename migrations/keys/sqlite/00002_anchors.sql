-- +goose Up

-- The anchor of the record: what audit.db must still hold. It lives here, outside the audit database, so that who cuts
-- the record's end, removes a chain or restores an old backup is noticed. One row a writer; a row never goes down.
CREATE TABLE anchors (
    writer BLOB    NOT NULL PRIMARY KEY CHECK (length(writer) = 16), -- the writer's id
    seq    INTEGER NOT NULL CHECK (seq > 0),                         -- its last entry that is known to be durable
    hash   BLOB    NOT NULL CHECK (length(hash) = 32),               -- that entry's hash
    at     INTEGER NOT NULL                                          -- that entry's time, microseconds since 1970 UTC
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER anchors_never_go_down BEFORE UPDATE ON anchors
WHEN NEW.writer <> OLD.writer OR NEW.seq <= OLD.seq
BEGIN
    SELECT RAISE(ABORT, 'an anchor never goes down');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER anchors_stay BEFORE DELETE ON anchors
BEGIN
    SELECT RAISE(ABORT, 'an anchor is never deleted');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE anchors;
