"""Links in an index folder, which may come from anybody: nothing is written and no document is read through one.

Nothing here ever makes a link. One that stands where we write would make us write wherever it leads.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.translation import _
from indexer.values.errors import IndexFolderError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CATALOG = "catalog.sqlite"
_ADDED = "documents"
_FORGOTTEN = "forgotten"
_MODELS = "models|readers"
"""Where recognition models lie, and where they lay before."""
_KEPT = re.compile(rf"{re.escape(_CATALOG)}.*|{_ADDED}|{_MODELS}|{_FORGOTTEN}|tables", re.DOTALL)
_MADE = re.compile(r"notes\.log.*|indexing\.(txt|lock)|searches\.txt.*|token\.json|search", re.DOTALL)
"""What an index folder holds: what cannot be made again, and what can."""
_UNFINISHED = ".training"
_JUNCTION = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)


def is_link(path: Path | os.DirEntry[str]) -> bool:
    """Whether a path is a link, or what Windows calls a junction."""
    if path.is_symlink():
        return True
    if _JUNCTION is None:
        return False
    try:
        status = path.stat(follow_symlinks=False)
    except OSError:
        return False
    return bool(getattr(status, "st_reparse_tag", 0) == _JUNCTION)


def remove_link(path: Path) -> None:
    """Remove a link, never what it leads to; anything else stays. Raises ``OSError``."""
    if is_link(path):
        path.unlink(missing_ok=True)


def check_links(folder: Path) -> None:
    """Remove the links in an index folder that stand in the place of what can be made again.

    Raises ``IndexFolderError`` for one in the place of what cannot, and for one that cannot be removed.
    """
    for path in _links(folder):
        if path.parent == folder and _KEPT.fullmatch(path.name):
            raise IndexFolderError(
                _("%(path)s is a link to another place, through which nothing is written", path=path),
                _("Put there what it leads to, or remove the link."),
            )
        try:
            remove_link(path)
        except OSError as error:
            raise IndexFolderError(
                _(
                    "%(path)s is a link to another place and cannot be removed: %(why)s",
                    path=path,
                    why=(error.strerror or str(error)).lower(),
                ),
                _("Remove it yourself."),
            ) from error


def leads_out(path: Path) -> bool:
    """Whether a document of an index is a link: nobody added it, and it may show any file of this machine."""
    added = path.parent.name == _ADDED and (path.parent.parent / _CATALOG).exists()
    return added and (is_link(path) or is_link(path.parent))


def _links(folder: Path) -> Iterator[Path]:
    """The links that stand where we write."""
    for entry in _entries(folder):
        if is_link(entry) and (_KEPT.fullmatch(entry.name) or _MADE.fullmatch(entry.name)):
            yield Path(entry.path)
        elif entry.name == "search":
            yield from _below(Path(entry.path))
        elif entry.name in _MODELS.split("|"):
            for model in _entries(Path(entry.path)):
                if model.name.endswith(_UNFINISHED):
                    yield from [Path(model.path)] if is_link(model) else _below(Path(model.path))


def _below(folder: Path) -> Iterator[Path]:
    for entry in _entries(folder):
        if is_link(entry):
            yield Path(entry.path)
        elif entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder; nothing if it cannot be read or is none."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
