"""Files by their content: hashed once, and recognised as long as nobody writes to them."""

from __future__ import annotations

import errno
import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.system.links import leads_out
from indexer.translation import _
from indexer.values import SourceFile
from indexer.values.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_TRIES = 3
"""How often a file is hashed that changes meanwhile."""


def source_file(path: Path, seen: SourceFile | None = None) -> SourceFile:
    """The file with its hash. One ``seen`` before with this size and date is not hashed again. Raises ``OSError``."""
    status = path.stat()
    if seen is not None and (seen.size, seen.modified) == (status.st_size, status.st_mtime):
        return seen
    for __ in range(_TRIES):
        digest = _digest(path)
        before, status = status, path.stat()
        if _stamp(before) == _stamp(status):
            return SourceFile(path, digest, status.st_size, status.st_mtime, _stamp(status))
    raise OSError(errno.EBUSY, "somebody is writing to it")


def is_still(file: SourceFile) -> bool:
    """Whether a file still has the content that it was hashed with. It is hashed again only if it was touched since."""
    if file.holder is not None:
        return is_still(file.holder)
    try:
        status = file.path.stat()
        return file.stamp == _stamp(status) or (file.size == status.st_size and _digest(file.path) == file.sha256)
    except OSError:
        return False


def original(files: Sequence[SourceFile]) -> SourceFile:
    """The first of the files that has the content it was read with; raises ``MissingError`` when none has."""
    troubles: list[MissingError] = []
    for found in files:
        each = found.holder or found
        try:
            if leads_out(each.path):
                raise OSError(errno.ELOOP, "it is a link, and documents of an index lie in it")
            now = source_file(each.path)
        except OSError as error:
            troubles.append(
                MissingError(
                    _("%(path)s cannot be opened: %(why)s", path=each.path, why=(error.strerror or str(error)).lower()),
                    _("Was it moved? notes index its folder, or attach the drive it is on."),
                )
            )
        else:
            if now.sha256 == each.sha256:
                return now if found is each else replace(found, holder=now)
            troubles.append(replaced(each.path))
    raise (
        troubles[0]
        if troubles
        else MissingError(_("the file of this page is not known any more"), _("notes index it."))
    )


def replaced(path: Path) -> MissingError:
    """The error for a file that was overwritten since it was read."""
    return MissingError(
        _("%(path)s is not the file any more that was read: it has another content", path=path),
        _("notes index reads what it is now; put the former file back to see what was read."),
    )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    """What changes whenever somebody writes to a file. A date alone can be set by anybody."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
