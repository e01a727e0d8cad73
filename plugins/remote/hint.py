"""What goes along with the image of a page: what is wanted, and its first reading with the doubtful words marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.api import Line

_DOUBTED = 0.6
"""Confidence of a word below which it is marked."""
_WANTED = """\
This is the image of a handwritten page. Below is a first reading of its lines by another program, each with its number;
words followed by (?) are doubtful. Copy what is written, letter for letter: keep old spelling, abbreviations, mistakes
and capitals; do not translate, complete, explain or modernise. Answer with one line for each number and nothing else:
the number, a colon and the text, without (?). If you cannot read a line better, repeat its first reading.
"""


def prompt(lines: Sequence[Line]) -> str:
    """The words that a page is sent with."""
    return _WANTED + "\n" + "\n".join(f"{number}: {_marked(line)}" for number, line in enumerate(lines, 1))


def _marked(line: Line) -> str:
    if not line.words:
        return line.text
    return " ".join(f"{each.text}(?)" if (each.confidence or 0.0) < _DOUBTED else each.text for each in line.words)
