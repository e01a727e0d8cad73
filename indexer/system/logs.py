"""The log: what the program did and what went wrong, in one file of the index folder for all processes.

Every module logs through the standard ``logging``, below the name ``indexer``. The command line, workers and server
call ``configure`` once. The file takes ``INFO`` and above, with tracebacks; the terminal takes what ``-v`` asks for.
"""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from indexer.system.links import remove_link
from indexer.system.lock import has_locks

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "notes.log"
_LOGGERS = ("indexer", "uvicorn.error")
SAID = "indexer.said"
"""Logger of messages that the terminal shows anyway."""
_LARGEST, _KEPT = 1_000_000, 3
"""Bytes after which a new file is begun, and how many older files are kept."""
_PATIENCE = 1.0
"""Seconds to wait for a process that is writing. Then the entry is lost: the log never holds up a run."""


logging.getLogger(_LOGGERS[0]).addHandler(logging.NullHandler())  # a library says nothing unless it is asked to


@dataclass(frozen=True, slots=True)
class Log:
    """Where the log lies and how much is said on the terminal: 0, 1 (``-v``) or 2 (``-vv``)."""

    folder: Path
    verbosity: int = 0

    @property
    def file(self) -> Path:
        """The newest file of the log."""
        return self.folder / FILE_NAME


def configure(log: Log) -> None:
    """Log to the file of an index and, as far as wanted, to stderr. It replaces an earlier choice."""
    handlers: list[logging.Handler] = [_SharedFile(log)]
    if log.verbosity:
        shown = logging.StreamHandler(sys.stderr)
        shown.setFormatter(logging.Formatter("%(message)s"))
        shown.addFilter(lambda record: record.name != SAID)
        handlers.append(shown)
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
            handler.close()
        logger.setLevel(logging.DEBUG if log.verbosity > 1 else logging.INFO)
        logger.propagate = False
        for handler in handlers:
            logger.addHandler(handler)


def log_file() -> Path | None:
    """The file that this process logs to, if it exists by now."""
    for handler in logging.getLogger(_LOGGERS[0]).handlers:
        if isinstance(handler, _SharedFile) and handler.file.is_file():
            return handler.file
    return None


class _SharedFile(logging.Handler):
    """Appends entries to a file that other processes append to as well.

    The file is opened for each entry, under a lock, so that it can be renamed on every system when it is full. An entry
    is lost when the folder is missing or cannot be written: the log never stops the work.
    """

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.file = log.file
        self.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write an entry."""
        try:
            if not self.file.parent.is_dir() or not has_locks(self.file.parent):
                return
            entry = f"{self.format(record)}\n".encode("utf-8", "backslashreplace")
            for each in (self.file, self.file.with_name(f"{self.file.name}.lock")):
                remove_link(each)
            with FileLock(f"{self.file}.lock", timeout=_PATIENCE):
                self._rotate(len(entry))
                with self.file.open("ab") as stream:
                    stream.write(entry)
        except (OSError, Timeout):
            return
        except Exception:  # noqa: BLE001 - a value that cannot be formatted
            self.handleError(record)

    def _rotate(self, coming: int) -> None:
        if not self.file.exists() or self.file.stat().st_size + coming <= _LARGEST:
            return
        for number in range(_KEPT, 0, -1):
            older = self.file if number == 1 else self._numbered(number - 1)
            if older.exists():
                os.replace(older, self._numbered(number))  # noqa: PTH105 - Path.replace says no more

    def _numbered(self, number: int) -> Path:
        return self.file.with_name(f"{self.file.name}.{number}")
