"""The catalogue: the truth about every file, page, line, reading and correction. The only package with SQL."""

from indexer.catalog.store import Catalog, Counts, KnownFile

__all__ = ["Catalog", "Counts", "KnownFile"]
