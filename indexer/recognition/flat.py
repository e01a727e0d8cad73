"""Reads a bent sheet, as of a book that was photographed, once more laid flat, and keeps what is read more surely."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.values import PageLines, Partial
from indexer.values.engine import lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from indexer.recognition.upright import ReadImage
    from indexer.values import Line

_GAIN = 0.02
"""By how much surer lines must be read."""


def surer_flat(image: Image, found: Sequence[Line] | Partial, read: ReadImage) -> Sequence[Line] | Partial:
    """What is read of the page laid flat, in places of its image, if that is surer than what was ``found``."""
    rated = [line for line in lines_of(found) if line.confidence is not None]
    if not rated:
        return found
    from indexer.image.straightening import bend_of, bent_line, flattened

    bend = bend_of(rated, image.size)
    if bend is None:
        return found
    again = read(flattened(image, bend))
    flat = lines_of(again)
    if _well_read(flat) < _well_read(rated) + _GAIN * sum(len(line.text) for line in rated):
        return found
    own = tuple(bent_line(line, bend) for line in flat)
    if isinstance(again, Partial | PageLines):
        return replace(again, lines=own)
    return own


def _well_read(lines: Sequence[Line]) -> float:
    """About how many letters were read well."""
    return sum((line.confidence or 0.0) * len(line.text) for line in lines)
