-- Nothing changes in the tables. From here on the posteriorgrams of new readings are compressed (format 3), which an
-- earlier program would take for damaged: it must refuse the catalogue. Those of earlier readings stay as they are.
SELECT 1;
