"""The only module a plugin imports: the hook marker, the value types, PluginError, images, lines and their frames."""

from indexer.errors import PluginError
from indexer.frames import FramePacker
from indexer.geometry import along
from indexer.hookspecs import hookimpl
from indexer.imaging import SUFFIXES as IMAGE_SUFFIXES
from indexer.imaging import decode_image, opened_image, upright
from indexer.model import (
    Box,
    Check,
    CheckResult,
    Engine,
    EngineOptions,
    Line,
    Page,
    Partial,
    Point,
    Reader,
    Source,
    SourceFile,
    SourceOptions,
    TextLayer,
    Word,
)
from indexer.mupdf import mupdf
from indexer.readers import LANGUAGE, NETWORK, ReaderPackage
from indexer.readers import load as load_reader
from indexer.tiff import image_pages

__all__ = [
    "IMAGE_SUFFIXES",
    "LANGUAGE",
    "NETWORK",
    "Box",
    "Check",
    "CheckResult",
    "Engine",
    "EngineOptions",
    "FramePacker",
    "Line",
    "Page",
    "Partial",
    "PluginError",
    "Point",
    "Reader",
    "ReaderPackage",
    "Source",
    "SourceFile",
    "SourceOptions",
    "TextLayer",
    "Word",
    "along",
    "decode_image",
    "hookimpl",
    "image_pages",
    "load_reader",
    "mupdf",
    "opened_image",
    "upright",
]
