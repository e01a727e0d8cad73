"""Opens PDF documents: tries passwords, tells damaged files from locked ones, and counts pages."""

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
    """A document, unlocked. MuPDF repairs broken cross-references if it can."""
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
    """The passwords as given, and in the forms NFC and NFD of their accents: a document accepts only one form."""
    for password in passwords:
        forms = (password, unicodedata.normalize("NFC", password), unicodedata.normalize("NFD", password))
        yield from dict.fromkeys(forms)


def _content(path: Path) -> bytes | None:
    """The content of a file, for names that MuPDF cannot take. Raises ``PluginError`` if it cannot be opened."""
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
    """Turn what MuPDF raises into a ``PluginError``."""
    try:
        yield
    except PluginError:
        raise
    except MemoryError as error:
        raise PluginError("there is not enough memory for the page", kind="too-large") from error
    except Exception as error:  # the classes of MuPDF have no other common base
        raise PluginError(f"{message} ({short(error)})", hint) from error


def short(error: Exception) -> str:
    """An error of MuPDF as one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def page_count(document: Any) -> int:
    """The number of pages. Raises ``PluginError`` if there are none."""
    with mupdf(), damage("the list of pages is damaged"):
        count = int(document.page_count)
        mended = bool(document.is_repaired)
    if count == 0 and mended:
        raise PluginError("the PDF is so damaged that no page of it is left", _BACKUP)
    if count == 0:
        raise PluginError("the PDF has no pages", kind="empty")
    return count


def page_of(document: Any, index: int) -> Any:
    """A page by its number from 0. Call it under MuPDF's lock."""
    with damage("the page is damaged"):
        return document[index]


def check_whole(document: Any, page: Any) -> None:
    """Raise ``PluginError`` if what stands on a page of a damaged PDF is lost: MuPDF shows it as empty.

    Call it under MuPDF's lock.
    """
    if not document.is_repaired:
        return
    with damage("the page is damaged"):
        there = page.xref < document.xref_length() and document.xref_object(page.xref) != "null"
        parts = [*page.get_contents(), *(each[0] for each in page.get_images())] if there else []
        lost = not there or any(not document.xref_is_stream(each) for each in parts)
    if lost:
        raise PluginError("what stands on the page is lost: the PDF is cut short or damaged", _BACKUP)


def is_form_for_acrobat(document: Any) -> bool:
    """Whether it is an XFA form. Only Acrobat makes its pages from XML: all others show a note instead."""
    with mupdf():
        try:
            root = document.pdf_catalog()
            form, rendered = document.xref_get_key(root, "AcroForm/XFA"), document.xref_get_key(root, "NeedsRendering")
        except Exception:  # noqa: BLE001 - its pages can still be read
            return False
    return bool(form[0] != "null" and rendered[1] == "true")
