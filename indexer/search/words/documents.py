"""What a line is in the Whoosh index: a document for each of its readings. No text is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from whoosh import columns, fields
from whoosh.analysis import SpaceSeparatedTokenizer

from indexer.search.certainty import certainty, disowned
from indexer.search.words import tables
from indexer.text.folding import search_words
from indexer.text.hyphenation import followed, wholes
from indexer.text.unread import marked_words
from indexer.values import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.values import IndexPage

COLUMNS = {
    "line": np.int64, "page": np.int64, "kind": np.uint8, "sure": np.float32,
    "next": np.int64, "words": np.uint16, "first": np.uint32, "last": np.uint32,
}  # fmt: skip
"""What is kept of each document, and the type of each column: ``next`` is the line that follows in its block, 0 when
none does; ``words`` is the number of words, ``first`` and ``last`` are checksums of two of them."""
_MOST_WORDS = 0xFFFF
COUNTS, WHOLE, OTHER = range(3)
"""What a document is: the reading that counts; that reading with its last word joined over the line end; another
reading."""


def _text() -> fields.TEXT:
    text = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=True)
    text.format = tables.Positions()
    return text


def schema() -> fields.Schema:
    """The fields of a document."""
    return fields.Schema(
        # Two fields, so that the words of the archive are those of the readings that count.
        text=_text(),
        other=_text(),
        # Columns write no terms at all.
        page=fields.COLUMN(columns.NumericColumn("q", default=0)),
        line=fields.COLUMN(columns.NumericColumn("q", default=0)),
        kind=fields.COLUMN(columns.NumericColumn("B", default=COUNTS)),
        sure=fields.COLUMN(columns.NumericColumn("f", default=0)),
        next=fields.COLUMN(columns.NumericColumn("q", default=0)),
        words=fields.COLUMN(columns.NumericColumn("H", default=0)),
        first=fields.COLUMN(columns.NumericColumn("I", default=0)),
        last=fields.COLUMN(columns.NumericColumn("I", default=0)),
    )


def add(writer: Any, page: IndexPage) -> None:
    """Add the readings of a page's lines."""
    lines = [line for line in page.lines if line.status is not Status.REJECTED]  # no phrase goes on in a rejected line
    texts, blocks = [line.text for line in lines], [line.block for line in lines]
    for at, (line, follows, joined) in enumerate(
        zip(lines, followed(texts, blocks), wholes(texts, blocks), strict=True)
    ):
        common = {"page": page.id, "line": line.id}
        going_on = {**common, "next": lines[at + 1].id if follows else 0}
        words = marked_words(line.text)
        writer.add_document(text=" ".join(words), kind=COUNTS, sure=certainty(line), **going_on, **_ends(words))
        if joined is not None:
            sure = min(certainty(line), certainty(lines[at + 1]))
            writer.add_document(other=" ".join(joined), kind=WHOLE, sure=sure, **going_on, **_ends(joined))
        for other in line.others:
            sure = disowned(other.confidence, certainty(line))
            writer.add_document(other=" ".join(search_words(other.text)), kind=OTHER, sure=sure, **common)


def _ends(words: Sequence[str]) -> dict[str, int]:
    """What is kept of the words of a line, so that phrases are found that go on over its ends."""
    if not words:
        return {}
    first, last = (crc32(words[at].encode()) for at in (0, -1))
    return {"words": min(len(words), _MOST_WORDS), "first": first, "last": last}
