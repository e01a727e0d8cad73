"""Engine plugin: a large model on a server of your choice reads pages a second time, and the ink judges what it says.

``settings`` is what may be set. ``server`` asks it. ``hint`` writes what goes along with a page, ``said`` finds what
came back among the lines of the page. Nothing is sent unless a person names this engine and a model.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from indexer.api import Engine, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indexer.api import EngineOptions, Recogniser


@hookimpl
def notes_engines() -> Iterable[Engine]:
    """The engine. It reads after another one: ``engine = "embedded+remote"``."""
    yield Engine(
        "remote",
        "a large model on a server that you name, after another engine: embedded+remote",
        open_recogniser,
        version="1",
        secrets=frozenset({"key"}),
        private=frozenset({"url", "model", "key"}),
    )


@contextmanager
def open_recogniser(options: EngineOptions) -> Iterator[Recogniser]:
    """Say where pages will go, and at the end what it took. Raises ``PluginError`` when nothing is set."""
    from .recogniser import RemoteRecogniser
    from .settings import parsed

    recogniser = RemoteRecogniser(parsed(options.settings))
    _say(f"pages are sent to {recogniser.settings.address} (model {recogniser.settings.model})")
    try:
        yield recogniser
    finally:
        if recogniser.pages:
            took = f"{recogniser.tokens} tokens" if recogniser.tokens else "it did not say how many tokens that took"
            sent = "1 page was" if recogniser.pages == 1 else f"{recogniser.pages} pages were"
            _say(f"{sent} sent to {recogniser.settings.address}: {took}")


def _say(sentence: str) -> None:
    """To the terminal, in every command: from the processes that read it comes there as it is."""
    sys.stderr.write(f"remote: {sentence}\n")
    sys.stderr.flush()
