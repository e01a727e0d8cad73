"""The frozen types that every room speaks in; they do next to nothing. This package imports nothing of ours.

Coordinates are pixels of the upright page image, with the origin at the top left. Confidences are fractions from 0 to
1, or ``None`` when there is none: unknown is not low.
"""

from indexer.values.engine import (
    Check,
    CheckResult,
    Engine,
    EngineChoice,
    EngineOptions,
    LineReader,
    PageLines,
    Partial,
    Recogniser,
    SecondReader,
    Variants,
)
from indexer.values.hit import Completion, FoundIn, Hit, Place, Reach, SearchOptions, SearchResult, Within
from indexer.values.layout import Block, BlockKind, Box, Line, Point, Word
from indexer.values.line import REVIEW_ORDERS, Feed, IndexLine, IndexPage, OtherReading, ReviewOrder, Status, StoredLine
from indexer.values.page import Inside, Packed, Page, Source, SourceFile, SourceOptions, TextLayer
from indexer.values.reading import HIDDEN_TEXT, HUMAN, TEXT_LAYER, Failure, Origin, PageReading, Picture, Reading
from indexer.values.table import Cell, Column, Entry, TableColumns, TablePage
from indexer.values.trainable import (
    Layered,
    LineRecogniser,
    LineShape,
    PageRecogniser,
    ReadsTogether,
    Trainable,
)

__all__ = [
    "HIDDEN_TEXT",
    "HUMAN",
    "REVIEW_ORDERS",
    "TEXT_LAYER",
    "Block",
    "BlockKind",
    "Box",
    "Cell",
    "Check",
    "CheckResult",
    "Column",
    "Completion",
    "Engine",
    "EngineChoice",
    "EngineOptions",
    "Entry",
    "Failure",
    "Feed",
    "FoundIn",
    "Hit",
    "IndexLine",
    "IndexPage",
    "Inside",
    "Layered",
    "Line",
    "LineReader",
    "LineRecogniser",
    "LineShape",
    "Origin",
    "OtherReading",
    "Packed",
    "Page",
    "PageLines",
    "PageReading",
    "PageRecogniser",
    "Partial",
    "Picture",
    "Place",
    "Point",
    "Reach",
    "Reading",
    "ReadsTogether",
    "Recogniser",
    "ReviewOrder",
    "SearchOptions",
    "SearchResult",
    "SecondReader",
    "Source",
    "SourceFile",
    "SourceOptions",
    "Status",
    "StoredLine",
    "TableColumns",
    "TablePage",
    "TextLayer",
    "Trainable",
    "Variants",
    "Within",
    "Word",
]
