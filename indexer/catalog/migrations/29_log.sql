-- Who asked a shared archive to change something, and who signed in or could not: the last of each.
CREATE TABLE log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    address TEXT NOT NULL,  -- where it came from; empty for commands on the machine
    deed TEXT NOT NULL,
    refused INTEGER NOT NULL
);
CREATE INDEX log_refused ON log (refused, id);
