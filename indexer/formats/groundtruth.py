"""Reads the ground truth beside a file, ALTO or PAGE XML: what stands on its pages, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.formats.fitting import fitted
from indexer.formats.reading import NO_PLACES, PLACES, UNREADABLE, read_xml, root_of
from indexer.formats.truth import TruthLine, TruthPage, truth_of
from indexer.system.paths import is_there
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TruthLine", "TruthPage", "fitted", "truth_for"]


def truth_for(file: Path) -> tuple[TruthPage, ...] | None:
    """The ground truth of a file's pages, from the XML file beside it with the same stem. ``None`` if there is none.

    An ALTO file may hold several pages. TEI need not have places, so it is none. Raises ``UsageError`` if the XML is
    another one, cannot be read, declares a document type, or has text without a place or a size.
    """
    path = file.with_suffix(".xml")
    if not is_there(path) or path.is_dir():
        return None
    try:
        root, name = root_of(path)
        if name in PLACES:
            return tuple(map(truth_of, read_xml(root, name).pages))
        if name in NO_PLACES:
            return None
    except UNREADABLE as error:
        raise UsageError(
            _("the ground truth %(path)s cannot be read: %(why)s", path=path, why=error),
            _("Save it in another way, or move it away."),
        ) from error
    raise UsageError(
        _("%(path)s is neither ALTO nor PAGE XML", path=path), _("Move it away if it is no transcription.")
    )
