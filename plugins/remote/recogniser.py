"""The opened engine: it sends each page once and gives what came back as readings of the lines that are known."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.api import PluginError

from .hint import prompt
from .said import said_of
from .server import ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from indexer.api import Line

    from .settings import RemoteSettings

_QUALITY = 85


class RemoteRecogniser:
    """Reads after another engine. It counts the pages that it sent, and the tokens that they took."""

    def __init__(self, settings: RemoteSettings) -> None:
        self.settings = settings
        self.pages = 0
        self.tokens = 0

    def read(self, image: Image) -> Sequence[Line]:  # noqa: ARG002 - an engine has to offer it
        """Nothing: without a first reading there are no lines in whose ink the answer could be looked for."""
        raise PluginError("it reads after another engine", "Name both: --engine embedded+remote.", kind="settings")

    def read_after(self, image: Image, found: Sequence[Line]) -> Sequence[Line]:
        """What the model reads otherwise, in the places of the lines that were found.

        It has no confidence of its own: the ink gives one, or denies it.
        """
        if not found:
            return ()
        self.pages += 1
        said = ask(self.settings, prompt(found), _jpeg(image, self.settings.side))
        self.tokens += said.tokens
        read = said_of(said.text, [line.text for line in found], is_cut=said.is_cut)
        return tuple(
            replace(found[at], text=text, confidence=None, words=(), posteriorgram=None)
            for at, text in sorted(read.items())
            if text != found[at].text
        )


def _jpeg(image: Image, side: int) -> bytes:
    factor = min(1.0, side / max(image.size))
    if factor < 1:
        size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
        image = image.resize(size, reducing_gap=2.0)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
