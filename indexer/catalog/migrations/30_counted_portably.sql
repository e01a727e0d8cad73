-- Nothing changes in the tables. The triggers are made anew in words that other databases know as well.
SELECT 1;
