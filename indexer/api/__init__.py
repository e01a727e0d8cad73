"""The only module a plugin imports: the hook marker, the value types, PluginError, images, lines and posteriorgrams.

The names in ``__all__``, the hooks and their arguments stay as they are while ``VERSION`` is the same; what is added is
optional. ``VERSION`` goes up by one when something is removed or changes its meaning. A plugin may rely on nothing else
in ``indexer``; its tests use ``indexer.api.testing``. An index of an older version is brought forward when it is
opened, and a copy of its catalogue is kept: what a plugin read stays.
"""

from indexer.api.hooks import hookimpl
from indexer.api.models import LANGUAGE, NETWORK, RecognitionModel, read_weights, write_weights
from indexer.api.models import load as load_model
from indexer.formats.added import Format
from indexer.formats.descriptive import descriptive_metadata
from indexer.formats.document import TextBlock, TextDocument, TextLine, TextPage, TextReading, TextWord
from indexer.image.decoding import SUFFIXES as IMAGE_SUFFIXES
from indexer.image.decoding import decode_image, opened_image, upright
from indexer.image.geometry import along
from indexer.image.mupdf import mupdf
from indexer.image.ruling_mask import ruling_mask
from indexer.image.strips import straightened
from indexer.image.tiff import image_pages
from indexer.posteriors.posteriorgram import PosteriorgramPacker, best_path
from indexer.system.asking import ask as ask_server
from indexer.system.files import whole_file
from indexer.text.xml_tree import parsed as parse_xml
from indexer.values import (
    Block,
    Box,
    Check,
    CheckResult,
    DescriptionField,
    Engine,
    EngineOptions,
    Inside,
    Layered,
    Line,
    LineReader,
    LineRecogniser,
    LineShape,
    Packed,
    Page,
    PageLines,
    PageRecogniser,
    Partial,
    Point,
    ReadsTogether,
    Recogniser,
    SecondReader,
    Source,
    SourceFile,
    SourceOptions,
    TextLayer,
    Trainable,
    Variants,
    Word,
    WritesLastLayers,
)
from indexer.values.errors import PluginError

VERSION = 1
"""It is raised when something that a plugin may rely on is removed or changes."""

__all__ = [
    "IMAGE_SUFFIXES",
    "LANGUAGE",
    "NETWORK",
    "VERSION",
    "Block",
    "Box",
    "Check",
    "CheckResult",
    "DescriptionField",
    "Engine",
    "EngineOptions",
    "Format",
    "Inside",
    "Layered",
    "Line",
    "LineReader",
    "LineRecogniser",
    "LineShape",
    "Packed",
    "Page",
    "PageLines",
    "PageRecogniser",
    "Partial",
    "PluginError",
    "Point",
    "PosteriorgramPacker",
    "ReadsTogether",
    "Recogniser",
    "RecognitionModel",
    "SecondReader",
    "Source",
    "SourceFile",
    "SourceOptions",
    "TextBlock",
    "TextDocument",
    "TextLayer",
    "TextLine",
    "TextPage",
    "TextReading",
    "TextWord",
    "Trainable",
    "Variants",
    "Word",
    "WritesLastLayers",
    "along",
    "ask_server",
    "best_path",
    "decode_image",
    "descriptive_metadata",
    "hookimpl",
    "image_pages",
    "load_model",
    "mupdf",
    "opened_image",
    "parse_xml",
    "read_weights",
    "ruling_mask",
    "straightened",
    "upright",
    "whole_file",
    "write_weights",
]
