"""Notices from what an engine read that a page stands on its head or side.

Lines that run up or down the page tell that it lies on its side. On its head a page has lines where an upright one has
them, but hardly a word can be read. In both cases some lines are cut out, turned, and read again by the same engine.
An engine that gives no confidence tells nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.image.geometry import outline
from indexer.image.turning import turned_image
from indexer.values.engine import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from PIL.Image import Image

    from indexer.values import Line, Partial

    ReadImage = Callable[[Image], Sequence[Line] | Partial]

_HARDLY = 0.3
"""Confidence of a page, as a mean of its lines by their lengths, below which its lines are tried on their head. Of 50
pages none has more than .1 on its head, but for one with print the other way up."""
_AMONG, _OVER, _ASIDE = 15, 3, 5
"""Of so many of the longest lines so many are tried on their head, and so many of a page on its side, which is rare."""
_TIMES, _MORE = 2.0, 0.05
"""Upright lines are read so many times as surely as on their head, and by so much more."""
_LEFT = 0.5
"""How much of its confidence a page off its side must keep: some engines read lines on their side as well. Columns of
writing that runs down the page lose theirs."""
_STANDS = 2.0
"""A line that is so many times as high as wide runs up or down the page."""
_MARGIN = 0.3
"""Paper around a line that is cut out, as a part of its height."""


def turn_of(image: Image, found: Sequence[Line] | Partial, read: ReadImage) -> int | None:
    """By how many degrees clockwise a page has to be turned to stand upright: 0, 90, 180 or 270. ``found`` is what
    ``read`` gave for its image. ``None`` if no line has a confidence.
    """
    rated = [line for line in lines_of(found) if line.confidence is not None]
    if not rated:
        return None
    standing = [line for line in rated if _stands(line)]
    if 2 * sum(map(_length, standing)) > sum(map(_length, rated)):
        tried = _some(standing, _ASIDE)
        right, left = (_turned_confidence(image, tried, way, read) for way in (90, 270))
        sure = max(right, left) >= _LEFT * mean_confidence(tried) and _is_clear(right, left)
        return 0 if not sure else 90 if right > left else 270
    if mean_confidence(rated) >= _HARDLY:
        return 0
    tried = _some([line for line in rated if not _stands(line)], _OVER)
    before, over = mean_confidence(tried), _turned_confidence(image, tried, 180, read)
    return 180 if over > before and _is_clear(over, before) else 0


def mean_confidence(lines: Iterable[Line]) -> float:
    """How sure lines are as a mean by their lengths, 0-1."""
    pairs = [(line.confidence or 0.0, _length(line)) for line in lines]
    whole = sum(length for _, length in pairs)
    return sum(sure * length for sure, length in pairs) / whole if whole else 0.0


def _is_clear(one: float, other: float) -> bool:
    """Whether one of two confidences is that of upright lines, the other that of lines on their head."""
    return max(one, other) >= _TIMES * min(one, other) + _MORE


def _stands(line: Line) -> bool:
    if len(line.baseline) > 1:
        (x, y), (end, below) = line.baseline[0], line.baseline[-1]
        return abs(below - y) > abs(end - x)
    if len(line.polygon) == 4:
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = line.polygon
        return abs(y1 + y2 - y0 - y3) > abs(x1 + x2 - x0 - x3)
    return line.box.height > _STANDS * line.box.width


def _length(line: Line) -> int:
    return max(line.box.width, line.box.height)


def _some(lines: Sequence[Line], many: int) -> Sequence[Line]:
    """Some of the longest lines, but not the very longest: print below a letter may stand the other way up."""
    longest = sorted(lines, key=_length)[-_AMONG:]
    step = max(1, len(longest) // many)
    return longest[step // 2 :: step][:many]


def _turned_confidence(image: Image, lines: Sequence[Line], way: int, read: ReadImage) -> float:
    return mean_confidence(lines_of(read(_stacked([_cut_out(image, line, way) for line in lines]))))


def _stacked(parts: Sequence[Image]) -> Image:
    """Lines one below the other on paper of their tone."""
    from PIL import Image as Images

    size = (max(part.width for part in parts), sum(part.height for part in parts))
    sheet, top = Images.new(parts[0].mode, size, _paper(parts[0])), 0
    for part in parts:
        sheet.paste(part, (0, top))
        top += part.height
    return sheet


def _cut_out(image: Image, line: Line, way: int) -> Image:
    """A line without its neighbours on paper of its tone, turned."""
    from PIL import Image as Images
    from PIL import ImageDraw

    margin = round(_MARGIN * min(line.box.width, line.box.height))
    left, top = line.box.x - margin, line.box.y - margin
    size = (line.box.width + 2 * margin, line.box.height + 2 * margin)
    around = image.crop((left, top, left + size[0], top + size[1]))
    inside = Images.new("1", size)
    ImageDraw.Draw(inside).polygon([(x - left, y - top) for x, y in outline(line)], fill=1)
    paper = Images.new(image.mode, size, _paper(around))
    paper.paste(around, mask=inside)
    return turned_image(paper, way)


def _paper(part: Image) -> tuple[int, ...]:
    from PIL import ImageStat

    return tuple(ImageStat.Stat(part).median)
