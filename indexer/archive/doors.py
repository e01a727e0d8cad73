"""How a program gets an archive: opened in its folder, or made again from a backup."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from indexer.archive.library import Archive
from indexer.archive.opening import Voice
from indexer.system.settings import load

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.archive.backup import Held


def open_archive(
    path: str | Path | None = None,
    *,
    engine: str | None = None,
    language: str | None = None,
    model: str | None = None,
    threshold: float | None = None,
    workers: int | None = None,
    pdf_text: str | None = None,
    sidecar_text: str | None = None,
    thorough: bool | None = None,
    reader: str | None = None,
) -> Archive:
    """The archive in an index folder, to be used in a ``with``; its first ``index`` makes the folder.

    What is not given here comes from where the command line takes it: the environment, ``notes.toml``, the user's own
    settings, the default. ``notes config`` shows it. ``threshold`` is in percent. ``reader`` is what
    ``model`` was called before.
    """
    if reader is not None:
        warnings.warn("the parameter reader is called model now", DeprecationWarning, stacklevel=2)
    given = {
        "index": path,
        "engine": engine,
        "language": language,
        "model": model or reader,
        "threshold": threshold,
        "workers": workers,
        "pdf_text": pdf_text,
        "sidecar_text": sidecar_text,
        "thorough": thorough,
    }
    settings = load({name: value for name, value in given.items() if value is not None})
    voice = Voice()
    for sentence in settings.remarks:
        voice.warn(sentence)
    return Archive(settings, voice)


def restore_archive(backup: str | Path, path: str | Path | None = None, *, replace: bool = False) -> Held:
    """Make the archive of a backup again in an index folder; gives what was in the backup.

    The whole backup is checked before anything is changed. Raises ``UsageError`` when there is an index already, unless
    it is to be ``replace``d.
    """
    with open_archive(path) as archive:
        return archive.restore(backup, replace=replace)
