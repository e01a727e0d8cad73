-- The folders that a user may see, as a list of their keys in hexadecimal digits (JSON); NULL: the whole archive.
ALTER TABLE users ADD COLUMN folders TEXT;
