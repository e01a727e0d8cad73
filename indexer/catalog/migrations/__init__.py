"""The steps from each version of the catalogue's tables to the next: a file of SQL each, in the order of their names.

A file that was released is never edited. A change of the tables is a new file with the next number.
"""

from pathlib import Path

MIGRATIONS = tuple(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.sql")))
"""One script a step: a catalogue of version 3 is brought forward by all but the first three.

``totals.SCRIPT`` runs after the last one, so a step may make any table anew without its triggers. It runs only then: a
change of that script needs a step too, if only one with a comment."""
