"""Synthetic pages in joined school hands: Sütterlin, the last form of German Kurrent, and four Latin hands.

``python -m indexer.training.school_hands TEXTS OUT.tar --hands N --pages N`` writes their lines, cut where the engine
of ``--engine`` finds them, as a shard of ``indexer.training.shards``. Every hand is a font that Metafont draws from the
sources of the TeX package schulschriften (W. Entenmann, LaTeX Project Public License), with another slant, another pen
and other proportions; TeX joins the letters. TEXTS has running text, ``de.txt.xz`` and ``en.txt.xz``. The programs
``mf``, ``latex``, ``dvipng`` and ``kpsewhich`` are called (Debian: texlive-latex-base, dvipng, texlive-fonts-extra).
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from indexer.recognition.choice import EMBEDDED

from .recomposed import fragment, read_texts
from .shards import write_shard
from .synthetic import page
from .trained_engine import named_engine
from .transcribed import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from indexer.values import Trainable

    from .lines import TrainingLine

_PROGRAMS = ("mf", "latex", "dvipng", "kpsewhich")
_KURRENT = "wesu"
HANDS = {_KURRENT: 0.74, "wedn": 0.11, "wela": 0.06, "weva": 0.05, "wesa": 0.04}
"""The hands of the package, and how often each is taken."""
_LINES, _RESOLUTION, _SIZE = 90, 250, 14
"""Lines that are set in a hand, pixels an inch, and the size of the font in points."""
_LETTERS = re.compile(r"[A-Za-z0-9äöüÄÖÜß.,;:!?()'-]+")
"""Words of these characters are set: all hands have them."""
_SHAPES = ("gap", "dy", "ds", "s", "so", "S", "sb", "vb", "vh", "Sb", "Vb", "Vh", "BS", "BX")
"""Measures of the loops, bows and stems of Sütterlin that differ from hand to hand."""
_JOINED = 'extra_endchar:="if not wortende: w:=hround xpos; charwd:=xpos/hppp; fi";'
"""A letter is as wide as the place where the next one joins it. The package gives widths for its own proportions."""


def main() -> None:
    """Write a shard and say how many lines it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--hands", type=int, default=80)
    parser.add_argument("--pages", type=int, default=800)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default=EMBEDDED)
    given = parser.parse_args()
    texts = {name: text for name, text in read_texts(given.texts).items() if name in ("de", "en")}
    if len(texts) < 2:
        parser.error(f"no text in {given.texts}: de.txt.xz and en.txt.xz are expected there")
    if missing := [name for name in _PROGRAMS if shutil.which(name) is None]:
        parser.error(f"{', '.join(missing)} is missing: install texlive-latex-base and dvipng")
    if not _told(Path.cwd(), "kpsewhich", f"{_KURRENT}14.mf").strip():
        parser.error("TeX has no package schulschriften: install texlive-fonts-extra")
    engine = named_engine(given.engine)[1]
    with tempfile.TemporaryDirectory() as folder:
        number = write_shard(given.out, _lines(Path(folder), texts, given.hands, given.pages, given.seed, engine))
    print(f"{given.out}: {number} lines")  # noqa: T201 - a script


def _lines(
    folder: Path, texts: Mapping[str, str], hands: int, pages: int, seed: int, engine: Trainable
) -> Iterator[TrainingLine]:
    for hand in range(hands):
        random = np.random.default_rng((seed, hand))
        stock = _set(folder, f"h{hand}", texts, random)
        for number in range(pages * hand // hands, pages * (hand + 1) // hands):
            size = int(random.integers(30, 62))
            pixels, lines = page(lambda room: _written(stock, size, room, random), size, random)  # noqa: B023
            colours = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
            yield from cut(colours, lines, f"synthetic-school-{seed}/{number}", engine)


def _set(
    folder: Path, name: str, texts: Mapping[str, str], random: Generator
) -> Sequence[tuple[str, NDArray[np.uint8]]]:
    """Lines that are set in a new hand: their text, and their ink (0-255)."""
    package = str(random.choice(list(HANDS), p=list(HANDS.values())))
    source = Path(_told(folder, "kpsewhich", f"{package}14.mf").strip()).read_text(encoding="latin-1")
    (folder / f"{name}.mf").write_text(_hand(package, source, random), encoding="latin-1")
    _told(folder, "mf", "-interaction=batchmode", rf"\mode:=ljfour; input {name}")
    text = texts["de" if package == _KURRENT else str(random.choice(["de", "en"]))]
    said = [words for words in (_words(fragment(text, random)) for _ in range(_LINES)) if words]
    (folder / f"{name}-lines.tex").write_text(_document(name, said, random), encoding="utf-8")
    _told(folder, "latex", "-interaction=batchmode", f"{name}-lines.tex")
    _told(folder, "dvipng", "-q", "-D", str(_RESOLUTION), "-T", "tight", "-o", f"{name}-%d.png", f"{name}-lines.dvi")
    drawn = ((words, folder / f"{name}-{number}.png") for number, words in enumerate(said, 1))
    return [(" ".join(words), _ink(file)) for words, file in drawn if file.is_file()]


def _told(folder: Path, *command: str) -> str:
    """What a program of TeX answers. Its warnings end with a code other than 0, so what it writes is looked at."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - names and files of our own
    return done.stdout


def _hand(package: str, source: str, random: Generator) -> str:
    """The Metafont source of a hand: the one of the package with another slant, pen and other proportions."""
    slant = f"slant:={random.choice([random.uniform(0, 0.3), random.uniform(0.3, 1.1), random.uniform(0.5, 1.2)]):.3f};"
    if package != _KURRENT:
        return f"{slant} fetter:={random.uniform(0, 2):.2f}; bold:=1;\n{source}"
    middle = random.uniform(11, 20)
    source = source.replace("ht# := 20ut#;", f"ht# := {middle:.2f}ut#;")
    source = source.replace("dt# := ht#;", f"dt# := {middle * random.uniform(1, 1.9):.2f}ut#;")
    pen = f"scaled {random.uniform(1, 2.5):.2f}ut"
    if random.random() < 0.7:
        wide, high, turn = random.uniform(1.2, 5), random.uniform(0.5, 1.2), random.uniform(20, 75)
        pen = f"xscaled {wide:.2f}ut yscaled {high:.2f}ut rotated {turn:.0f}"
    before, after = source.index("if unknown bold:"), source.index("wesu_pen:=savepen")
    source = f"{source[:before]}pickup pencircle {pen};\n{source[after:]}"
    shapes = "".join(f"{name}:={random.uniform(0.8, 1.25):.2f}{name};" for name in _SHAPES)
    source = source.replace("input wesu14_def;", f"input wesu14_def; {shapes}")
    source = source.replace("input wesu14_kl;", f'{_JOINED} input wesu14_kl; extra_endchar:="";')
    return f"{slant}\n{source}"


def _words(text: str) -> list[str]:
    return [word for word in text.split() if _LETTERS.fullmatch(word)]


def _document(name: str, said: Sequence[Sequence[str]], random: Generator) -> str:
    """A page of TeX for each line. Words stand a little off the line, and not always as far from each other."""
    lines = []
    for words in said:
        loose = random.uniform(0.5, 1.5)
        parts = (
            rf"\raise{random.normal(0, 0.35):.2f}pt\hbox{{{word} }}\hskip{loose * random.uniform(-2.5, 5):.2f}pt"
            for word in words
        )
        lines.append(rf"\shipout\hbox{{{''.join(parts)}}}")
    return "\n".join(
        (
            r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}",
            rf"\DeclareFontFamily{{T1}}{{hand}}{{}}\DeclareFontShape{{T1}}{{hand}}{{m}}{{n}}{{<-> {name}}}{{}}",
            rf"\begin{{document}}\usefont{{T1}}{{hand}}{{m}}{{n}}\fontsize{{{_SIZE}pt}}{{20pt}}\selectfont",
            *lines,
            r"\end{document}",
        )
    )


def _ink(file: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    return np.asarray(255 - image if image is not None else np.zeros((1, 1)), np.uint8)


def _written(
    stock: Sequence[tuple[str, NDArray[np.uint8]]], size: int, room: int, random: Generator
) -> tuple[str, NDArray[np.float32]]:
    """A line of the stock that has room, and its ink (0-1), unsteady as a hand is; no text where none has room."""
    scale = size / (0.75 * _SIZE * _RESOLUTION / 72)
    for at in random.permutation(len(stock))[:20].tolist():
        text, ink = stock[at]
        if ink.shape[1] * scale <= room:
            small = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            return text, _unsteady(small.astype(np.float32) / 255, size, random)
    return "", np.zeros((1, 1), np.float32)


def _unsteady(ink: NDArray[np.float32], size: int, random: Generator) -> NDArray[np.float32]:
    """The ink moved by smooth noise, whose waves are about as long as a letter is wide."""
    edge = size // 4
    ink = np.asarray(cv2.copyMakeBorder(ink, edge, edge, edge, edge, cv2.BORDER_CONSTANT))
    height, width = ink.shape
    across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    force = random.uniform(0, 0.09) * size
    cells = (max(2, round(height / (0.7 * size))), max(2, round(width / (0.7 * size))))
    moves = [
        cv2.resize(random.normal(0, force, cells).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        for _ in range(2)
    ]
    return np.asarray(cv2.remap(ink, across + moves[0], down + moves[1], cv2.INTER_LINEAR))


if __name__ == "__main__":
    main()
