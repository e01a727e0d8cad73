"""The languages that ship: ``python tests/benchmarks/languages.py TARGET TEXTS TAR…`` makes a letter model of each.

TEXTS is a folder of running text (``LANG.txt.xz``, a paragraph a line), the tars are of lines with their text. Of the
lines of a language so many are taken again that they are a share of all, as letters and records are written otherwise
than novels. An n-gram is left out where the shorter one says nearly the same. ``--leave-out`` names collections that
are not to be counted, to measure on them; then the letters of all lines but theirs are counted too, into
``language.npz``, as a recognition model brings them along.
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.api.models import LANGUAGE
from indexer.plugins.embedded.counting import LetterCounts
from indexer.plugins.embedded.language import BITS, save
from indexer.training.letters import Letters, latin, transcribed
from indexer.training.sampling import language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.random import Generator

_ORDER = 7
"""Letters of the longest n-grams."""
_LINES, _OFTEN = 0.3, 8.0
"""Share of transcribed lines among all letters, and how often each is taken at most."""
_LEAST = {"la": 2.0, "nl": 2.0}
_USUAL = 10.0
"""Nats that an n-gram has to be worth over all its text; less where there is little text. With 3 or 16 the error rates
of thirteen collections are the same to .001."""
_LETTERS = 120
"""Letters of a language at most."""
_SHORTEST, _LONGEST = 20, 60
"""Letters of the lines into which running text is broken."""
_OTHERS = {"no": ("da",)}
"""Languages that are counted with another one: Norwegian was written as Danish until 1907."""


def main() -> None:
    """Write a file a language."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("tars", type=Path, nargs="*")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--leave-out", nargs="*", default=[])
    given = parser.parse_args()
    given.target.mkdir(parents=True, exist_ok=True)
    joined = {each for others in _OTHERS.values() for each in others}
    names = [path.name.removesuffix(".txt.xz") for path in sorted(given.texts.glob("??.txt.xz"))]
    for name in given.only or [each for each in names if each not in joined]:
        novels = [text_lines(given.texts / f"{name}.txt.xz")]
        others = [text_lines(given.texts / f"{other}.txt.xz") for other in _OTHERS.get(name, ())]
        own = [*(line for lines in others for line in lines), *lines_of(given.tars, name, given.leave_out)]
        kept = made(given.target / f"{name}.npz", [line for lines in novels for line in lines], own, _LEAST.get(name))
        print(f"{name}: {kept} n-grams", flush=True)
    if given.leave_out:
        known = Letters(("", *latin(), " "))
        lines = (known.classes(text) for text in lines_of(given.tars, None, given.leave_out))
        counts = LetterCounts.count(line for line in lines if line)
        counts.save(given.target / LANGUAGE, len(known.characters))


def made(target: Path, novels: Sequence[str], own: Sequence[str], least: float | None = None) -> int:
    """Write the letter model of lines of novels and of others; gives how many n-grams it keeps."""
    letters = _alphabet([*novels, *own])
    counts = _counted(novels, letters)
    transcribed_lines = _counted(own, letters)
    size, others = (each.grams[0][1].sum() for each in (counts, transcribed_lines))
    if others:
        counts = counts.plus(transcribed_lines, min(_OFTEN, max(1.0, _LINES / (1 - _LINES) * size / others)))
    grams = counts.pruned(_USUAL if least is None else least)
    save(target, grams, letters)
    return sum(len(keys) for keys, _ in grams)


def text_lines(path: Path) -> Iterator[str]:
    """Running text, broken at its words into lines like those of pages."""
    random = np.random.default_rng(1)
    with lzma.open(path, "rt", encoding="utf-8") as paragraphs:
        for paragraph in paragraphs:
            yield from _broken(paragraph.split(), random)


def _broken(words: Sequence[str], random: Generator) -> Iterator[str]:
    line: list[str] = []
    wanted = int(random.integers(_SHORTEST, _LONGEST))
    for word in words:
        line.append(word)
        if sum(map(len, line)) + len(line) > wanted:
            yield " ".join(line)
            line, wanted = [], int(random.integers(_SHORTEST, _LONGEST))
    if line:
        yield " ".join(line)


def lines_of(tars: Iterable[Path], name: str | None, left_out: Sequence[str]) -> list[str]:
    """The different texts of a language's lines that may be learned from; with ``None`` of all lines."""
    found: dict[str, None] = {}
    for tar in tars:
        with tar.with_suffix(".jsonl").open(encoding="utf-8") as records:
            for record in map(json.loads, records):
                collection = str(record["collection"])
                spoken = language(collection, str(record.get("language") or ""))
                if name in (None, spoken) and not record.get("dev") and collection not in left_out:
                    found[transcribed(str(record["text"])) or ""] = None
    return [text for text in found if text]


def _alphabet(lines: Iterable[str]) -> str:
    letters = Letters(("", *latin(), " "))
    often: Counter[Any] = Counter()
    for line in lines:
        often.update(letters.text(letters.classes(line) or []))
    return "".join(letter for letter, _ in often.most_common(_LETTERS))


def _counted(lines: Iterable[str], letters: str) -> LetterCounts:
    known = Letters(("", *latin(), " "))
    numbers = np.array([letters.find(each) + 1 if each else 0 for each in known.characters])
    encoded = (known.classes(line) for line in lines)
    return LetterCounts.count((numbers[each].tolist() for each in encoded if each), _ORDER, BITS)


if __name__ == "__main__":
    main()
