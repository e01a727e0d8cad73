"""The spellings of a name or word: what is asked for in, its spellings with their prior probabilities out."""

from indexer.search.variants.speller import Speller

__all__ = ["Speller"]
