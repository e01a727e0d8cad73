"""Keyword spotting: the posteriorgrams of all lines, laid out so that a query is aligned with them quickly."""

from indexer.posteriors.alignment import Term
from indexer.search.spotting.candidates import Spotter
from indexer.search.spotting.probabilistic_index import PATIENCE, ProbabilisticIndex
from indexer.search.spotting.trouble import remedy

__all__ = ["PATIENCE", "ProbabilisticIndex", "Spotter", "Term", "remedy"]
