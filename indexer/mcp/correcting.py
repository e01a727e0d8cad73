"""The tools that change what is known of a line. They are offered only where a person allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.archive.as_json import line_json
from indexer.mcp.answer import Answer, crops
from indexer.mcp.looking import line_of
from indexer.mcp.words import line_text, place
from indexer.text.folding import clean
from indexer.values.errors import ConflictError, DoubtError, UsageError

if TYPE_CHECKING:
    from indexer.archive.archive_line import ArchiveLine
    from indexer.archive.library import Archive
    from indexer.mcp.asked import AskedCorrection, AskedUndo


def correct_line(archive: Archive, asked: AskedCorrection) -> Answer:
    """Say what a line says. It counts as said by the person whose archive it is, and outlives every later reading."""
    line = line_of(archive, asked.line, asked.seen)
    if clean(line.text) != clean(asked.seen):
        hint = "Nothing was changed. Look at it with show_line, and ask with what it says now as seen."
        raise ConflictError(f"line {line.id} says {line.text!r}", hint)
    try:
        return _told(archive, line.correct(asked.text, sure=asked.sure))
    except DoubtError as error:
        hint = "Nothing was changed. Look at its ink with show_line and ask the person; then ask again with sure=true."
        raise UsageError(error.message, hint) from error


def undo_line(archive: Archive, asked: AskedUndo) -> Answer:
    """Take back what was said last of a line."""
    left = line_of(archive, asked.line).undo()
    if left is None:
        return Answer(f"line {asked.line} was there by what was said alone: it is gone", {"line": None})
    return _told(archive, left)


def _told(archive: Archive, line: ArchiveLine) -> Answer:
    pictures, missing = crops(archive, [line.seen])
    said = [place(archive.catalog.page_of(line.id)), line_text(line.seen), *missing]
    return Answer("\n".join(said), {"line": line_json(line.seen, origin=line.seen.origin.engine)}, pictures)
