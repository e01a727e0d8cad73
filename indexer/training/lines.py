"""Lines to learn from: their ink, their text, and which of them are kept apart to measure by."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PIL import Image

from indexer.system.links import remove_link
from indexer.values.errors import IndexFolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TRUTH, DETECTOR = "truth", "detector"
_Each = TypeVar("_Each")


@dataclass(frozen=True, slots=True)
class Laid:
    """Bytes that lie in a file, from a place on."""

    file: Path
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class TrainingLine:
    """A line image (bytes of an image file, upright), its text, the page it is from, and what cut it out.

    The bytes may lie in a file (``laying``): an archive has more than the memory holds. ``weight`` is how often
    it is taken, against 1 of an ordinary line; ``sure`` says that a person vouches for the text, so that it can be
    measured by; ``ships`` that the licences of image and text let it be given on.
    """

    image: bytes | Laid
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

    @property
    def data(self) -> bytes:
        """The bytes of the image, wherever they lie."""
        if isinstance(self.image, bytes):
            return self.image
        with self.image.file.open("rb") as stream:
            stream.seek(self.image.at)
            return stream.read(self.image.size)

    def pixels(self) -> NDArray[np.uint8]:
        """The ink in grey (height x width)."""
        with Image.open(io.BytesIO(self.data)) as image:
            return np.asarray(image.convert("L"))


Encoded = tuple[TrainingLine, list[int]]
"""A line, and the classes of its characters."""


@contextmanager
def laying(file: Path) -> Iterator[Callable[[TrainingLine], TrainingLine]]:
    """What lays the images of lines into a file, which goes when the block ends; one that a kill left is replaced.

    Raises ``IndexFolderError`` when the file cannot be written.
    """
    with _told(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        remove_link(file)
        stream = file.open("wb", buffering=0)

    def laid(line: TrainingLine) -> TrainingLine:
        data = line.data
        place = Laid(file, stream.tell(), len(data))
        with _told(file):
            if stream.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace(line, image=place)

    try:
        yield laid
    finally:
        stream.close()
        file.unlink(missing_ok=True)


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexFolderError(
            f"the lines to learn from cannot be kept in {file}: {(error.strerror or str(error)).lower()}",
            "Make room there, or let it be written; then run the same again.",
        ) from error


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
