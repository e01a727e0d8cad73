"""Lines to learn from: their ink, their text, and which of them are kept apart to measure by."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TRUTH, DETECTOR = "truth", "detector"
_Each = TypeVar("_Each")


@dataclass(frozen=True, slots=True)
class TrainingLine:
    """A line image (bytes of an image file, upright), its text, the page it is from, and what cut it out.

    ``weight`` is how often it is taken, against 1 of an ordinary line; ``sure`` says that a person vouches for the
    text, so that it can be measured by; ``ships`` that the licences of image and text let it be given on.
    """

    image: bytes
    text: str
    page: str
    cut: str
    weight: float = 1.0
    sure: bool = True
    language: str = ""
    ships: bool = True

    @property
    def collection(self) -> str:
        """What the line was collected with."""
        return self.page.partition("/")[0]

    def pixels(self) -> NDArray[np.uint8]:
        """The ink in grey (height x width)."""
        with Image.open(io.BytesIO(self.image)) as image:
            return np.asarray(image.convert("L"))


Encoded = tuple[TrainingLine, list[int]]
"""A line, and the classes of its characters."""


def split(lines: Sequence[Encoded], share: float, most: int) -> tuple[list[Encoded], list[Encoded]]:
    """Lines to train on and lines to validate with: of whole pages, always the same ones, about a share of the lines.

    At most so many validate, all of them sure; the other lines of their pages are not trained on either.
    """
    number = Counter(line.page for line, _ in lines if line.sure)
    pages = sorted(number, key=lambda page: hashlib.sha256(page.encode()).digest())
    apart: set[str] = set()
    for page in pages[:-1]:
        if sum(number[each] for each in apart) >= min(most, share * number.total()):
            break
        apart.add(page)
    kept = [each for each in lines if each[0].page in apart and each[0].sure]
    return [each for each in lines if each[0].page not in apart], spread(kept, most)


def spread(lines: Sequence[_Each], most: int) -> list[_Each]:
    """At most so many lines, evenly from the first on."""
    return list(lines[:: max(1, -(-len(lines) // most))])
