"""Says what is wrong with an index that cannot be read or written, and what to do."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from indexer.system.lacking import more_files
from indexer.translation import _
from indexer.values.errors import IndexFolderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def explained(folder: Path, what: Literal["read", "write"]) -> Iterator[None]:
    """Errors of the system as ``IndexFolderError``, while the probabilistic index is read or written."""
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise IndexFolderError(
            _("cannot read the probabilistic index in %(folder)s: %(why)s", folder=folder, why=why)
            if what == "read"
            else _("cannot write the probabilistic index in %(folder)s: %(why)s", folder=folder, why=why),
            remedy(error),
        ) from error


def remedy(error: OSError) -> str:
    """What to do about an index that cannot be read or written."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return more_files()
    return _("Check the folder's permissions and free space, then run the command again: what was read is kept.")
