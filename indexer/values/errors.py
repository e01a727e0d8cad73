"""Errors that a person can do something about: each has an exit code and the next step."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    NOTHING_FOUND = 1
    USAGE = 2
    SOME_FAILED = 3
    PLUGIN = 4
    INDEX = 5
    BUG = 70
    INTERRUPTED = 130


class NotesError(Exception):
    """A failure that the user can do something about: ``hint`` says what."""

    exit_code = Exit.BUG

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def whole(self) -> str:
        """What went wrong and the next step; in one line, unless the message has several."""
        if not self.hint:
            return self.message
        if "\n" in self.message:
            return f"{self.message}\n  {self.hint}"
        return f"{self.message}{'' if self.message.endswith(('.', '?', '!')) else '.'} {self.hint}"


class UsageError(NotesError):
    """A command, a query or a setting that makes no sense."""

    exit_code = Exit.USAGE


class MissingError(UsageError):
    """What was named does not exist: a line, a document, a page."""


class ConflictError(UsageError):
    """What a person saw has changed since: they have to look again."""


class DoubtError(UsageError):
    """The ink looks quite different from the text that a person typed: they have to say whether they are sure."""


class PluginError(NotesError):
    """A file or page that a plugin cannot read, or an engine that it cannot open.

    ``kind`` is a short stable slug for programs (``encrypted``, ``broken``, ``too-large``, …). ``absent`` marks an
    engine that this machine need not have. The message is for people and need not repeat the file's name.
    """

    exit_code = Exit.SOME_FAILED

    def __init__(self, message: str, hint: str = "", *, kind: str = "broken") -> None:
        super().__init__(message, hint)
        self.kind = kind


class UnavailableError(NotesError):
    """A plugin, engine or package that is needed and cannot be used."""

    exit_code = Exit.PLUGIN


class IndexFolderError(NotesError):
    """The index folder is missing, locked, damaged, not writable or from a newer version."""

    exit_code = Exit.INDEX


class LackError(NotesError):
    """The machine has no room, no memory or no more open files for what was asked."""

    exit_code = Exit.INDEX


class UnwritableError(IndexFolderError):
    """Nothing can be written to the index now, for lack of room or rights. It may still be read."""


class IndexBusyError(IndexFolderError):
    """Another process is writing to the index: the same command works when that is done."""
