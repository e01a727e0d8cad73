"""Training lines of an archive: those that people settled, and those that were read and accepted."""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING

import cv2
import numpy as np

from indexer.image.geometry import band
from indexer.image.tones import legible
from indexer.recognition.page_images import page_image
from indexer.values import HUMAN, TEXT_LAYER, Failure, Status
from indexer.values.errors import MissingError, NotesError

from .lines import DETECTOR, TrainingLine
from .shards import image_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from PIL.Image import Image

    from indexer.api.registry import Registry
    from indexer.catalog import Catalog, DocumentPage
    from indexer.values import SourceOptions, StoredLine, Trainable

SAID, ACCEPTED = 4.0, 1.0
"""Weights of a line whose text a person settled, and of one that was only accepted."""
_MOST = 100_000
"""About how many accepted lines are taken. Even hours of training do not use them all."""


def page_step(catalog: Catalog) -> int:
    """Accepted lines are taken from every so-many-th page of the archive. It is 1 unless there are very many."""
    return max(1, -(-catalog.counts().lines[Status.ACCEPTED] // _MOST))


def archive_lines(
    catalog: Catalog, registry: Registry, options: SourceOptions, engine: Trainable
) -> Iterator[TrainingLine | Failure]:
    """The accepted lines of an archive, cut as they were read. A page whose lines cannot be had gives a ``Failure``.

    Of the pages that ``page_step`` leaves out, only the lines that people settled are taken. Text that a file brought
    along is left out: nobody wrote it by hand.
    """
    step = page_step(catalog)
    read = (line for line in catalog.accepted() if line.origin.engine != TEXT_LAYER)
    for number, ((path, page), lines) in enumerate(groupby(read, key=lambda line: (line.path, line.page))):
        found = [line for line in lines if number % step == 0 or line.origin.engine == HUMAN]
        if not found:
            continue
        try:
            shown = _page(catalog, found)
            image = page_image(catalog.originals(shown.sha256), page, registry, options, shown.turned)
        except NotesError as error:
            yield _left_out(path, page, len(found), error.message)
            continue
        still = catalog.lines([line.id for line in found])  # another process may read the page anew meanwhile
        same = [line for line in found if line.id in still and _same(still[line.id], line)]
        if len(same) < len(found):
            yield _left_out(path, page, len(found) - len(same), "the page was read anew, or corrected, meanwhile")
        yield from cut_lines(same, image, catalog, engine)


def _page(catalog: Catalog, lines: Sequence[StoredLine]) -> DocumentPage:
    """The page that lines are on. Any line that is still there tells."""
    for line in lines[:-1]:
        with suppress(MissingError):
            return catalog.page_of(line.id)
    return catalog.page_of(lines[-1].id)


def _same(now: StoredLine, line: StoredLine) -> bool:
    return (now.text, now.box, now.polygon, now.page) == (line.text, line.box, line.polygon, line.page)


def _left_out(path: Path, page: int, lines: int, why: str) -> Failure:
    left_out = "1 line" if lines == 1 else f"{lines} lines"
    return Failure(path, page, "unreadable", f"{left_out} left out: {why}")


def cut_lines(lines: Sequence[StoredLine], image: Image, catalog: Catalog, engine: Trainable) -> Iterator[TrainingLine]:
    """Lines of a page, cut out of its image as they were read; none if the page was read anew meanwhile."""
    size = next(filter(None, (_page_size(catalog, line) for line in lines)), None)
    if size is None:
        return
    pixels, scale = engine.pixels(legible(image))
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
    name = f"{lines[0].path}:{lines[0].page}"
    for line in lines:
        yield _cut(line, engine, grey, image.width / size[0] / scale, name)


def _page_size(catalog: Catalog, line: StoredLine) -> tuple[int, int] | None:
    with suppress(MissingError):
        return catalog.page_size(line.id)
    return None


def _cut(line: StoredLine, engine: Trainable, grey: np.ndarray, scale: float, page: str) -> TrainingLine:
    place = np.array(band(line), np.float32) * scale
    said = line.origin.engine == HUMAN
    weight = SAID if said else ACCEPTED
    return TrainingLine(image_bytes(engine.cut(grey, place)), line.text, page, DETECTOR, weight, said)
