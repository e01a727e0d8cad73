DROP INDEX lines_status;  -- what waits is in a table of its own (indexer/catalog/totals.py)
