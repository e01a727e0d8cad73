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
    StandingOrder,
    Sureness,
)
from indexer.catalog.saying import revision_of, typed
from indexer.catalog.store import Catalog

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
    "StandingOrder",
    "Sureness",
    "revision_of",
    "typed",
]
