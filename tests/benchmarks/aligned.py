"""How many lines of pages with text beside them are aligned, and a sheet of some of them to look at.

python tests/benchmarks/aligned.py FOLDER [--model NAME] [--sheet FILE.png] [--lines 50]

Printed for each page: the lines of its text, and those that `notes train --from` learns from. The sheet has so many of
these, evenly spaced, each with its text below its ink.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from indexer.api.models import find
from indexer.formats.page_text import text_for
from indexer.recognition.choice import EMBEDDED
from indexer.training.aligned import Aligner
from indexer.training.lines import TrainingLine, spread
from indexer.training.trained_engine import named_engine, standard

ROW, WIDE, COLUMNS = 96, 900, 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="latin")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--lines", type=int, default=50)
    given = parser.parse_args()
    described, engine = named_engine(EMBEDDED)
    aligner = Aligner.of(engine, find(given.model, (standard(described).parent,)))
    found: list[TrainingLine] = []
    said = 0
    for path in sorted(given.folder.glob("*.jpg")):
        text = text_for(path)
        if text is None:
            continue
        pixels, _ = engine.pixels(Image.open(path).convert("RGB"))
        lines = list(aligner.lines(pixels, text, path.stem))
        number = sum(bool(line.strip()) for line in text.splitlines())
        print(f"{path.stem}: {number} lines of text, {len(lines)} aligned", flush=True)
        found, said = found + lines, said + number
    print(f"{said} lines of text, {len(found)} aligned")
    if given.sheet:
        sheet(spread(found, given.lines)).save(given.sheet)


def sheet(lines: list[TrainingLine]) -> Image.Image:
    """Lines in columns, each with its number and text below."""
    rows = -(-len(lines) // COLUMNS)
    made = Image.new("L", (WIDE * COLUMNS, ROW * rows), 255)
    pen, font = ImageDraw.Draw(made), ImageFont.load_default(18)
    for at, line in enumerate(lines):
        left, top = WIDE * (at // rows), ROW * (at % rows)
        ink = Image.fromarray(line.pixels())
        ink.thumbnail((WIDE - 10, ROW - 40))
        made.paste(ink, (left, top))
        pen.text((left, top + ROW - 36), f"{at + 1}  {line.text}  ({line.page})", fill=0, font=font)
    return made


if __name__ == "__main__":
    main()
