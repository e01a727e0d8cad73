"""Lines of an archive with what they say: those that people settled or that were accepted, or all that were read."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import cv2
import numpy as np

from indexer.image.geometry import band
from indexer.image.tones import legible
from indexer.recognition.page_drawer import Wanted
from indexer.text.unread import is_marked
from indexer.values import HUMAN, TEXT_LAYER, Failure, Status
from indexer.values.errors import MissingError, NotesError

from .lines import DETECTOR, TrainingLine
from .shards import image_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from PIL.Image import Image

    from indexer.catalog import Catalog, DocumentPage
    from indexer.recognition.page_drawer import PageDrawer
    from indexer.values import SourceOptions, StoredLine, Trainable

SAID, ACCEPTED = 4.0, 1.0
"""Weights of a line whose text a person settled, and of one that was only accepted."""
_MOST = 100_000
"""About how many accepted lines are taken. Even hours of training do not use them all."""
_READ = 20_000
"""About how many lines are adapted to: they are read anew several times."""


def page_step(catalog: Catalog) -> int:
    """Accepted lines are taken from every so-many-th page of the archive. It is 1 unless there are very many."""
    return max(1, -(-catalog.counts().lines[Status.ACCEPTED] // _MOST))


def archive_lines(
    catalog: Catalog, drawer: PageDrawer, options: SourceOptions, engine: Trainable
) -> Iterator[TrainingLine | Failure]:
    """The accepted lines of an archive, cut as they were read. A page whose lines cannot be had gives a ``Failure``.

    Of the pages that ``page_step`` leaves out, only the lines that people settled are taken. Text that a file brought
    along is left out: nobody wrote it by hand.
    """
    return _cut_pages(_some_pages(catalog.accepted(), page_step(catalog)), _Source(catalog, drawer, options, engine))


def read_lines(
    catalog: Catalog, drawer: PageDrawer, options: SourceOptions, engine: Trainable
) -> Iterator[TrainingLine | Failure]:
    """The lines that an engine read in an archive, or that people settled, cut as ``archive_lines`` cuts them.

    A line weighs its confidence, one that people settled ``SAID``. Of a large archive every so-many-th page is
    taken. Lines without a confidence are left out. The pages come in an order that is the same always and tells
    nothing, so the first ones stand for all.
    """
    step = max(
        1, -(-sum(number for status, number in catalog.counts().lines.items() if status != Status.REJECTED) // _READ)
    )
    known = (line for line in catalog.not_rejected() if line.confidence or line.origin.engine == HUMAN)
    source = _Source(catalog, drawer, options, engine)
    pages = sorted(_some_pages(known, step), key=lambda page: hashlib.sha256(_name(page).encode()).digest())
    return _cut_pages(pages, source, lambda line: line.confidence or 0.0)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the pictures of lines come from, and the engine that cuts them out."""

    catalog: Catalog
    drawer: PageDrawer
    options: SourceOptions
    engine: Trainable


def _some_pages(lines: Iterator[StoredLine], step: int) -> Iterator[list[StoredLine]]:
    """The lines of every so-many-th page, and those of other pages that people settled."""
    read = (line for line in lines if line.origin.engine != TEXT_LAYER and not is_marked(line.text))
    for number, (_, group) in enumerate(groupby(read, key=lambda line: (line.path, line.page))):
        if found := [line for line in group if number % step == 0 or line.origin.engine == HUMAN]:
            yield found


def _name(page: Sequence[StoredLine]) -> str:
    return f"{page[0].path}:{page[0].page}"


def _cut_pages(
    pages: Iterable[list[StoredLine]],
    source: _Source,
    weight: Callable[[StoredLine], float] = lambda _line: ACCEPTED,
) -> Iterator[TrainingLine | Failure]:
    """The lines of pages with their pictures."""
    catalog = source.catalog
    for found in pages:
        path, page = found[0].path, found[0].page
        try:
            shown = _page(catalog, found)
            originals = tuple(catalog.originals(shown.sha256))
            image = source.drawer.image(Wanted(originals, page, shown.turned, source.options))
        except NotesError as error:
            yield _left_out(path, page, len(found), error.message)
            continue
        still = catalog.lines([line.id for line in found])  # another process may read the page anew meanwhile
        same = [line for line in found if line.id in still and _same(still[line.id], line)]
        if len(same) < len(found):
            yield _left_out(path, page, len(found) - len(same), "the page was read anew, or corrected, meanwhile")
        yield from cut_lines(same, image, catalog, source.engine, weight)


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


def cut_lines(
    lines: Sequence[StoredLine],
    image: Image,
    catalog: Catalog,
    engine: Trainable,
    weight: Callable[[StoredLine], float] = lambda _line: ACCEPTED,
) -> Iterator[TrainingLine]:
    """Lines of a page, cut out of its image as they were read; none if the page was read anew meanwhile.

    ``weight`` is that of a line whose text no person settled.
    """
    size = next(filter(None, (_page_size(catalog, line) for line in lines)), None)
    if size is None:
        return
    pixels, scale = engine.pixels(legible(image))
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
    for line in lines:
        place = np.array(band(line), np.float32) * (image.width / size[0] / scale)
        said = line.origin.engine == HUMAN
        cut = image_bytes(engine.cut(grey, place))
        yield TrainingLine(cut, line.text, _name(lines), DETECTOR, SAID if said else weight(line), said)


def _page_size(catalog: Catalog, line: StoredLine) -> tuple[int, int] | None:
    with suppress(MissingError):
        return catalog.page_size(line.id)
    return None
