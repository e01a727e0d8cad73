"""The spellings of a name or word: what is asked for in, its spellings with their prior probabilities out."""

from indexer.search.variants.speller import Speller, with_spellings

__all__ = ["Speller", "with_spellings"]
