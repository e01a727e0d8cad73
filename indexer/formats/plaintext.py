"""Plain text: each line of the page is a line of the text, with a blank line between blocks and a form feed between
pages. So is each row of a table, with a tabulator between cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.formats.document import TextBlock, TextDocument, TextLine, TextPage, TextReading, TextTable, with_tables
from indexer.formats.markup import nfc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PAGE = "\f"


def write(document: TextDocument) -> bytes:
    """The text of a document. Of a line it holds what it says, and whether a new block begins. The lines of a cell are
    joined, and a row is read again as one line."""
    return _PAGE.join(map(_text, document.pages)).encode("utf-8", "backslashreplace")


def _text(page: TextPage) -> str:
    parts = (
        _rows(part) if isinstance(part, TextTable) else [line.text for line in part.lines] for part in with_tables(page)
    )
    return "\n".join("".join(f"{row}\n" for row in rows) for rows in parts if rows)


def _rows(table: TextTable) -> list[str]:
    """The rows of a table in which something stands."""
    rows = [["" if cell is None else " ".join(line.text for line in cell.lines) for cell in row] for row in table.rows]
    return ["\t".join(row) for row in rows if any(row)]


def read(text: str) -> TextDocument:
    """The lines of a text, a block for each that is set apart by blank lines."""
    return TextDocument(
        tuple(page_of(list(_runs(map(nfc, each.splitlines()))), at) for at, each in enumerate(text.split(_PAGE), 1))
    )


def page_of(blocks: Sequence[Sequence[str]], number: int) -> TextPage:
    """A page of lines without places, given block by block."""
    lines = [
        TextLine((TextReading(text),), block=at if len(blocks) > 1 else None)
        for at, block in enumerate(blocks)
        for text in block
    ]
    return TextPage(lines=tuple(lines), blocks=(TextBlock(),) * (len(blocks) if len(blocks) > 1 else 0), number=number)


def _runs(lines: Iterable[str]) -> Iterator[list[str]]:
    """The runs of lines between blank ones."""
    run: list[str] = []
    for line in [*lines, ""]:
        if line:
            run.append(line)
        elif run:
            yield run
            run = []
