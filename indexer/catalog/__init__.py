"""The catalogue: the truth about every file, page, line, reading and correction. The only package with SQL."""

from indexer.catalog.saying import revision_of, typed
from indexer.catalog.store import Catalog
from indexer.catalog.values import Counts, Document, DocumentPage, Job, JobState, Kind, KnownFile, Orphan, Said

__all__ = [
    "Catalog",
    "Counts",
    "Document",
    "DocumentPage",
    "Job",
    "JobState",
    "Kind",
    "KnownFile",
    "Orphan",
    "Said",
    "revision_of",
    "typed",
]
