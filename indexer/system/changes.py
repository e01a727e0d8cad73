"""What changes in folders: told by the system, or found by looking again and again where no system tells."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from indexer.translation import _
from indexer.values.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_TICK = 500
"""Milliseconds after which an empty set is given if nothing changed."""
_POLLED = 2000
"""Milliseconds between looks at a folder whose changes nobody tells."""


def changes(folders: Sequence[Path], stopping: Callable[[], bool], *, poll: bool) -> Iterator[set[Path]]:
    """The paths at which something changed, set by set, until ``stopping()``; an empty set when nothing did.

    The first set comes when changes are noticed from now on. Raises ``UnavailableError`` if they cannot be.
    """
    from watchfiles import Change, watch

    real = {os.path.realpath(folder): folder for folder in folders}
    told = watch(
        *folders,
        watch_filter=None,
        step=100,
        rust_timeout=_TICK,
        yield_on_timeout=True,
        stop_event=SimpleNamespace(is_set=stopping),
        raise_interrupt=False,
        force_polling=poll,
        poll_delay_ms=_POLLED,
        ignore_permission_denied=True,
    )
    try:
        for found in told:
            yield {
                _as_given(path, real)
                for change, path in found
                if change != Change.modified or not Path(path).is_dir()  # that of a folder tells nothing more
            }
    except (OSError, RuntimeError) as error:
        hint = _("Try --poll, or raise the limit of watches of your system.") if not poll else _("Is it still there?")
        raise UnavailableError(
            _("changes of %(folders)s cannot be followed (%(why)s)", folders=folders[0], why=error), hint
        ) from error


def _as_given(path: str, real: dict[str, Path]) -> Path:
    """A path below the folder as it was given: some systems tell of the place to which links lead."""
    for root, folder in real.items():
        if path.startswith(root + os.sep):
            return folder / path[len(root) + 1 :]
    return Path(path)
