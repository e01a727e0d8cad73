"""CSV of lines: a row for each reading of a line, with its place as a box."""

from __future__ import annotations

import csv
import io
from itertools import groupby
from typing import TYPE_CHECKING

from indexer.formats.document import TextBlock, TextDocument, TextLine, TextPage, TextReading, kind_of, sound
from indexer.formats.markup import finite, fraction, rectangle, whole
from indexer.formats.merged_cells import span_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indexer.values import Point

HEADER = (
    *("file", "image", "page", "label", "block", "kind", "line", "reading", "text", "confidence", "origin"),
    *("x", "y", "width", "height"),
)
_CELL = ("table", "row", "column")
_SPAN = ("row_span", "column_span")
_ABOUT = ("title", "date", "people")
_WHO = "person"
"""Further columns, which earlier versions did not write: the cell of a table and over how many rows and columns it
goes, what the document is, and who said it."""


def write(document: TextDocument) -> bytes:
    """A document as CSV with a row of names. It holds no words, baselines and sizes of pages."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow((*HEADER, *_CELL, *_ABOUT, *_SPAN, _WHO))
    about = (document.about.title, document.about.date, "; ".join(document.about.people))
    rows.writerows((*row, *about, *behind) for page in document.pages for row, behind in _rows(page))
    return text.getvalue().encode("utf-8", "backslashreplace")


def _rows(page: TextPage) -> Iterator[tuple[tuple[object, ...], tuple[object, ...]]]:
    """What is said of each reading, and behind what the document is: over how many rows and columns its cell goes, and
    who said it."""
    about = (page.file, page.image, page.number, page.label)
    for number, line in enumerate(page.lines, 1):
        stands = None if line.block is None else page.blocks[line.block]
        block = ("", "") if line.block is None or stands is None else (line.block + 1, stands.kind)
        cell = tuple(at + 1 for at in (stands.table, *stands.cell)) if stands and stands.cell else ("",) * len(_CELL)
        span: tuple[object, ...] = stands.span if stands and stands.cell else ("",) * len(_SPAN)
        place = line.box.xywh if line.polygon else ("", "", "", "")
        for at, each in enumerate(line.readings, 1):
            sure = "" if each.confidence is None else f"{each.confidence:.3f}"
            yield (*about, *block, number, at, each.text, sure, each.origin, *place, *cell), (*span, each.person)


def read(text: str) -> TextDocument:
    """The document in a CSV. Raises ``ValueError`` if it has not its columns, or a number is none."""
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if rows and (missing := [name for name in HEADER if rows[0].get(name) is None]):
        raise ValueError(f"it has no column {missing[0]}")
    pages = groupby(rows, key=lambda row: (row["file"], row["image"], row["page"], row["label"]))
    return sound(TextDocument(tuple(_page(*about, list(inside)) for about, inside in pages)))


def _page(file: str, image: str, number: str, label: str, rows: list[dict[str, str]]) -> TextPage:
    found = {whole(row["block"], 0): _block(row) for row in rows if row["block"]}
    blocks = tuple(found.get(at, TextBlock()) for at in range(1, min(max(found, default=0), len(rows)) + 1))
    lines = tuple(_line(list(inside)) for _, inside in groupby(rows, key=lambda row: row["line"]))
    return TextPage(0, 0, lines, blocks, whole(number, 1), label, image, file)


def _block(row: dict[str, str]) -> TextBlock:
    table, down, across = (whole(row.get(name), 0) - 1 for name in _CELL)
    if min(table, down, across) < 0:
        return TextBlock(kind_of(row["kind"]))
    span = span_of(*(whole(row.get(name), 1) for name in _SPAN))
    return TextBlock(kind_of(row["kind"]), cell=(down, across), table=table, span=span)


def _line(rows: list[dict[str, str]]) -> TextLine:
    first = rows[0]
    readings = tuple(
        TextReading(row["text"], fraction(row["confidence"]), row["origin"], row.get(_WHO) or "") for row in rows
    )
    block = whole(first["block"], 0) - 1 if first["block"] else None
    return TextLine(readings, _place(first[name] for name in ("x", "y", "width", "height")), block=block)


def _place(sides: Iterable[str]) -> tuple[Point, ...]:
    told = [side for side in sides if side]
    x, y, width, height = map(finite, told) if len(told) == 4 else (0.0, 0.0, 0.0, 0.0)
    return rectangle(x, y, width, height) if told else ()
