"""Reads the text beside a file that says nothing of places: plain text, TEI, or a Word file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.formats import word
from indexer.formats.markup import decoded
from indexer.formats.reading import NO_PLACES, UNREADABLE, bytes_of, read_xml, root_of
from indexer.system.paths import is_there
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.formats.document import TextDocument


def text_for(file: Path) -> str | None:
    """The text of the pages of a file, from NAME.txt, NAME.xml (TEI) or NAME.docx beside it. ``None`` if there is none.

    Raises ``UsageError`` for a file that cannot be read.
    """
    for suffix, read in ((".txt", _plain), (".xml", _tei), (".docx", word.text_of)):
        path = file.with_suffix(suffix)
        if path == file or not is_there(path) or path.is_dir():
            continue
        try:
            return read(path)
        except (*UNREADABLE, *word.DAMAGE) as error:
            hint = _("Save it in another way (text as UTF-8), or move it away.")
            raise UsageError(_("the text %(path)s cannot be read: %(why)s", path=path, why=error), hint) from error
    return None


def _plain(path: Path) -> str:
    return decoded(bytes_of(path))


def _tei(path: Path) -> str | None:
    """The text of a TEI file as it stands on the page; ``None`` for other XML, which has places."""
    root, name = root_of(path)
    return _joined(read_xml(root, name)) if name in NO_PLACES else None


def _joined(document: TextDocument) -> str:
    """The lines of a document, a line each; a word that goes on in the next line is whole."""
    lines = [line for page in document.pages for line in page.lines]
    return "".join(f"{line.text}{'' if line.goes_on else chr(10)}" for line in lines)
