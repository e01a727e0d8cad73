-- The file of text that lay beside a page when it was read: JSON with its path, the hash of its content, size and date.
ALTER TABLE pages ADD COLUMN sidecar TEXT NOT NULL DEFAULT '';
