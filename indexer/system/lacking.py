"""What the machine has run out of: room on its disk, memory, or files that may be open.

Such an error can come from any line of ours or of a library, also while a module is loaded, which may say only in words
why that failed.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from indexer.translation import _
from indexer.values.errors import LackError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_OPEN = (errno.EMFILE, errno.ENFILE)
_MEMORY = (errno.ENOMEM,)
_UNMAPPED = "failed to map segment"
"""What the loader of libraries says when memory is short."""


def more_files() -> str:
    """What to do when too many files are open."""
    return _("Close other programs, or allow more open files (ulimit -n 4096), then run the command again.")


def lack(error: BaseException) -> LackError | None:
    """The lack of the machine that an error comes from, with the next step; ``None`` for an error of another kind."""
    return next(filter(None, map(_told, _chain(error))), None)


def no_file_left() -> bool:
    """Whether this process can open no file now. SQLite does not say why it could not open one."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in _OPEN
    return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it was raised from. Of a module also what was at hand: some packages raise anew."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (error.__context__ if isinstance(error, ImportError) else None)


def _told(error: BaseException) -> LackError | None:
    if _is_of(error, _FULL) or (isinstance(error, OSError) and "temporary directory" in str(error)):
        return LackError(
            _("there is no room to write: %(why)s", why=error), _("Free some space; what was read is kept.")
        )
    if _is_of(error, _OPEN):
        return LackError(
            _("too many files are open: %(why)s", why=error),
            _("%(more_files)s What was read is kept.", more_files=more_files()),
        )
    if isinstance(error, MemoryError) or _is_of(error, _MEMORY) or _UNMAPPED in _of_module(error):
        return LackError(
            _("there is not enough memory: %(why)s", why=error) if str(error) else _("there is not enough memory"),
            _("Close other programs, or read with fewer --workers. What was read is kept."),
        )
    return None


def _is_of(error: BaseException, kinds: tuple[int, ...]) -> bool:
    """Whether an error of the system is one of some kinds, or a module could not be loaded for one."""
    if isinstance(error, OSError):
        return error.errno in kinds
    return any(os.strerror(kind) in _of_module(error) for kind in kinds)


def _of_module(error: BaseException) -> str:
    return str(error) if isinstance(error, ImportError) else ""
