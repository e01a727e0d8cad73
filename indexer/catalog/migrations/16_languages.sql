-- In which languages an engine read a page, with their weights (JSON), is in the settings of the origin, and apart from
-- them for the totals, which count lines by it. Earlier origins name none.
ALTER TABLE origins ADD COLUMN languages TEXT NOT NULL DEFAULT '';
