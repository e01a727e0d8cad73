-- Paths of what lies in the index folder are relative to it, so that it can be moved.
UPDATE OR REPLACE places SET path = kept_path(path);
UPDATE failures SET path = kept_path(path);
UPDATE verdicts SET path = kept_path(path) WHERE path IS NOT NULL;
