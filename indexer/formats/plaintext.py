"""Plain text: each line of the page is a line of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexer.formats.transcription import PageLine


def write(lines: Iterable[PageLine]) -> str:
    """The text of a page, line by line."""
    return "".join(f"{line.text}\n" for line, _ in lines)
