"""Opening PDF documents: passwords, damage told apart from what is locked, how many pages there are."""

from __future__ import annotations

import unicodedata
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.api import PluginError, mupdf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexer.api import SourceOptions

_BACKUP = "Restore it from a backup."


@contextmanager
def opened(file: Path | bytes, options: SourceOptions) -> Iterator[Any]:
    """A document, unlocked, its cross-references mended where they are broken and MuPDF can."""
    data = file if isinstance(file, bytes) else _content(file)
    with mupdf() as pymupdf, damage("the PDF cannot be opened", _BACKUP):
        document = pymupdf.open(None if data is not None else str(file), data, filetype="pdf")
    try:
        with mupdf(), damage("the PDF cannot be opened", _BACKUP):
            locked = document.needs_pass and not any(map(document.authenticate, _forms(options.passwords)))
        if locked:
            tried = "none of the passwords opens it" if options.passwords else "it needs a password"
            hint = "Give a file with its password: --password-file."
            raise PluginError(f"the PDF is encrypted; {tried}", hint, kind="encrypted")
        yield document
    finally:
        with mupdf():
            document.close()


def _forms(passwords: tuple[str, ...]) -> Iterator[str]:
    """The passwords as given, and with accents in a piece with their letters and apart: a document knows one form."""
    for password in passwords:
        forms = (password, unicodedata.normalize("NFC", password), unicodedata.normalize("NFD", password))
        yield from dict.fromkeys(forms)


def _content(path: Path) -> bytes | None:
    """What is in a file whose name MuPDF cannot be told; raises ``PluginError`` for one that cannot be opened."""
    try:
        with path.open("rb") as stream:
            return None if _is_utf8(path) else stream.read()
    except OSError as error:
        raise PluginError(f"it cannot be read: {error.strerror}", kind="unreadable") from error


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def damage(message: str, hint: str = "") -> Iterator[None]:
    """Turns what MuPDF raises into a ``PluginError``."""
    try:
        yield
    except PluginError:
        raise
    except MemoryError as error:
        raise PluginError("there is not enough memory for the page", kind="too-large") from error
    except Exception as error:  # MuPDF's own classes have no base in common but this
        raise PluginError(f"{message} ({short(error)})", hint) from error


def short(error: Exception) -> str:
    """An error of MuPDF in a line."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def page_count(document: Any) -> int:
    """How many pages there are; raises ``PluginError`` without any."""
    with mupdf(), damage("the list of pages is damaged"):
        count = int(document.page_count)
        mended = bool(document.is_repaired)
    if count == 0 and mended:
        raise PluginError("the PDF is so damaged that no page of it is left", _BACKUP)
    if count == 0:
        raise PluginError("the PDF has no pages", kind="empty")
    return count


def page_of(document: Any, index: int) -> Any:
    """A page by its number from 0; to be asked for under MuPDF's lock."""
    with damage("the page is damaged"):
        return document[index]


def is_form_for_acrobat(document: Any) -> bool:
    """Whether its pages are made by Acrobat alone from a form in XML (XFA), and say so instead of showing it."""
    with mupdf():
        try:
            root = document.pdf_catalog()
            form, rendered = document.xref_get_key(root, "AcroForm/XFA"), document.xref_get_key(root, "NeedsRendering")
        except Exception:  # noqa: BLE001 - its pages can still be read
            return False
    return bool(form[0] != "null" and rendered[1] == "true")
