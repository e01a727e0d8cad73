-- Whose an entry of the log is: the key of their name, empty for a name that was only claimed. The last of each are
-- kept, so that nobody drives out what others did.
ALTER TABLE log ADD COLUMN person TEXT NOT NULL DEFAULT '';
UPDATE log SET person = coalesce((SELECT key FROM users WHERE name = who), '') WHERE deed <> 'could not sign in';
DROP INDEX log_refused;
CREATE INDEX log_person ON log (person, refused, id);
-- How many entries of each are not kept any more.
CREATE TABLE log_left_out (
    person TEXT NOT NULL,
    refused INTEGER NOT NULL,
    who TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (person, refused)
) WITHOUT ROWID;
