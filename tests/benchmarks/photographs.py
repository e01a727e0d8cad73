"""How pages are read that were laid or photographed badly: turned, in perspective, bent, in shadow, on a dark table.

    python tests/benchmarks/photographs.py FOLDER... [--kinds upright over table] [--pages 10]

A folder holds pages with ALTO or PAGE XML beside them. Each is warped as a photograph would have it, its ground truth
too, and read by the settings that are in force. ``turned`` counts the pages that were turned as they should be, upright
ones that stayed. The other figures are those of ``notes evaluate``; seconds are a page's.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

import indexer
from indexer.evaluation.metrics import MeasuredPage, measured_page, reading
from indexer.formats.groundtruth import TruthPage, fitted, truth_for
from indexer.image.decoding import orientation_of
from indexer.image.turning import turned_points, turned_size
from indexer.values import Point
from indexer.values.errors import UsageError

Picture = np.ndarray
Moved = tuple[Picture, Callable[[np.ndarray], np.ndarray]]
"""A warped picture, and where points of the page (n x 2) lie on it."""
_BEND, _SQUEEZE = 0.05, 0.06
"""How far the middle of a bent sheet is lifted, as a share of its height, and how much its edges are foreshortened."""
_DARKEST = 0.35
"""What is left of the light in the deepest shadow."""
_TABLE = 0.15
"""How much of the picture lies beside the sheet, on each side."""
_PARTS = 12
"""Into how many parts an edge of an outline is cut before it is moved."""
_TILT = 0.08
"""How far the corners of a sheet move in perspective, as a share of its sides."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it lies in its file, with its ground truth."""

    name: str
    collection: str
    picture: Picture
    truth: TruthPage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--pages", type=int, default=0, help="of each folder, evenly; 0 takes all")
    arguments = parser.parse_args()
    pages = [page for folder in arguments.folders for page in some(list(pages_of(folder)), arguments.pages)]
    print(f"{len(pages)} pages\n{'':12}turned  recall  spurious  letters wrong  order  s/page")
    for kind in arguments.kinds:
        with tempfile.TemporaryDirectory() as name:
            turned, found = read(kind, pages, Path(name))
        figures = reading(found)
        seconds = sum(page.seconds or 0.0 for page in found) / max(1, len(found))
        print(
            f"{kind:12}{turned:6}{figures['line_recall']:8.3f}{figures['spurious_lines']:10}"
            f"{figures['cer_folded']:15.3f}{figures['order'] or 0:7.3f}{seconds:8.2f}",
            flush=True,
        )


def some(pages: list[Page], many: int) -> list[Page]:
    return pages[:: max(1, len(pages) // many)][:many] if many else pages


def pages_of(folder: Path) -> Iterator[Page]:
    """The pages of a folder with ground truth that fits."""
    for file in sorted(each for each in folder.rglob("*") if each.suffix.lower() in (".jpg", ".jpeg", ".png", ".tif")):
        truth = truth_for(file)
        if not truth:
            continue
        image = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
        try:
            laid = fitted(truth[0], *image.size, orientation_of(file))
        except UsageError as error:
            print(f"{file} is left out: {error.message}")
            continue
        yield Page(file.stem, file.parent.name, np.asarray(image), laid)


def read(kind: str, pages: list[Page], folder: Path) -> tuple[int, list[MeasuredPage]]:
    """Warp pages, read them, and compare; also how many stand as they should."""
    truths, degrees = {}, TURNS.get(kind, 0)
    for number, page in enumerate(pages):
        path = folder / "pages" / f"{number:04}-{page.name}.jpg"
        truths[path] = (page.collection, written(page, KINDS[kind], random.Random(page.name), path))
    with indexer.open_archive(folder / "index") as archive:
        archive.index(folder / "pages")
        turned, found = 0, []
        for path, (collection, truth) in truths.items():
            known = archive.catalog.page(path, 1)
            if known is None:
                found.append(measured_page(collection, truth, (), None))
                continue
            turned += known.turned == -degrees % 360
            laid = fitted(truth, known.width, known.height, 1, known.turned)
            found.append(measured_page(collection, laid, archive.catalog.page_lines(path, 1), known.seconds))
    return turned, found


def written(
    page: Page, warp: Callable[[Picture, random.Random], Moved], chance: random.Random, path: Path
) -> TruthPage:
    """Write a warped page; gives its ground truth."""
    picture, move = warp(page.picture, chance)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(picture).save(path, quality=92)

    def moved(points: tuple[Point, ...]) -> tuple[Point, ...]:
        return tuple((float(x), float(y)) for x, y in move(dense(points)))

    lines = tuple(replace(line, polygon=moved(line.polygon)) for line in page.truth.lines)
    return replace(page.truth, width=picture.shape[1], height=picture.shape[0], lines=lines, upright=True)


def dense(points: tuple[Point, ...]) -> np.ndarray:
    """An outline with more points on its edges, since these may bend."""
    ends = np.array([*points, *points[:1]], float)
    parts = np.arange(0, len(points), 1 / _PARTS)
    return np.stack([np.interp(parts, np.arange(len(ends)), each) for each in ends.T], axis=1)


def laid_otherwise(degrees: int) -> Callable[[Picture, random.Random], Moved]:
    """A page turned clockwise."""

    def warp(picture: Picture, _chance: random.Random) -> Moved:
        size = picture.shape[1::-1]
        turned = np.ascontiguousarray(np.rot90(picture, -degrees // 90))
        assert turned.shape[1::-1] == turned_size(size, degrees)
        return turned, lambda points: np.array(turned_points(points.tolist(), degrees, size)).reshape(-1, 2)

    return warp


def in_perspective(
    picture: Picture, chance: random.Random, margin: float = 0.0, ground: Picture | None = None
) -> Moved:
    """A sheet photographed from aside, on a ground."""
    height, width = picture.shape[:2]
    edge = np.array([width, height])
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    shift = np.array([(chance.uniform(0, _TILT), chance.uniform(0, _TILT)) for _ in corners])
    seen = (corners + shift * (1 - 2 * corners) + margin) * edge
    size = tuple(np.round(edge * (1 + 2 * margin)).astype(int).tolist())
    turn = cv2.getPerspectiveTransform((corners * edge).astype(np.float32), seen.astype(np.float32))
    behind = np.full((size[1], size[0], 3), 235, np.uint8) if ground is None else cv2.resize(ground, size)
    cv2.warpPerspective(picture, turn, size, behind, cv2.INTER_AREA, cv2.BORDER_TRANSPARENT)
    return behind, lambda points: cv2.perspectiveTransform(points[None], turn)[0]


def on_a_table(picture: Picture, chance: random.Random) -> Moved:
    """The same on a dark table with grain."""
    noise = np.random.default_rng(chance.randrange(2**32)).normal(0, 14, (64, 700, 1))
    grain = cv2.GaussianBlur(cv2.resize(noise, (900, 900)), (31, 1), 0)[..., None]
    wood = np.clip(np.array([70, 48, 32]) + grain, 0, 255).astype(np.uint8)
    return in_perspective(picture, chance, _TABLE, wood)


def bent(picture: Picture, chance: random.Random) -> Moved:
    """A sheet that is arched, as that of a book."""
    height, width = picture.shape[:2]
    lift = _BEND * height * chance.choice((-1, 1))
    across = np.linspace(0, 1, width)
    squeezed = (across - _SQUEEZE * np.sin(2 * np.pi * across) / (2 * np.pi)) * width

    def arch(x: np.ndarray) -> np.ndarray:
        return np.asarray(lift * 4 * (x / width) * (1 - x / width))

    seen_x, seen_y = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float))
    source_x = np.interp(seen_x, squeezed, across * width)
    warped = cv2.remap(
        *(picture, source_x.astype(np.float32), (seen_y - arch(source_x)).astype(np.float32), cv2.INTER_LINEAR),
        borderMode=cv2.BORDER_REPLICATE,
    )
    return warped, lambda points: np.stack(
        [np.interp(points[:, 0], across * width, squeezed), points[:, 1] + arch(points[:, 0])], axis=1
    )


def in_shadow(picture: Picture, chance: random.Random) -> Moved:
    """A page lit from one side, with the soft shadow of a hand on it."""
    height, width = picture.shape[:2]
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    angle = chance.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5)
    edge = np.sin(angle) * (x - 0.5) - np.cos(angle) * (y - 0.5) - chance.uniform(-0.2, 0.2)
    light = (0.5 + _DARKEST / 2 - (1 - _DARKEST) * 0.5 * slope) * (1 - 0.4 / (1 + np.exp(-edge * 60)))
    return np.clip(picture * light[..., None], 0, 255).astype(np.uint8), lambda points: points


def photographed(picture: Picture, chance: random.Random) -> Moved:
    """All of it: a bent sheet in shadow on a table."""
    arched, first = bent(picture, chance)
    lying, second = on_a_table(arched, chance)
    dark, _ = in_shadow(lying, chance)
    return dark, lambda points: second(first(points))


TURNS = {"right": 90, "over": 180, "left": 270}
KINDS: dict[str, Callable[[Picture, random.Random], Moved]] = {
    "upright": laid_otherwise(0),
    **{name: laid_otherwise(degrees) for name, degrees in TURNS.items()},
    "perspective": in_perspective,
    "bent": bent,
    "shadow": in_shadow,
    "table": on_a_table,
    "photograph": photographed,
}

if __name__ == "__main__":
    main()
