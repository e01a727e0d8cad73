"""What every command does first: it loads the settings and the plugins and opens the archive."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.library import Archive
from indexer.archive.opening import Voice, plugins
from indexer.cli._output import display, say, warn
from indexer.system.logs import Log, configure
from indexer.system.settings import load
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from indexer.api.registry import Registry
    from indexer.system.settings import Settings

VOICE = Voice(say, warn)
_LOG = logging.getLogger(__name__)


def load_settings(context: typer.Context, flags: Mapping[str, object]) -> Settings:
    """The settings in force; flags that are ``None`` were not given. From now on the log is written."""
    settings = load({name: value for name, value in flags.items() if value is not None})
    configure(Log(settings.index, context.find_root().params.get("verbose") or 0))
    for sentence in settings.remarks:
        warn(sentence)
    _LOG.info("index: %s (from %s)", display(settings.index), settings.origins["index"])
    return settings


def load_plugins(settings: Settings) -> Registry:
    """The plugins, with a warning on stderr about each that cannot be used."""
    return plugins(settings, VOICE)


@contextmanager
def open_archive(context: typer.Context, flags: Mapping[str, object]) -> Iterator[Archive]:
    """The archive that the settings name.

    An exit code is no error of the archive: it must not make it look through a large catalogue for damage.
    """
    ended: typer.Exit | typer.Abort | None = None
    with Archive(load_settings(context, flags), VOICE) as archive:
        try:
            yield archive
        except (typer.Exit, typer.Abort) as asked:
            ended = asked
    if ended is not None:
        raise ended


def read_passwords(file: Path | None) -> tuple[str, ...]:
    """The passwords in a file, one a line."""
    if file is None:
        return ()
    try:
        # Editors on Windows write a mark at the beginning, and other line ends.
        return tuple(line for line in file.read_text(encoding="utf-8-sig").splitlines() if line)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            _("the password file %(display)s cannot be read: %(why)s", display=display(file), why=error)
        ) from error
