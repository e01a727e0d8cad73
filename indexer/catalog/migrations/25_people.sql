-- Who said what of lines and documents; empty where that is not noted, as on a machine of one person.
ALTER TABLE verdicts ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE descriptions ADD COLUMN who TEXT NOT NULL DEFAULT '';
-- Who may come in over the network, and what for.
CREATE TABLE users (
    key TEXT PRIMARY KEY,  -- the name without its capitals
    name TEXT NOT NULL,
    role TEXT NOT NULL,  -- read, review or manage
    password TEXT,  -- its hash (argon2id); without one nobody signs in by password
    made_at TEXT NOT NULL
) WITHOUT ROWID;
-- What programs and browsers show instead of a password: 256 bits of chance, of which a hash is kept.
CREATE TABLE tokens (
    digest TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    made_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX tokens_user ON tokens (user);
CREATE TABLE sessions (
    digest TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    made_at TEXT NOT NULL,
    until INTEGER NOT NULL  -- seconds since 1970
) WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user);
