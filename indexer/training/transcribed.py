"""Training lines of transcribed pages, cut where the engine finds them, with its errors.

A line that the engine finds in one piece is taken twice: as the engine cuts it, and cut by its region of ground truth.
A line that the engine splits, joins or overlooks is taken by its region only: nobody knows the text of the pieces.
"""

from __future__ import annotations

import tarfile
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from indexer.formats.groundtruth import fitted, truth_for
from indexer.formats.page_text import text_for
from indexer.image.geometry import holder
from indexer.recognition.discovery import find_files
from indexer.recognition.page_drawer import Opening, Wanted
from indexer.system.originals import source_file
from indexer.translation import _
from indexer.values import Failure
from indexer.values.errors import NotesError, UsageError

from .aligned import Aligner, kept
from .lines import DETECTOR, TRUTH, TrainingLine
from .shards import image_bytes, read_shard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexer.api.registry import Registry
    from indexer.formats.groundtruth import TruthLine
    from indexer.recognition.page_drawer import PageDrawer
    from indexer.values import SourceOptions, Trainable

_ENDS = 0.6
"""The engine has found a line if both ends are right within this part of its height."""


def cut(pixels: NDArray[np.uint8], truth: Sequence[TruthLine], page: str, engine: Trainable) -> Iterator[TrainingLine]:
    """The lines of a page (BGR), as the engine finds them and by their regions; ``truth`` is in pixels of the page."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
    regions = [line.polygon for line in truth]
    found: dict[int | None, list[NDArray[np.float32]]] = {}
    for box in engine.find(pixels):
        across, down = np.mean(box, axis=0).tolist()
        found.setdefault(holder(regions, (across, down)), []).append(box)
    for number, line in enumerate(truth):
        region = _level(line)
        if region is None:
            continue
        yield TrainingLine(image_bytes(kept(_straight(grey, region), engine.shape.height)), line.text, page, TRUTH)
        boxes = found.get(number, [])
        if len(boxes) == 1 and _same(boxes[0], region):
            yield TrainingLine(
                image_bytes(kept(engine.cut(grey, boxes[0]), engine.shape.height)), line.text, page, DETECTOR
            )


def _level(line: TruthLine) -> NDArray[np.float32] | None:
    """The corners of the smallest rectangle around a line, clockwise from the top left; ``None`` if it is not level."""
    (across, down), (width, height), angle = cv2.minAreaRect(np.array(line.polygon, np.float32))
    if width < height:
        width, height, angle = height, width, angle - 90
    angle = (angle + 90) % 180 - 90  # OpenCV's versions differ in the turns they give
    if height < 8 or width < height / 2 or abs(angle) > 30:
        return None
    right = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * width / 2
    below = np.array([-np.sin(np.radians(angle)), np.cos(np.radians(angle))]) * height / 2
    centre = np.array([across, down])
    corners = [centre - right - below, centre + right - below, centre + right + below, centre - right + below]
    return np.array(corners, np.float32)


def _straight(grey: NDArray[np.uint8], region: NDArray[np.float32]) -> NDArray[np.uint8]:
    width, height = (max(1, round(float(np.linalg.norm(region[at] - region[0])))) for at in (1, 3))
    level = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(region, level)
    return np.asarray(cv2.warpPerspective(grey, turn, (width, height), borderMode=cv2.BORDER_REPLICATE))


def _same(box: NDArray[np.float32], region: NDArray[np.float32]) -> bool:
    """Whether an outline holds a whole line and nothing else."""
    half = len(box) // 2
    box = box[[0, half - 1, half, -1]]
    height = float(np.linalg.norm(region[3] - region[0]))
    tall = float(np.linalg.norm(box[3] - box[0]))
    starts = np.linalg.norm((box[0] + box[3] - region[0] - region[3]) / 2)
    ends = np.linalg.norm((box[1] + box[2] - region[1] - region[2]) / 2)
    return bool(max(starts, ends) < _ENDS * height and 0.5 * height < tall < 2 * height)


def folder_lines(
    folder: Path, drawer: PageDrawer, registry: Registry, options: SourceOptions, engine: Trainable, model: Path
) -> Iterator[TrainingLine | Failure]:
    """The lines of a folder: of pages with ground truth or with text beside them, and of tars of lines.

    The ``drawer`` opens the pages. Text is aligned with what the ``model`` reads, and what is sure of it is taken. A
    file or page that cannot be used gives a ``Failure``. Raises ``UsageError`` for a folder with nothing of it.
    """
    files = list(find_files([folder], lambda each: each.suffix == ".tar" or bool(registry.source_inside(each.name))))
    aligner = cache(partial(Aligner.of, engine, model))
    empty = True
    for file in files:
        if isinstance(file, Failure):
            yield file
            continue
        try:
            found = read_shard(file) if file.suffix == ".tar" else _transcribed(file, drawer, options, engine, aligner)
            for line in found:
                empty = False
                yield line
        except (NotesError, OSError, ValueError, KeyError, tarfile.TarError) as error:
            yield Failure(file, None, "ground-truth", str(getattr(error, "message", error)))
    if empty:
        raise UsageError(
            _("%(folder)s has no transcribed lines", folder=folder),
            _("Put ALTO, PAGE or TEI XML, .txt or .docx of the same stem beside the images."),
        )


def _transcribed(
    file: Path, drawer: PageDrawer, options: SourceOptions, engine: Trainable, aligner: Callable[[], Aligner]
) -> Iterator[TrainingLine | Failure]:
    truth = truth_for(file)
    text = text_for(file) if truth is None else None
    if truth is None and text is None:
        return
    first = Wanted((source_file(file, None),), 1, 0, options)
    pages = drawer.made(first, Opening.pages)
    for number in range(1, (pages if truth is None else min(pages, len(truth))) + 1):
        wanted = replace(first, number=number)
        try:
            image = drawer.image(wanted)
            orientation = drawer.made(wanted, Opening.orientation)
        except NotesError as error:
            yield Failure(file, number, getattr(error, "kind", "unreadable"), error.message)
            continue
        pixels, scale = engine.pixels(image)
        if truth is None:
            yield from aligner().lines(pixels, text or "", f"{file}:{number}")
            continue
        size = (round(image.width / scale), round(image.height / scale))
        laid = fitted(truth[number - 1], *size, orientation)
        yield from cut(pixels, laid.lines, f"{file}:{number}", engine)
