"""Follows folders while the server runs: what comes into them is read in the background."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from indexer.archive.watching import Followed, follow, to_read
from indexer.system.changes import changes
from indexer.system.drives import is_remote
from indexer.values.errors import NotesError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from indexer.web.running import Ending

_log = logging.getLogger(__name__)


class Following:
    """A thread that follows folders until the server ends; ``read`` is given what is to be read."""

    def __init__(
        self,
        followed: Followed,
        read: Callable[[Sequence[Path]], None],
        ending: Ending,
        *,
        poll: bool,
    ) -> None:
        self._followed, self._read, self._ending = followed, read, ending
        self._poll = poll or any(map(is_remote, followed.folders))
        if followed.folders:
            threading.Thread(target=self._follow, name="following", daemon=True).start()

    def _follow(self) -> None:
        told = changes(self._followed.folders, self._ending.asked.is_set, poll=self._poll)
        try:
            follow(self._followed, told, self._hand_on, _trouble)
        except NotesError as error:
            _trouble(error)
            self._ending.tell(f"folders are not followed any more: {error.whole}")

    def _hand_on(self, paths: Sequence[Path]) -> None:
        self._read(to_read(paths, self._followed.folders))


def _trouble(error: NotesError) -> None:
    _log.warning("%s", error.message)
