"""The picture of the way of a page: its lines, one of them, its posteriorgram, what was read and what is found.

    python tests/benchmarks/way.py

Writes indexer/docs/way.png from the first page of tests/data/archive/poilus, read by the embedded engine.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from indexer.api.registry import load_registry
from indexer.posteriors.posteriorgram import STEPS, unpack
from indexer.system.originals import source_file
from indexer.values import EngineOptions, Line, SourceOptions

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "tests" / "data" / "archive" / "poilus" / "poilus-06.jpg"
WORD, WIDTH, PART = "testament", 760, 230
"""The word that is looked for, pixels of the picture's width, and of the page's part that is shown."""
INK, BLUE = "#1b1b1b", "#0072B2"


def posteriorgram(line: Line, size: tuple[int, int]) -> Image.Image:
    """Frames from left to right, letters from top to bottom (- is the blank), the darker the likelier."""
    assert line.posteriorgram is not None
    posteriorgram = unpack(line.posteriorgram)
    assert posteriorgram is not None
    grid = np.zeros((len(posteriorgram.symbols), posteriorgram.length))
    grid[posteriorgram.symbol, posteriorgram.frame] = np.exp(-np.asarray(posteriorgram.cost) / STEPS)
    letters = sorted(range(len(posteriorgram.symbols)), key=lambda at: posteriorgram.symbols[at])
    shown = grid[letters][:, : round(posteriorgram.width)]
    picture = Image.fromarray((255 * (1 - shown)).astype(np.uint8)).resize(size, Image.Resampling.NEAREST)
    font = ImageFont.load_default(size=13)
    for row, at in enumerate(letters):
        name = {"": "-", " ": "_"}.get(posteriorgram.symbols[at], posteriorgram.symbols[at])
        ImageDraw.Draw(picture).text((2, row * size[1] // len(letters)), name, 120, font)
    return picture


def main() -> None:
    registry = load_registry(Path("none"), {})
    (page,) = registry.sources["images"].pages(source_file(PAGE, None), SourceOptions())
    image = page.image().convert("L")
    white = image.point(lambda value: min(255, round(value * 1.4)))  # the paper alone would be most of the file
    with registry.engine("embedded").open(EngineOptions()) as recogniser:
        lines = list(recogniser.read(image))
    line = next(each for each in lines if WORD in each.text)
    font = ImageFont.load_default(size=18)
    sheet = Image.new("L", (WIDTH, PART + 420), 255).convert("RGB")
    draw = ImageDraw.Draw(sheet)

    scale = WIDTH / image.width
    sheet.paste(white.resize((WIDTH, round(image.height * scale))).crop((0, 0, WIDTH, PART)).convert("RGB"), (0, 0))
    for each in lines:
        x, y, width, height = (part * scale for part in each.box.xywh)
        if y + height < PART:
            draw.rectangle((x, y, x + width, y + height), outline=BLUE, width=3 if each is line else 1)

    x, y, width, height = line.box.xywh
    crop = white.crop((x, y, x + width, y + height))
    strip = (WIDTH - 40, min(80, round((WIDTH - 40) * height / width)))
    at = PART + 10
    draw.text((20, at), "one line", INK, font)
    sheet.paste(crop.resize(strip).convert("RGB"), (20, at + 26))
    at += 34 + strip[1]
    draw.text((20, at), "its posteriorgram: which letter stands where, the darker the more probable", INK, font)
    sheet.paste(posteriorgram(line, (strip[0], 180)).convert("RGB"), (20, at + 26))
    at += 216
    sure = "" if line.confidence is None else f"   {line.confidence:.0%} sure"
    draw.text((20, at), f"its transcription: {line.text}{sure}", INK, font)
    draw.text((20, at + 28), f"notes search {WORD}  finds it", BLUE, font)
    sheet = sheet.crop((0, 0, WIDTH, at + 62))
    sheet.quantize(12, dither=Image.Dither.NONE).save(ROOT / "indexer" / "docs" / "way.png", optimize=True)


if __name__ == "__main__":
    main()
