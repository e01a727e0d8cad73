"""Full-text search: a query in, hits out. The only package that knows Whoosh."""

from indexer.search.finder import Finder, find
from indexer.search.store import SearchIndex

__all__ = ["Finder", "SearchIndex", "find"]
