"""Plain text: each line of the page is a line of the text, with a blank line between blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.formats.transcription import by_block

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexer.formats.transcription import PageLine


def write(lines: Iterable[PageLine]) -> str:
    """The text of a page, line by line, with a blank line between blocks."""
    blocks = by_block(lines).values()
    return "\n".join("".join(f"{line.text}\n" for line, _ in block) for block in blocks)
