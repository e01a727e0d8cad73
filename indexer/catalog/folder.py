"""An index folder before its catalogue is opened: its names, whether there is a catalogue, whether anybody writes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from platformdirs import user_config_path

from indexer.catalog.trouble import FILE_NAME
from indexer.system.files import make_folder, replacing
from indexer.system.paths import Presence, is_gone, presence_of
from indexer.translation import _
from indexer.values.errors import IndexFolderError

ADDRESS = "catalog.url"
"""The file in an index folder that says where its catalogue is, if that is shared. A password may stand in it."""
_CONFIRMED = "shared-catalogues"
"""The file among the settings of a person with the hashes of the addresses that they use."""
SHARED = ("postgresql://", "postgres://")
"""How the address of a shared catalogue begins."""


def homes_of(folder: Path) -> tuple[Path, ...]:
    """The names of an index folder: the one that was given and, if links lead there, its real one."""
    path = os.path.abspath(folder)  # noqa: PTH100 - with links kept
    return tuple(dict.fromkeys((Path(path), Path(os.path.realpath(path)))))


def address_in(folder: Path) -> str | None:
    """Where the shared catalogue of an index folder is; ``None`` if it has a catalogue of its own, or none."""
    if not _is_shared(folder):
        return None
    try:
        address = (folder / ADDRESS).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise IndexFolderError(
            _("cannot read %(path)s", path=folder / ADDRESS), _("It says where the shared catalogue is.")
        ) from error
    if not address.startswith(SHARED):
        raise IndexFolderError(
            _("%(path)s names no shared catalogue", path=folder / ADDRESS),
            _("Name it anew: notes catalog use postgresql://…"),
        )
    if _digest(address) not in _confirmed():
        raise IndexFolderError(
            _(
                "the index in %(folder)s says that its catalogue is in a PostgreSQL, and you have not said so",
                folder=folder,
            ),
            _("Nobody was asked there. If you trust the address in %(file)s: notes catalog use ADDRESS", file=ADDRESS),
        )
    return address


def confirm(address: str) -> None:
    """Note that this person uses a shared catalogue. An index folder may come from anybody: no other is connected to,
    nor gets a password."""
    confirmed = _confirmed() | {_digest(address)}
    path = user_config_path("notes", appauthor=False) / _CONFIRMED
    make_folder(path.parent)
    with replacing(path) as partial:
        partial.write_text("".join(f"{each}\n" for each in sorted(confirmed)), encoding="utf-8")


def _confirmed() -> frozenset[str]:
    try:
        path = user_config_path("notes", appauthor=False) / _CONFIRMED
        return frozenset(path.read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError):
        return frozenset()


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


def _is_shared(folder: Path) -> bool:
    # At each opening this is asked several times: it is one look at the disk, and false for whatever cannot be read.
    return os.path.exists(folder / ADDRESS)  # noqa: PTH110


def is_begun(folder: Path) -> bool:
    """Whether an index folder has a catalogue, of its own or a shared one, or that cannot be told."""
    return _is_shared(folder) or not is_gone(folder / FILE_NAME)


def writable(folder: Path) -> bool:
    """Whether the catalogue in a folder can be changed or made. Of a shared one the database tells."""
    path = folder / FILE_NAME
    shared = _is_shared(folder)
    return shared or (os.access(folder, os.W_OK) and (not has_catalogue(path) or os.access(path, os.W_OK)))


def file_in(folder: Path) -> tuple[int, int] | None:
    """Which file the catalogue in a folder is now; ``None`` if it is not there or cannot be looked at."""
    try:
        status = (folder / FILE_NAME).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def has_catalogue(path: Path) -> bool:
    """Whether there is a file at this path; raises ``IndexFolderError`` when that cannot be told."""
    presence = presence_of(path)
    if presence is Presence.UNKNOWN:
        raise IndexFolderError(
            _("cannot look into the index folder %(parent)s", parent=path.parent),
            _("Check its permissions or its drive."),
        )
    return presence is Presence.THERE


def check_index(folder: Path) -> None:
    """Raise ``IndexFolderError`` if there is no catalogue any more where there was one: none is begun in its place."""
    if not _is_shared(folder) and not has_catalogue(folder / FILE_NAME):
        raise IndexFolderError(
            _("no index in %(folder)s any more", folder=folder),
            _("Was it moved, or is its drive not attached? Attach it, or name its new place with --index."),
        )


def resting_state(folder: Path) -> tuple[int, ...] | None:
    """A value for the state of a catalogue to which nobody writes; it differs in a later state. ``None`` while somebody
    may write.

    A writer first fills a log beside the catalogue, also one with what was there before. It removes the log last, after
    it has written into the catalogue.
    """
    path = folder / FILE_NAME
    try:
        status = path.stat()
    except OSError:
        return None
    for log in (path.with_name(path.name + end) for end in ("-wal", "-journal")):
        if presence_of(log) is not Presence.GONE and (presence_of(log) is Presence.UNKNOWN or log.stat().st_size):
            return None
    return (status.st_ino, status.st_size, status.st_mtime_ns)
