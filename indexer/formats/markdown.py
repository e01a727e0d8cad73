"""Markdown: a note with the picture of a page, its text, and links to the notes of the pages before and after; and the
note that lists them all.

Obsidian, Joplin and Logseq open a folder of such notes. Letters that would be signs of Markdown are escaped. A line is
an item of a list with its number behind it, as ``^17``: in Obsidian, links to ``NOTE#^17`` lead to such a line, and
only whole items and paragraphs can have one. The others show the number.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote

from indexer.formats.about import facts
from indexer.formats.document import (
    TextBlock,
    TextCell,
    TextDocument,
    TextLine,
    TextPage,
    TextReading,
    TextTable,
    with_tables,
)
from indexer.formats.markup import nfc, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from indexer.formats.beside import Beside

_SIGNS = re.compile(r"([\\`*_{}\]<>#|~$^=&%!])")
"""What is escaped. Logseq takes brackets that are both escaped for a formula; one is enough."""
_BEGINS = re.compile(r"^([-+]|\d+[.)])")
"""What would begin a list."""
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ITEM = "- "
_MARGIN = "> "
"""A note in the margin is a quotation."""
_NUMBER = re.compile(r" \^([A-Za-z0-9-]+)$")
_NAME = re.compile(r"\^[A-Za-z0-9-]+")
_LINE = "line"
"""What stands before the number of a line in other formats."""
_PAGE = "---\n"
TABLE = "table"
"""What a table is called, with its number: lines in it have no names."""
_BREAK = "<br>"
_IN_ROW = re.compile(r"\\.|<br>|\||[^\\]|\\$", re.DOTALL)
"""The parts of a row of a table: letters, those that are escaped, breaks, and borders."""
CONTENTS = "contents: written by notes export, and anew each time\n"
"""What stands at the head of the note that leads to all others."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A note in the list of all: its file, the document, the number of the page, and the lines that were found there,
    each with its name."""

    file: str
    name: str
    number: int
    lines: tuple[tuple[str, str], ...] = ()


def write(document: TextDocument, beside: Beside) -> bytes:
    """A note. It holds what lines say, where blocks begin, and which of them stand in the margin."""
    return "\n".join(_note(document, page, beside) for page in document.pages).encode("utf-8", "backslashreplace")


def _note(document: TextDocument, page: TextPage, beside: Beside) -> str:
    picture = beside.names[0] if beside.names else page.image
    own = {"page": page.number, "label": page.label, "image": page.image, "file": page.file}
    told = {"title": document.title, **own, **facts(document.about)}
    head = "".join(f"{name}: {json.dumps(fact, ensure_ascii=False)}\n" for name, fact in told.items() if fact)
    parts = [f"![{_escaped(page.image)}]({_link(picture)})"] if picture else []
    tables = 0
    for part in with_tables(page):
        if isinstance(part, TextTable):
            tables += 1
            parts += [_rows(part), f"^{TABLE}{tables}"]
        else:
            ahead = _MARGIN if part.block is not None and part.block.kind == "margin" else ""
            said = (f"{_ITEM}{ahead}{_escaped(line.text)}{_numbered(line)}" for line in part.lines if line.text)
            parts.append("\n".join(said))
    links = [f"[{sign}]({_link(name)})" for sign, name in (("←", beside.before), ("→", beside.after)) if name]
    return f"{_PAGE}{head}{_PAGE}\n" + "\n\n".join(filter(None, [*parts, " ".join(links)])) + "\n"


def _rows(table: TextTable) -> str:
    """A table as GitHub and Obsidian have it: it must have a head, which says nothing here."""
    wide = max(map(len, table.rows))
    rows = [[_cell(cell) for cell in row] + [""] * (wide - len(row)) for row in table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in ([""] * wide, ["---"] * wide, *rows))


def _cell(cell: TextCell | None) -> str:
    return "" if cell is None else _BREAK.join(_escaped(line.text) for line in cell.lines if line.text)


def _numbered(line: TextLine) -> str:
    number = _anchor(line.id)
    return f" ^{number}" if number else ""


def _anchor(name: str) -> str:
    """What Obsidian takes as the name of a line: letters, digits and dashes."""
    return re.sub(r"[^A-Za-z0-9-]", "-", name.removeprefix(_LINE) if name[len(_LINE) :].isdecimal() else name)


def write_contents(title: str, notes: Iterable[Listed]) -> bytes:
    """The note that leads to all others: an item for each document, and below it one for each line that was found."""
    rows = [f"{_PAGE}{CONTENTS}title: {json.dumps(title, ensure_ascii=False)}\n{_PAGE}"]
    for name, pages in groupby(notes, key=lambda note: note.name):
        inside = list(pages)
        if len(inside) == 1:
            rows.append(f"{_ITEM}{_linked(name, inside[0].file)}")
        else:
            links = (_linked(str(note.number), note.file) for note in inside)
            rows.append(f"{_ITEM}{_escaped(name)}: {' '.join(links)}")
        for note in inside:
            rows += [f"  {_ITEM}{_linked(text, note.file)[:-1]}#^{_anchor(line)})" for line, text in note.lines]
    return ("\n".join(rows) + "\n").encode("utf-8", "backslashreplace")


def _linked(text: str, name: str) -> str:
    label = _escaped(text).replace("[", "\\[")
    return f"[{label}]({_link(name)})"


def _link(name: str) -> str:
    return quote(name, errors="surrogateescape")


def _escaped(text: str) -> str:
    return _BEGINS.sub(lambda sign: f"{sign[0][:-1]}\\{sign[0][-1]}", _SIGNS.sub(r"\\\1", text))


def read(text: str) -> TextDocument:
    """The notes in a text: what they say of their pages, and their lines."""
    parts = text.split(f"\n{_PAGE}") if text.startswith(_PAGE) else ["", text]
    heads = [parts[0].removeprefix(_PAGE), *parts[2::2]]
    pages = [_page(_facts(head), body, at) for at, (head, body) in enumerate(zip(heads, parts[1::2], strict=True), 1)]
    return TextDocument(tuple(pages), str(_facts(heads[0]).get("title", "")))


def _facts(head: str) -> dict[str, object]:
    """What stands at the head of a note. What is no JSON is a text as it stands."""
    facts: dict[str, object] = {}
    for row in head.splitlines():
        name, _, told = row.partition(":")
        try:
            facts[name.strip()] = json.loads(told)
        except ValueError:
            facts[name.strip()] = told.strip()
    return facts


def _page(facts: dict[str, object], body: str, at: int) -> TextPage:
    lines: list[TextLine] = []
    blocks: list[TextBlock] = []
    for rows in _paragraphs(body):
        for block, found in _table(rows, blocks) if _is_table(rows) else [_block(rows)]:
            if found:
                lines += [TextLine((TextReading(text),), block=len(blocks), id=name) for text, name in found]
                blocks.append(block)
    label, image, file = (str(facts.get(name, "")) for name in ("label", "image", "file"))
    return TextPage(0, 0, tuple(lines), tuple(blocks), whole(str(facts.get("page", "")), at), label, image, file)


def _is_table(rows: Sequence[str]) -> bool:
    return len(rows) > 1 and rows[0].startswith("|") and "-" in rows[1] and not rows[1].strip("|-: \t")


def _table(rows: Sequence[str], before: Sequence[TextBlock]) -> Iterator[tuple[TextBlock, list[tuple[str, str]]]]:
    """The cells of a table with what they say. A head that says something is its first row."""
    number = len({each.table for each in before if each.cell is not None})
    told = [_cells(row) for row in (rows[0], *rows[2:])]
    for at, row in enumerate(told if any(map(any, told[0])) else told[1:]):
        for column, lines in enumerate(row):
            texts = list(filter(None, (nfc(_ESCAPED.sub(r"\1", line)) for line in lines)))
            yield TextBlock("table", cell=(at, column), table=number), [(text, "") for text in texts]


def _cells(row: str) -> list[list[str]]:
    """The lines of the cells of a row. Letters that are escaped stay so."""
    cells = [[""]]
    for each in _IN_ROW.findall(row.strip().removeprefix("|")):
        if each == "|":
            cells.append([""])
        elif each == _BREAK:
            cells[-1].append("")
        else:
            cells[-1][-1] += each
    return [[line.strip() for line in cell] for cell in (cells if "".join(cells[-1]).strip() else cells[:-1])]


def _paragraphs(body: str) -> Iterator[list[str]]:
    """The paragraphs of a note that are text: pictures and links stand in paragraphs of their own."""
    for part in re.split(r"\n\s*\n", body):
        rows = [row.strip().removeprefix(_ITEM) for row in part.splitlines() if row.strip()]
        if rows and not rows[0].startswith(("![", "[←](", "[→](")) and not _NAME.fullmatch(rows[0]):
            yield rows


def _block(rows: Sequence[str]) -> tuple[TextBlock, list[tuple[str, str]]]:
    """A block, and its lines with their names."""
    margin = all(row.startswith(_MARGIN.strip()) for row in rows)
    plain = [row.removeprefix(_MARGIN.strip()) if margin else row for row in rows]
    return TextBlock("margin" if margin else "main"), list(map(_said, plain))


def _said(row: str) -> tuple[str, str]:
    """What a line says, and its name."""
    number = _NUMBER.search(row)
    name = number[1] if number else ""
    text = _ESCAPED.sub(r"\1", row[: number.start()] if number else row)
    return nfc(text), f"{_LINE}{name}" if name.isdecimal() else name
