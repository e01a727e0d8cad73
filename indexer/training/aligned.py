"""Training lines of pages whose text is known, but not where it stands: what was read is paired with the text.

``python -m indexer.training.aligned FOLDER OUT.tar`` takes NAME.txt beside NAME.jpg: a line of text for each line on
the page, as people type it. Lines may be missing in it, and words that are cut at the end of a line may be whole. The
lines whose text is sure are written as a shard (``indexer.training.shards``), and their number is printed.
``--leave-out`` names hands that are kept for measuring: the part of a file's name before ``-NN``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image
from rapidfuzz.distance import Levenshtein

from indexer.api.models import find
from indexer.image.geometry import outline
from indexer.image.reading_order import parts
from indexer.recognition.choice import EMBEDDED
from indexer.text.folding import fold
from indexer.values import EngineOptions
from indexer.values.engine import lines_of

from .lines import DETECTOR, TrainingLine
from .shards import image_bytes, write_shard
from .trained_engine import named_engine, standard
from .transcribed import kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.values import Recogniser, Trainable

_ALIKE, _AHEAD = 0.55, 0.15
"""A read line is paired with a line of text if at least this share of their letters agrees, and by so much more than of
either with any other line."""
_MISSING = 3
"""Letters in a row that one of both may lack. More letters are words that were left out."""
_SHORT = 6
"""Shorter lines cannot be told from others."""


def pairs(read: Sequence[str], text: Sequence[str]) -> dict[int, str]:
    """The text of read lines where it is sure, by their numbers; ``text`` holds the lines of the page."""
    forms = [_forms(text, at) for at in range(len(text))]
    table = np.array([[max(_alike(line, form) for form in some) for some in forms] for line in read])
    found = {}
    for at, line in enumerate(read):
        if not forms or len(fold(line)) < _SHORT:
            continue
        best = int(table[at].argmax())
        others = np.concatenate((np.delete(table[at], best), np.delete(table[:, best], at), [0.0]))
        said = max(forms[best], key=lambda form, line=line: _alike(line, form))  # type: ignore[misc]
        if table[at, best] >= max(_ALIKE, others.max() + _AHEAD) and _is_whole(line, said):
            found[at] = said
    return found


def _forms(text: Sequence[str], at: int) -> list[str]:
    """How a line of text may stand on the page: as it is, with its last word cut, or with the rest of the word above.

    At least three letters are cut off: fewer may as well have been misread.
    """
    line = text[at]
    before, _, last = line.rpartition(" ")
    cut = [f"{before} {last[:size]}{sign}".strip() for size in range(2, len(last) - 2) for sign in ("-", "")]
    above = text[at - 1].rpartition(" ")[2] if at else ""
    rest = [above[size:] for size in range(2, len(above) - 1)]
    return [line, *cut, *(f"{part} {line}" for part in rest)]


def _alike(read: str, said: str) -> float:
    return float(Levenshtein.normalized_similarity(fold(read), fold(said)))


def _is_whole(read: str, said: str) -> bool:
    steps = Levenshtein.opcodes(fold(read), fold(said))
    return all(abs((step.src_end - step.src_start) - (step.dest_end - step.dest_start)) <= _MISSING for step in steps)


def page_lines(image: Path, recogniser: Recogniser, engine: Trainable, collection: str) -> Iterator[TrainingLine]:
    """The lines of a page whose text is sure, by the file beside it."""
    text = [
        each for line in image.with_suffix(".txt").read_text(encoding="utf-8").splitlines() if (each := line.strip())
    ]
    page = Image.open(image).convert("RGB")
    read = recogniser.read(page)
    found = lines_of(read)
    lines = [found[at] for part in parts([outline(line) for line in found]) for at in part.lines]
    pixels, scale = engine.pixels(page)
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
    for at, said in pairs([line.text for line in lines], text).items():
        cut = kept(engine.cut(grey, np.array(lines[at].polygon, np.float32) / scale), engine.shape)
        yield TrainingLine(image_bytes(cut), said, f"{collection}/{image.stem}", DETECTOR)


def main() -> None:
    """Write the shard and say how many lines it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--engine", default=EMBEDDED)
    parser.add_argument("--model", default="latin")
    parser.add_argument("--leave-out", nargs="*", default=[])
    given = parser.parse_args()
    described, engine = named_engine(given.engine)
    pages = [page for page in sorted(given.folder.glob("*.jpg")) if page.stem.rpartition("-")[0] not in given.leave_out]
    options = EngineOptions(model=find(given.model, (standard(described).parent,)))
    with described.open(options) as recogniser:
        lines = (line for page in pages for line in page_lines(page, recogniser, engine, given.folder.name))
        number = write_shard(given.out, lines)
    print(f"{given.out}: {number} lines of {len(pages)} pages")  # noqa: T201 - a script


if __name__ == "__main__":
    main()
