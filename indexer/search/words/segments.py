"""Segments of the Whoosh index: which of their documents count, which are joined, and the file of words beside each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from whoosh.reading import SegmentReader

from indexer.search.tiers import to_merge
from indexer.search.words import vocabulary
from indexer.search.words.documents import COLUMNS, schema
from indexer.search.words.lookup import FIELDS
from indexer.system.files import replacing, sync

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexer.search.words.vocabulary import Vocabulary

WORDS = "*.words"
_AT_ONCE, _TIMES = 300, 8
"""Documents that a commit may join, whatever it brings, and how many times as many as it brings."""


def alive(segment: Any) -> NDArray[np.bool_]:
    """Which documents of a segment count."""
    counts = np.ones(segment.doc_count_all(), bool)
    counts[np.fromiter(segment.deleted_docs(), np.intp)] = False
    return counts


def copy(writer: Any, storage: Any, segments: Sequence[Any]) -> None:
    """Add the documents of segments to what a writer writes."""
    for segment in segments:
        reader = SegmentReader(storage, schema(), segment)
        try:
            writer.add_reader(reader)
        finally:
            reader.close()


def joined(writer: Any, segments: list[Any], brought: int) -> list[Any]:
    """The segments that stay as they are in a commit that brings so many documents; the small ones are joined into it.

    Whoosh's own merge policy would now and then merge the whole archive because of one more page. Large segments are
    joined apart (``SearchIndex.tidy``). Segments without a document left are dropped.
    """
    chosen = [segments[at] for at in to_merge([segment.doc_count() for segment in segments])]
    if sum(segment.doc_count() for segment in chosen) > max(_AT_ONCE, _TIMES * brought):
        chosen = []
    copy(writer, writer.storage, chosen)
    return [segment for segment in segments if segment.doc_count() and segment not in chosen]


def words_file(folder: Path, segment: Any) -> Path:
    """Where the words of a segment lie."""
    return folder / f"{segment.segment_id()}.words"


def words(folder: Path, segment: Any) -> Vocabulary:
    """The words of a segment; raises ``FileNotFoundError`` without the file, ``ValueError`` for a damaged one."""
    return vocabulary.load(words_file(folder, segment), FIELDS, COLUMNS, segment.doc_count_all())


def write_words(folder: Path, storage: Any, segment: Any) -> None:
    """Write the words of a segment beside it."""
    reader = SegmentReader(storage, schema(), segment)
    try:
        with replacing(words_file(folder, segment), lasting=False) as new:
            vocabulary.save(vocabulary.made(reader, FIELDS, COLUMNS), new)
            sync(new)  # before it counts: zeros in a large file would not be noticed
    finally:
        reader.close()
