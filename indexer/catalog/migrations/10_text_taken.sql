-- The text of a PDF used to be taken alone wherever there was some, whatever else the page showed.
UPDATE pages SET incomplete = 'ink beside the text of the file was not looked for (notes index --reread)'
WHERE incomplete IS NULL AND recipe LIKE '%"pdf_text": "use"%' AND EXISTS (
    SELECT 1 FROM lines JOIN readings ON line_id = lines.id JOIN readers ON readers.id = reader_id
    WHERE page_id = pages.id AND engine = 'text-layer' AND NOT replaced);
