-- What each status of a line means (indexer.values.Status says the same): every statement asks here.
CREATE VIEW statuses AS
SELECT 'accepted' AS status, 1 AS accepted, 0 AS waits, 0 AS rejected
UNION ALL SELECT 'review', 0, 1, 0
UNION ALL SELECT 'unknown', 0, 1, 0
UNION ALL SELECT 'rejected', 0, 0, 1;
