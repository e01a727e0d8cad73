"""Training lines: their image and text, and which of them validate."""

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
from indexer.translation import _
from indexer.values.errors import IndexFolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TRUTH, DETECTOR = "truth", "detector"
_Each = TypeVar("_Each")


@dataclass(frozen=True, slots=True)
class Laid:
    """A part of a file, from an offset on."""

    file: Path
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class TrainingLine:
    """A line image (bytes of an image file, upright), its text, the page it is from, and what cut it out.

    The bytes may lie in a file (``laying``), since an archive has more of them than memory holds. ``weight`` says how
    often the line is drawn; an ordinary line has 1. ``sure``: a person vouches for the text, so the line may validate.
    ``ships``: the licences of image and text allow to pass the line on.
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
        """The collection that the line is from: the first part of its page's name."""
        return self.page.partition("/")[0]

    @property
    def data(self) -> bytes:
        """The bytes of the image."""
        if isinstance(self.image, bytes):
            return self.image
        with self.image.file.open("rb") as stream:
            stream.seek(self.image.at)
            return stream.read(self.image.size)

    def pixels(self) -> NDArray[np.uint8]:
        """The image in grey (height x width)."""
        with Image.open(io.BytesIO(self.data)) as image:
            return np.asarray(image.convert("L"))


Encoded = tuple[TrainingLine, list[int]]
"""A line, and the classes of its characters."""


@contextmanager
def laying(file: Path) -> Iterator[Callable[[TrainingLine], TrainingLine]]:
    """A function that moves the image of a line into a file. The file is deleted when the block ends.

    A file that a killed run left is replaced. Raises ``IndexFolderError`` when the file cannot be written.
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
            _(
                "the lines to learn from cannot be kept in %(file)s: %(why)s",
                file=file,
                why=(error.strerror or str(error)).lower(),
            ),
            _("Make room there, or let it be written; then run the same again."),
        ) from error


def split(lines: Sequence[Encoded], share: float, most: int) -> tuple[list[Encoded], list[Encoded]]:
    """Lines to train on and lines to validate with, which are about a ``share`` of all and at most ``most``.

    Whole pages are kept apart for the validation, always the same ones. Only lines that are sure validate; the other
    lines of these pages are not trained on either.
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
    """At most so many of the lines, evenly spaced from the first on."""
    return list(lines[:: max(1, -(-len(lines) // most))])
