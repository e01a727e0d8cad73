"""The catalogue: the truth about every file, page, line, reading and correction. The only package with SQL."""

from indexer.catalog.records import (
    Counts,
    Deed,
    Document,
    DocumentPage,
    DrawnLine,
    Forgotten,
    Job,
    JobState,
    Kind,
    KnownFile,
    Orphan,
    PageOrder,
    Said,
    SaidWord,
    StandingOrder,
    Sureness,
    WordBatch,
    WordsKept,
)
from indexer.catalog.saying import revision_of, typed
from indexer.catalog.store import Catalog
from indexer.catalog.word_verdicts import one_word

__all__ = [
    "Catalog",
    "Counts",
    "Deed",
    "Document",
    "DocumentPage",
    "DrawnLine",
    "Forgotten",
    "Job",
    "JobState",
    "Kind",
    "KnownFile",
    "Orphan",
    "PageOrder",
    "Said",
    "SaidWord",
    "StandingOrder",
    "Sureness",
    "WordBatch",
    "WordsKept",
    "one_word",
    "revision_of",
    "typed",
]
