"""What a line is in the Whoosh index: a document for each of its readings. No text is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from whoosh import columns, fields
from whoosh.analysis import SpaceSeparatedTokenizer

from indexer.search.certainty import certainty, disowned
from indexer.search.words import tables
from indexer.text.folding import search_words
from indexer.text.hyphenation import wholes
from indexer.values import Status

if TYPE_CHECKING:
    from indexer.values import IndexPage

COLUMNS = {"line": np.int64, "page": np.int64, "kind": np.uint8, "sure": np.float32}
"""What is kept of each document, and the type of each column."""
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
    )


def add(writer: Any, page: IndexPage) -> None:
    """Add the readings of a page's lines."""
    lines = [line for line in page.lines if line.status is not Status.REJECTED]  # no word goes on in a rejected line
    whole = wholes([line.text for line in lines], [line.block for line in lines])
    for at, line in enumerate(lines):
        common = {"page": page.id, "line": line.id}
        writer.add_document(text=" ".join(search_words(line.text)), kind=COUNTS, sure=certainty(line), **common)
        if (joined := whole[at]) is not None:
            sure = min(certainty(line), certainty(lines[at + 1]))
            writer.add_document(other=" ".join(joined), kind=WHOLE, sure=sure, **common)
        for other in line.others:
            sure = disowned(other.confidence, certainty(line))
            writer.add_document(other=" ".join(search_words(other.text)), kind=OTHER, sure=sure, **common)
