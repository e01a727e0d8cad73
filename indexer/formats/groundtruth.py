"""Reads the ground truth beside a file, ALTO or PAGE XML: what stands on its pages, and where."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING

from indexer.formats import alto, pagexml
from indexer.formats.fitting import fitted
from indexer.formats.markup import TruthLine, TruthPage, name_of
from indexer.system.paths import is_there
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TruthLine", "TruthPage", "fitted", "parsed", "truth_for"]
_FORMATS = {"alto": alto.read, "PcGts": pagexml.read}
PLAIN = ("TEI", "TEI.2", "teiCorpus")
"""Roots of XML that has text without places (``indexer.formats.page_text``)."""


def truth_for(file: Path) -> tuple[TruthPage, ...] | None:
    """The ground truth of a file's pages, from the XML file beside it with the same stem. ``None`` if there is none.

    An ALTO file may hold several pages. TEI has no places, so it is none. Raises ``UsageError`` if the XML is another
    one, cannot be read, declares a document type, or has text without a place or a size.
    """
    path = file.with_suffix(".xml")
    if not is_there(path) or path.is_dir():
        return None
    try:
        root = parsed(path.read_bytes())
        if name_of(root) in _FORMATS:
            return tuple(_FORMATS[name_of(root)](root))
        if name_of(root) in PLAIN:
            return None
    # What can be wrong with a file: it cannot be read, is no XML, has an unknown encoding or sizes that are no numbers.
    except (OSError, ElementTree.ParseError, LookupError, ValueError, ArithmeticError, RecursionError) as error:
        raise UsageError(
            f"the ground truth {path} cannot be read: {error}", "Save it in another way, or move it away."
        ) from error
    raise UsageError(f"{path} is neither ALTO nor PAGE XML", "Move it away if it is no transcription.")


def parsed(data: bytes) -> ElementTree.Element:
    """The root of an XML file; raises ``ValueError`` if it declares a document type."""
    parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314 - no document type, so no entities to expand
    return ElementTree.fromstring(data, parser=parser)  # noqa: S314 - as above


class _Builder(ElementTree.TreeBuilder):
    """Refuses a document type as soon as the parser meets it. So no entity is ever expanded, in any encoding."""

    def doctype(self, *_: object) -> None:
        raise ValueError("it declares a document type, which ground truth has no need of")
