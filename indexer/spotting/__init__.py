"""Finding words in the ink: the frame probabilities of every line kept ready, and a query scored against them."""

from indexer.spotting.alignment import Term
from indexer.spotting.finder import InkFinder
from indexer.spotting.store import PATIENCE, InkIndex, remedy

__all__ = ["PATIENCE", "InkFinder", "InkIndex", "Term", "remedy"]
