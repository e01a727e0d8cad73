-- By what others name a user: an identity provider with the claim that tells people apart there, and its value.
CREATE TABLE subjects (
    source TEXT NOT NULL,  -- the issuer and the name of the claim
    subject TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (source, subject)
) WITHOUT ROWID;
CREATE INDEX subjects_person ON subjects (person);
