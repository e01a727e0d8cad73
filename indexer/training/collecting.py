"""Lines to learn from in an archive: what people said of its lines, and what was read there and accepted."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import cv2
import numpy as np

from indexer.archive.crops import page_image
from indexer.image.geometry import quadrangle
from indexer.image.tones import legible
from indexer.values import HUMAN, TEXT_LAYER, Failure
from indexer.values.errors import NotesError

from .lines import DETECTOR, TrainingLine
from .shards import image_bytes
from .trainable import cut_out, page_pixels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexer.api.registry import Registry
    from indexer.catalog import Catalog
    from indexer.values import SourceOptions, StoredLine

SAID, ACCEPTED = 4.0, 1.0
"""How often a line is taken whose text a person settled, and one that was only accepted."""


def archive_lines(catalog: Catalog, registry: Registry, options: SourceOptions) -> Iterator[TrainingLine | Failure]:
    """The accepted lines of an archive, cut as they were read; a page that cannot be opened is a ``Failure``.

    Lines that a file brought along are left out: nobody wrote them by hand.
    """
    read = (line for line in catalog.accepted() if line.origin.engine != TEXT_LAYER)
    for (path, page), lines in groupby(read, key=lambda line: (line.path, line.page)):
        found = list(lines)
        try:
            image = page_image(catalog.originals(catalog.content_of(found[0].id)), page, registry, options)
        except NotesError as error:
            left_out = "1 line" if len(found) == 1 else f"{len(found)} lines"
            yield Failure(path, page, "unreadable", f"{left_out} left out: {error.message}")
            continue
        pixels, scale = page_pixels(legible(image))
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
        for line in found:
            yield _cut(line, grey, scale, image.width / catalog.page_size(line.id)[0])


def _cut(line: StoredLine, grey: np.ndarray, scale: float, rendered: float) -> TrainingLine:
    place = np.array(quadrangle(line), np.float32) * rendered / scale
    said = line.origin.engine == HUMAN
    page, weight = f"{line.path}:{line.page}", SAID if said else ACCEPTED
    return TrainingLine(image_bytes(cut_out(grey, place)), line.text, page, DETECTOR, weight, said)
