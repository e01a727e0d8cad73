"""SQLite's errors as sentences with a next step."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from indexer.system.lacking import more_files, no_file_left
from indexer.translation import _
from indexer.values.errors import IndexFolderError, MissingError, UnavailableError, UnwritableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME = "catalog.sqlite"
OLDEST_SQLITE = (3, 25)
"""The oldest SQLite with all that our statements use (upserts, window functions, renamed columns): of 2018."""
_SAID = {
    "is full": "FULL",
    "disk I/O": "IOERR",
    "readonly": "READONLY",
    "unable to open": "CANTOPEN",
    "locked": "BUSY",
    "malformed": "CORRUPT",
    "not a database": "NOTADB",
}
"""Words in SQLite's messages and the names of the errors, for Python before 3.11, which does not give the names."""


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn SQLite's errors into ones that name the folder and the next step."""
    try:
        yield
    except sqlite3.Error as error:
        raise _what_to_do(error, folder / FILE_NAME) from error
    except UnicodeDecodeError as error:  # in a stored text, or in a message of SQLite
        raise IndexFolderError(
            _("%(folder)s is damaged: it has letters that are none", folder=folder / FILE_NAME),
            _("Restore it from a backup, or move it away and index again."),
        ) from error
    except OverflowError as error:  # SQLite's integers have 64 bits
        raise MissingError(_("there is nothing with a number as large as that"), _("Is it typed rightly?")) from error


def _what_to_do(error: sqlite3.Error, where: Path) -> IndexFolderError:
    """An error of SQLite as one of ours, with the next step. Only what SQLite calls damage is called so."""
    kind, text = _kind(error), str(error)
    if kind == "FULL":
        return UnwritableError(
            _("no room to write %(where)s", where=where),
            _("Free some space and run the command again: what was read is kept."),
        )
    if kind == "IOERR":
        return UnwritableError(
            _("the disk does not read or write %(where)s (%(text)s)", where=where, text=text),
            _("Is the drive attached, and is there space left? What was read is kept."),
        )
    if kind == "CANTOPEN" and no_file_left():
        return UnwritableError(_("cannot open %(where)s: too many files are open", where=where), more_files())
    if kind in ("READONLY", "CANTOPEN", "PERM", "AUTH"):
        return UnwritableError(
            _("cannot open or write %(where)s", where=where), _("Check the folder's permissions or use --index.")
        )
    if kind in ("BUSY", "LOCKED"):
        return IndexFolderError(
            _("%(where)s is busy", where=where), _("Another notes is writing to it; try again soon.")
        )
    if kind in ("CORRUPT", "NOTADB"):
        return IndexFolderError(
            _("%(where)s is damaged: %(text)s", where=where, text=text),
            _("Restore it from a backup, or move it away and index again."),
        )
    return IndexFolderError(
        _("%(where)s cannot be used now: %(text)s", where=where, text=text),
        _("What was read is kept. Please report it."),
    )


def _kind(error: sqlite3.Error) -> str:
    """The name of an error without details, such as ``BUSY``; found by its words where Python does not give it."""
    name = str(getattr(error, "sqlite_errorname", "") or "")
    if name:
        return name.split("_")[1]
    text = str(error)
    return next((kind for words, kind in _SAID.items() if words in text), "ERROR")


def check_sqlite(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """The version of SQLite; raises ``UnavailableError`` when it is too old for the catalogue."""
    said, least = (".".join(map(str, each)) for each in (version, OLDEST_SQLITE))
    if version < OLDEST_SQLITE:
        raise UnavailableError(
            _("this Python has SQLite %(said)s, and the catalogue needs %(least)s or newer", said=said, least=least),
            _("Use a Python with a newer SQLite, such as one from python.org, conda or uv."),
        )
    return said
