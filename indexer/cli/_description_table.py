"""How ``notes describe --table`` says what became of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.cli._output import amount, emit_json, note, warn
from indexer.text.folding import printable
from indexer.values.errors import Exit

if TYPE_CHECKING:
    from indexer.archive.description_table import TableRow, TakenIn

_NAMED = 20
"""Most rows that are named."""


def told(taken: TakenIn, *, as_json: bool) -> Exit:
    """Say what became of a table; the exit code."""
    if as_json:
        emit_json(
            {
                "schema": 1,
                "changed": list(taken.changed),
                "matched": taken.matched,
                "unmatched": [_json(each) for each in taken.unmatched],
                "several": [_json(each) for each in taken.several],
                "refused": [_json(each) for each in taken.refused],
                "unknown_columns": list(taken.unknown),
                "absent": taken.absent,
            }
        )
    why = [
        *((each, "no document is called so") for each in taken.unmatched),
        *((each, "several documents are called so: give more of the path") for each in taken.several),
        *((each, "; ".join(each.refused)) for each in taken.refused),
    ]
    for row, reason in why[:_NAMED]:
        warn(f"row {row.number}, {printable(row.file) or 'without a name'}: {reason}")
    if len(why) > _NAMED:
        warn(f"and {len(why) - _NAMED} more rows (--json names all)")
    if taken.unknown:
        note(f"columns that are no field: {', '.join(map(printable, taken.unknown))}")
    if taken.absent:
        note(f"{amount(taken.absent, 'component')} of the finding aid without a document here")
    undo = "; notes describe --undo takes it back" if taken.changed else ""
    note(f"{amount(taken.matched, 'row')} with a document, {amount(len(taken.changed), 'document')} changed{undo}")
    if not taken.matched:
        return Exit.NOTHING_FOUND
    return Exit.SOME_FAILED if why else Exit.DONE


def _json(row: TableRow) -> dict[str, object]:
    return {"row": row.number, "file": row.file, "refused": list(row.refused)}
