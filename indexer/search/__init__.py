"""Full-text search: a query in, hits out. The only package that knows Whoosh."""

from indexer.search.finder import Finder, find
from indexer.search.in_column import find as find_in_column
from indexer.search.words.whoosh_index import SearchIndex

__all__ = ["Finder", "SearchIndex", "find", "find_in_column"]
