"""Markdown: a note with the picture of a page, its text, and links to the notes of the pages before and after.

Obsidian, Joplin and Logseq open a folder of such notes. Letters that would be signs of Markdown are escaped.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from indexer.formats.document import TextBlock, TextDocument, TextLine, TextPage, TextReading, by_block
from indexer.formats.markup import nfc, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.formats.beside import Beside
    from indexer.values import BlockKind

_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~$^=&%!])")
_BEGINS = re.compile(r"^([-+]|\d+[.)])")
"""What would begin a list."""
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARGIN = "> "
"""A note in the margin is a quotation."""
_PAGE = "---\n"


def write(document: TextDocument, beside: Beside) -> bytes:
    """A note. It holds what lines say, where blocks begin, and which of them stand in the margin."""
    return "\n".join(_note(document.title, page, beside) for page in document.pages).encode("utf-8", "backslashreplace")


def _note(title: str, page: TextPage, beside: Beside) -> str:
    picture = beside.names[0] if beside.names else page.image
    facts = {"title": title, "page": page.number, "label": page.label, "image": page.image, "file": page.file}
    head = "".join(f"{name}: {json.dumps(fact, ensure_ascii=False)}\n" for name, fact in facts.items() if fact)
    parts = [f"![{_escaped(page.image)}]({_link(picture)})"] if picture else []
    for at, lines in by_block(page):
        ahead = _MARGIN if at is not None and page.blocks[at].kind == "margin" else ""
        parts.append("  \n".join(f"{ahead}{_escaped(line.text)}" for line in lines if line.text))
    links = [f"[{sign}]({_link(name)})" for sign, name in (("←", beside.before), ("→", beside.after)) if name]
    return f"{_PAGE}{head}{_PAGE}\n" + "\n\n".join(filter(None, [*parts, " ".join(links)])) + "\n"


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
    found = [(kind, lines) for kind, lines in map(_block, _paragraphs(body)) if lines]
    lines = [TextLine((TextReading(line),), block=at) for at, (_, rows) in enumerate(found) for line in rows]
    label, image, file = (str(facts.get(name, "")) for name in ("label", "image", "file"))
    blocks = tuple(TextBlock(kind) for kind, _ in found)
    return TextPage(0, 0, tuple(lines), blocks, whole(str(facts.get("page", "")), at), label, image, file)


def _paragraphs(body: str) -> Iterator[list[str]]:
    """The paragraphs of a note that are text: pictures and links stand in paragraphs of their own."""
    for part in re.split(r"\n\s*\n", body):
        rows = [row.strip() for row in part.splitlines() if row.strip()]
        if rows and not rows[0].startswith(("![", "[←](", "[→](")):
            yield rows


def _block(rows: Sequence[str]) -> tuple[BlockKind, list[str]]:
    margin = all(row.startswith(_MARGIN.strip()) for row in rows)
    plain = [row.removeprefix(_MARGIN.strip()) if margin else row for row in rows]
    return ("margin" if margin else "main"), [nfc(_ESCAPED.sub(r"\1", row)) for row in plain]
