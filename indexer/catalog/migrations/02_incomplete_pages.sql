ALTER TABLE pages ADD COLUMN incomplete TEXT;  -- why lines of it are missing
