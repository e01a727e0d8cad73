"""Finding words in the ink: the frame probabilities of every line kept ready, and a query scored against them."""

from indexer.posteriors.alignment import Term
from indexer.search.spotting.candidates import Spotter
from indexer.search.spotting.probabilistic_index import PATIENCE, ProbabilisticIndex, remedy

__all__ = ["PATIENCE", "ProbabilisticIndex", "Spotter", "Term", "remedy"]
