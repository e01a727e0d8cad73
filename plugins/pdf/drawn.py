"""Finds what a page shows besides its text: pictures, and ink that is neither text nor a ruled line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from PIL.Image import Image

_DPI = 75
_MOST_PIXELS = 1_500_000
_LEAST_PICTURE = 36.0
"""Pictures count from this many square points on, all together: smaller ones cannot hold a word."""
_STEP = 24
"""The difference of grey between neighbouring pixels at an edge of ink."""
_CONTRAST = 32
"""The least difference of grey between a visible word and its paper."""
_BLOCK, _REACH = 4, 9
"""The side of a block in pixels, and how many pixels ink must reach across to be more than a bullet or a speck."""
_RULE = (3.0, 8.0)
"""A straight path that is narrower than the first and longer than the second number of points is a ruled line."""
_FRAME = 7.0
"""A box at least this many points high and wide may be a frame, with ink on its outline only."""
_FAINTEST, _WHITE, _LETTER = 0.1, 0.97, 9.0
"""Paths of less opacity or more lightness are invisible. A stroke of handwriting reaches across so many points."""
_MOST_PATHS = 3000
"""A page with more paths is a drawing. It is not searched for ruled lines."""

Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a page shows, in points of the unrotated page. ``scale`` is the pixels of ``image`` for each point."""

    image: Image
    scale: float
    pictures: tuple[Rect, ...]
    ruled: tuple[Rect, ...]
    has_strokes: bool

    @property
    def has_pictures(self) -> bool:
        """Whether there are pictures that are large enough for a word."""
        return sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in self.pictures) >= _LEAST_PICTURE

    def in_picture(self, rect: Rect) -> bool:
        """Whether the middle of a box lies on or under a picture."""
        x, y = (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2
        return any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in self.pictures)

    def is_seen(self, rect: Rect) -> bool:
        """Whether anything is drawn at a place."""
        left, top, right, bottom = self._pixels(rect, 0)
        extrema: Any = self.image.crop((left, top, max(left + 1, right), max(top + 1, bottom))).getextrema()
        return bool(extrema[1] - extrema[0] >= _CONTRAST)

    def has_more_than(self, explained: Iterable[Rect]) -> bool:
        """Whether there is ink outside of these places and of ruled lines."""
        from PIL import ImageDraw

        if self.has_strokes:  # they may be too thin or too light for the small picture
            return True
        edges = _edges(self.image)
        draw = ImageDraw.Draw(edges)
        for rect in explained:
            draw.rectangle(self._pixels(rect, 2), fill=0)
        for rect in self.ruled:
            draw.rectangle(self._pixels(rect, 2), fill=0)
        width, height = edges.size
        draw.rectangle((0, 0, width - 1, height - 1), outline=0, width=2)
        return edges.getbbox() is not None and _is_writing(edges)

    def _pixels(self, rect: Rect, more: int) -> tuple[int, int, int, int]:
        x0, y0, x1, y1 = (value * self.scale for value in rect)
        return (int(x0) - more, int(y0) - more, int(x1 + 1) + more, int(y1 + 1) + more)


def drawn(page: Any, display: Any) -> Drawn:
    """What a page shows. ``display`` is its display list."""
    import pymupdf
    from PIL import Image

    paper = pymupdf.Rect(page.rect) * page.derotation_matrix
    scale = min(_DPI / 72, (_MOST_PIXELS / max(1.0, paper.width * paper.height)) ** 0.5)
    pixels = display.get_pixmap(
        matrix=page.derotation_matrix * pymupdf.Matrix(scale, scale), colorspace=pymupdf.csGRAY, alpha=False
    )
    image = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
    log = [(kind, tuple(pymupdf.Rect(rect) & paper)) for kind, rect, *_ in page.get_bboxlog()]
    there = [(kind, rect) for kind, rect in log if rect[0] < rect[2] and rect[1] < rect[3]]
    pictures = tuple(rect for kind, rect in there if kind in ("fill-image", "fill-imgmask"))
    paths = sum(kind.endswith("-path") for kind, _ in there)
    lines = page.get_cdrawings() if 0 < paths <= _MOST_PATHS else []
    return Drawn(image, scale, pictures, tuple(_ruled(lines)), any(map(_is_stroke, lines)))


def _edges(image: Image) -> Image:
    """A mask of the pixels at which grey changes to the next pixel."""
    from PIL import ImageChops

    across = ImageChops.difference(image, ImageChops.offset(image, 1, 0))
    down = ImageChops.difference(image, ImageChops.offset(image, 0, 1))
    return ImageChops.lighter(across, down).point([255 if value > _STEP else 0 for value in range(256)])


def _ruled(paths: Iterable[dict[str, Any]]) -> Iterator[Rect]:
    """The boxes of the ink of ruled lines, of frames and of the edges of coloured areas."""
    for path in paths:
        half = (path.get("width") or 0.0) / 2 if "s" in path["type"] else 0.0
        for kind, *points in path["items"]:
            if kind == "l" and _is_level(*points[:2]):
                (x0, y0), (x1, y1) = points[:2]
                yield (min(x0, x1) - half, min(y0, y1) - half, max(x0, x1) + half, max(y0, y1) + half)
            elif kind == "re":
                yield from _box(points[0], half)
        if path["type"] == "f":
            yield from _box(path["rect"], 0.0)


def _is_stroke(path: dict[str, Any]) -> bool:
    """Whether a path may be handwriting: as long as a letter, curved or slanted, and not white."""
    if (
        "s" not in path["type"]
        or path.get("stroke_opacity", 1.0) < _FAINTEST
        or min(path.get("color") or (0,)) > _WHITE
    ):
        return False
    x0, y0, x1, y1 = path["rect"]
    bent = any(kind == "c" or (kind == "l" and not _is_straight(*points[:2])) for kind, *points in path["items"])
    return bent and max(x1 - x0, y1 - y0) >= _LETTER


def _is_straight(start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Whether a line runs along the page or across it."""
    return min(abs(end[0] - start[0]), abs(end[1] - start[1])) < 0.5


def _is_level(start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Whether a line is a ruled line: level or upright, and long."""
    return _is_straight(start, end) and max(abs(end[0] - start[0]), abs(end[1] - start[1])) >= _RULE[1]


def _box(rect: Rect, half: float) -> Iterator[Rect]:
    """The ink of a box: all of a thin box, the outline of a larger one. Boxes smaller than a letter have none."""
    x0, y0, x1, y1 = rect
    thin, long = sorted((x1 - x0, y1 - y0))
    if thin <= _RULE[0] and long >= _RULE[1]:
        yield (x0 - half, y0 - half, x1 + half, y1 + half)
    elif thin >= _FRAME:
        for left, top, right, bottom in ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)):
            yield (left - half, top - half, right + half, bottom + half)


def _is_writing(edges: Image) -> bool:
    """Whether some ink reaches far enough to be more than specks."""
    from PIL import Image

    blocks = edges.resize((-(-edges.width // _BLOCK), -(-edges.height // _BLOCK)), Image.Resampling.BOX)
    width = blocks.width
    left = {at for at, value in enumerate(blocks.tobytes()) if value}
    while left:
        group = _group(left, width)
        rows, columns = [at // width for at in group], [at % width for at in group]
        around = (min(columns), min(rows), max(columns) + 1, max(rows) + 1)
        box = edges.crop(tuple(_BLOCK * each for each in around)).getbbox()  # type: ignore[arg-type]
        if box and max(box[2] - box[0], box[3] - box[1]) >= _REACH:
            return True
    return False


def _group(left: set[int], width: int) -> Sequence[int]:
    """Remove one group of touching blocks from those that are left, and return it."""
    group = [left.pop()]
    for at in group:
        for near in (
            at - width,
            at - 1,
            at + 1,
            at + width,
            at - width - 1,
            at - width + 1,
            at + width - 1,
            at + width + 1,
        ):
            if near in left:
                left.remove(near)
                group.append(near)
    return group
