"""The neutral document: what every format is read into and written from.

A line keeps its block by its place in ``TextPage.blocks``. The lines of a page stand in reading order, its blocks as
they stand in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from indexer.formats.merged_cells import ALONE, COLUMNS, ROWS, Taken, fitting
from indexer.image.geometry import around, bounding_box, corners
from indexer.values import Box, Description

if TYPE_CHECKING:
    from indexer.values import BlockKind, Point

_LARGEST = 10_000_000
"""The most that a coordinate may be."""
_CALLED: dict[BlockKind, tuple[str, ...]] = {
    "main": ("", "main", "text", "paragraph", "heading", "column", "mainzone", "catch-word"),
    "margin": ("margin", "marginalia", "marginzone", "footnote", "endnote", "float"),
    "header": ("header", "page-number", "runningtitlezone", "numberingzone", "footer"),
    "table": ("table", "tablezone"),
}
"""What formats and programs call each kind of block."""


@dataclass(frozen=True, slots=True)
class TextReading:
    """What a line says, by the engine or person that it has from its ``origin``; empty where that is not known.
    ``person`` is the name of the person, if it was noted."""

    text: str
    confidence: float | None = None
    origin: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class TextWord:
    """A word of the reading that counts. Without a place its outline is empty."""

    text: str
    confidence: float | None = None
    polygon: tuple[Point, ...] = ()

    @property
    def box(self) -> Box:
        """The upright box around it."""
        return box_of(self.polygon)


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line: its readings, the one that counts first; its outline and baseline, empty where they are not known.

    ``block`` is the place of its block among those of the page. ``goes_on`` says that its last word goes on in the next
    line though no hyphen is written. ``id`` is its name in the file, if it has one.
    """

    readings: tuple[TextReading, ...]
    polygon: tuple[Point, ...] = ()
    baseline: tuple[Point, ...] = ()
    words: tuple[TextWord, ...] = ()
    block: int | None = None
    goes_on: bool = False
    id: str = ""

    @property
    def text(self) -> str:
        """What the line says, by the reading that counts."""
        return self.readings[0].text if self.readings else ""

    @property
    def confidence(self) -> float | None:
        """The confidence of the reading that counts."""
        return self.readings[0].confidence if self.readings else None

    @property
    def box(self) -> Box:
        """The upright box around it."""
        return box_of(self.polygon)


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A part of a page that is read by itself. For a cell of a table, ``cell`` is its row and column there, from 0,
    ``table`` the number of the table on the page, from 0, and ``span`` over how many rows and columns the cell goes."""

    kind: BlockKind = "main"
    polygon: tuple[Point, ...] = ()
    cell: tuple[int, int] | None = None
    id: str = ""
    table: int = 0
    span: tuple[int, int] = ALONE

    @property
    def box(self) -> Box:
        """The upright box around it."""
        return box_of(self.polygon)


@dataclass(frozen=True, slots=True)
class TextPage:
    """A page. Its size is in the unit of its points, mostly pixels of its image; a size of 0 is unknown.

    ``image`` is the name of the file that it shows, ``file`` where that lies, if known. ``upright`` says that places
    are those on the image as people see it, whatever its metadata say.
    """

    width: float = 0.0
    height: float = 0.0
    lines: tuple[TextLine, ...] = ()
    blocks: tuple[TextBlock, ...] = ()
    number: int = 1
    label: str = ""
    image: str = ""
    file: str = ""
    upright: bool = False


@dataclass(frozen=True, slots=True)
class TextDocument:
    """The pages of a document, its title, and what else is known of it as a whole."""

    pages: tuple[TextPage, ...]
    title: str = ""
    about: Description = field(default_factory=Description)


def by_block(page: TextPage) -> list[tuple[int | None, list[TextLine]]]:
    """The blocks of a page by their places, in reading order, each with its lines. Blocks without lines come last."""
    found: dict[int | None, list[TextLine]] = {}
    for line in page.lines:
        found.setdefault(line.block, []).append(line)
    found |= {at: [] for at in range(len(page.blocks)) if at not in found}
    return list(found.items())


@dataclass(frozen=True, slots=True)
class TextPart:
    """A block of a page with its lines; ``block`` is ``None`` for those that stand in none."""

    block: TextBlock | None
    lines: tuple[TextLine, ...]

    @property
    def blocks(self) -> tuple[TextBlock, ...]:
        """The blocks in it."""
        return () if self.block is None else (self.block,)


@dataclass(frozen=True, slots=True)
class TextCell:
    """A cell of a table with its lines."""

    block: TextBlock
    lines: tuple[TextLine, ...]


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of a page: rows of cells, ``None`` where nothing stands. A row reaches as far as its last cell. No cell
    lies over another one."""

    rows: tuple[tuple[TextCell | None, ...], ...]

    @property
    def cells(self) -> tuple[TextCell, ...]:
        """Its cells, row by row."""
        return tuple(cell for row in self.rows for cell in row if cell is not None)

    def uncovered(self) -> Iterator[list[TextCell | None]]:
        """Its rows without the places over which cells go that begin further up or to the left."""
        taken = Taken()
        for row, cells in enumerate(self.rows):
            shown = []
            for column, cell in enumerate(cells):
                if taken.free(row, column) == column:
                    shown.append(cell)
                    taken.take((row, column), cell.block.span if cell else ALONE)
            yield shown

    @property
    def blocks(self) -> tuple[TextBlock, ...]:
        """The blocks in it."""
        return tuple(cell.block for cell in self.cells)

    @property
    def polygon(self) -> tuple[Point, ...]:
        """The upright box around its cells."""
        boxes = [block.box for block in self.blocks if block.polygon]
        return corners(around(boxes)) if boxes else ()


def with_tables(page: TextPage) -> Iterator[TextPart | TextTable]:
    """The blocks of a page as ``by_block`` gives them, with all of a table where its first cell stands. A second block
    in the same cell is none of the table."""
    found: dict[int, dict[tuple[int, int], int]] = {}
    for at, block in enumerate(page.blocks):
        if block.cell is not None:
            found.setdefault(block.table, {}).setdefault(block.cell, at)
    inside = {at: number for number, cells in found.items() for at in cells.values()}
    blocks, told = by_block(page), set[int]()
    lines = dict(blocks)
    for place, there in blocks:
        number = None if place is None else inside.get(place)
        if number is None:
            yield TextPart(None if place is None else page.blocks[place], tuple(there))
        elif number not in told:
            told.add(number)
            cells = found[number].items()
            yield _table({cell: TextCell(page.blocks[at], tuple(lines[at])) for cell, at in cells})


def _table(found: Mapping[tuple[int, int], TextCell]) -> TextTable:
    spans = fitting({place: cell.block.span for place, cell in found.items()})
    cells = {place: replace(cell, block=replace(cell.block, span=spans[place])) for place, cell in found.items()}
    widths: dict[int, int] = {}
    for row, column in cells:
        widths[row] = max(widths.get(row, 0), column + 1)
    down = range(max(widths) + 1)
    return TextTable(tuple(tuple(cells.get((row, at)) for at in range(widths.get(row, 0))) for row in down))


def counted_tables(blocks: Iterable[TextBlock]) -> tuple[TextBlock, ...]:
    """Blocks, their tables numbered as they come, from 0."""
    numbers: dict[int, int] = {}
    return tuple(
        replace(each, table=0 if each.cell is None else numbers.setdefault(each.table, len(numbers))) for each in blocks
    )


def in_blocks(page: TextPage) -> bool:
    """Whether the lines of each block stand one after the other."""
    return [line for _, lines in by_block(page) for line in lines] == list(page.lines)


def named(document: TextDocument) -> TextDocument:
    """The document with a name for each block and line, which no other one has."""
    taken: set[str] = set()

    def name(wanted: str, otherwise: str) -> str:
        made, number = wanted if _is_name(wanted) else otherwise, 2
        while made in taken:
            made, number = f"{wanted if _is_name(wanted) else otherwise}-{number}", number + 1
        taken.add(made)
        return made

    pages = []
    for at, page in enumerate(document.pages, 1):
        ahead = f"page{at}-" if len(document.pages) > 1 else ""
        taken.add(f"page{at}")
        blocks = [replace(each, id=name(each.id, f"{ahead}block{no}")) for no, each in enumerate(page.blocks, 1)]
        lines = [replace(each, id=name(each.id, f"{ahead}line{no}")) for no, each in enumerate(page.lines, 1)]
        pages.append(replace(page, blocks=tuple(blocks), lines=tuple(lines)))
    return replace(document, pages=tuple(pages))


def _is_name(text: str) -> bool:
    """Whether it can name an element of XML. Only ASCII is taken."""
    plain = text.replace("-", "").replace("_", "").replace(".", "")
    return text.isascii() and plain.isalnum() and (text[0].isalpha() or text[0] == "_")


def detailed(words: tuple[TextWord, ...]) -> tuple[TextWord, ...]:
    """The words of a line, if more than their text is known of one of them; else none."""
    return words if any(word.polygon or word.confidence is not None for word in words) else ()


def sayers(document: TextDocument) -> list[tuple[str, str]]:
    """What gave the readings of a document, each once, with the person if there was one."""
    readings = (reading for page in document.pages for line in page.lines for reading in line.readings)
    return sorted({(each.origin, each.person) for each in readings if each.origin})


def origins(document: TextDocument) -> list[str]:
    """What gave the readings of a document, each once, by name."""
    found = {reading.origin for page in document.pages for line in page.lines for reading in line.readings}
    return sorted(found - {""})


def kind_of(label: str) -> BlockKind:
    """The kind of a block by what a format calls it."""
    called = label.strip().casefold()
    return next((kind for kind, names in _CALLED.items() if called in names), "other")


def sound(document: TextDocument) -> TextDocument:
    """The document, if all its places can be places of an image. Otherwise raises ``ValueError``."""
    for page in document.pages:
        if not (0 <= page.width <= _LARGEST and 0 <= page.height <= _LARGEST):
            raise ValueError(f"a page of {page.width:g} x {page.height:g} is no image")
        for block in page.blocks:
            _check("block", block.id, [block.polygon])
            if block.cell is not None and not (0 <= block.cell[0] < ROWS and 0 <= block.cell[1] < COLUMNS):
                raise ValueError(f"a table has at most {ROWS:,} rows and {COLUMNS:,} columns")
        for line in page.lines:
            if line.block is not None and not 0 <= line.block < len(page.blocks):
                raise ValueError(f"the line “{line.text[:60]}” stands in a block that is not there")
            _check("line", line.text[:60], [line.polygon, line.baseline, *(word.polygon for word in line.words)])
    return document


def _check(what: str, name: str, outlines: Iterable[Sequence[Point]]) -> None:
    for outline in outlines:
        for x, y in outline:
            if not (abs(x) <= _LARGEST and abs(y) <= _LARGEST):  # a number that is none is not below anything either
                raise ValueError(f"the region of the {what} “{name}” has a point at infinity")


def box_of(polygon: Sequence[Point]) -> Box:
    """The upright box around an outline, an empty one around nothing."""
    return bounding_box(polygon) if polygon else Box(0, 0, 0, 0)
