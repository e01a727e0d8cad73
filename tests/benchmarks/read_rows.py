"""The lines of pages with ground truth as the engine reads them, for what is fitted on them."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.api.models import LANGUAGE, RecognitionModel, load
from indexer.formats.groundtruth import truth_for
from indexer.image.geometry import holders, middle
from indexer.plugins import embedded
from indexer.plugins.embedded.counting import LetterCounts
from indexer.plugins.embedded.detector import Detector
from indexer.plugins.embedded.mixture import Languages
from indexer.plugins.embedded.recogniser import LineRecogniser, ReadLine, characters
from indexer.posteriors.calibration import Logistic
from indexer.text.folding import fold, words
from indexer.values import Box, Line

MISPLACED = ("copiste-08", "copiste-09")
"""Pages of the development archive whose ground truth does not lie on their lines."""
UNTRANSCRIBED = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """A line that was read, and the text of the line of the ground truth it lies in, if it lies in one."""

    collection: str
    unit: tuple[str, int]
    truth: str | None
    read: ReadLine

    def line(self, sure: float) -> Line:
        """It as an engine gives it, with a confidence."""
        return Line(self.read.text, sure, Box(0, 0, 1, 1), posteriorgram=self.read.posteriorgram)


Texts = dict[str, dict[tuple[str, int], str]]
"""For each collection the texts of its lines, by page and number."""


def line_recogniser(package: RecognitionModel, languages: Path | None) -> LineRecogniser:
    """A model opened with other languages than its own, those that are there."""
    if languages is None or not languages.is_dir():
        return embedded.line_recogniser(package, 2)
    session = embedded.open_session(embedded.network_of(package), 2)
    known = characters(session.get_modelmeta().custom_metadata_map)
    files = {path.stem: path for folder in (embedded.LANGUAGES, languages) for path in folder.glob("??.npz")}
    own = LetterCounts.load(languages / LANGUAGE).model(len(known))
    return LineRecogniser(session, Languages(own, known, files))


def rows(folder: Path, model: Path, languages: Path | None = None) -> tuple[list[Row], Texts]:
    """All lines read on the pages, as the engine reads them; and the texts of their ground truth."""
    detector = Detector(embedded.open_session(embedded.DETECTOR, 2))
    package = load(model)
    opened: dict[str, embedded._PageRecogniser] = {}
    made: list[Row] = []
    texts: Texts = {}
    for path in sorted(folder.rglob("*.jpg")):
        pages = truth_for(path)
        if not pages or path.stem in MISPLACED:
            continue
        name = path.parent.name
        if name not in opened:
            recogniser = line_recogniser(package, languages and languages / name)
            opened = {name: embedded._PageRecogniser(detector, recogniser, package.confidence, again=False)}
        own = {(path.stem, at): line.text for at, line in enumerate(pages[0].lines)}
        texts.setdefault(name, {}).update(own)
        pixels, scale, found = opened[name]._found(Image.open(path).convert("RGB"))
        read, _ = opened[name]._page(pixels, found)
        regions = [line.polygon for line in pages[0].lines]
        places = holders(regions, [middle([(float(x), float(y)) for x, y in each * scale]) for each in found])
        for number, (at, (_, line)) in enumerate(zip(places, read, strict=True)):
            if line.text.strip():
                unit = (path.stem, at if at is not None else -1 - number)
                made.append(Row(name, unit, own.get(unit), line))
    return made, texts


def kept_rows(
    folder: Path, model: Path, languages: Path | None = None, kept: Path | None = None
) -> tuple[list[Row], Texts]:
    """As ``rows``; from a file if they are kept there, which is written otherwise."""
    key = (str(folder.resolve()), load(model).network, languages and str(languages.resolve()))
    if kept is not None and kept.is_file():
        was, lines, texts = pickle.loads(kept.read_bytes())  # our own file
        if was == key:
            return [Row(*line) for line in lines], texts
    found, texts = rows(folder, model, languages)
    if kept is not None:
        kept.write_bytes(pickle.dumps((key, [(r.collection, r.unit, r.truth, r.read) for r in found], texts)))
    return found, texts


def query_words(text: str) -> set[str]:
    return {word for word in words(fold(text)) if sum(map(str.isalpha, word)) >= 4}


def left_out(names: Sequence[str]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Each collection, and which rows are of another."""
    for name in sorted(set(names)):
        yield name, np.array([other != name for other in names])


def show(where: str, model: Logistic) -> None:
    print(f"for {where}:\n  {model.bias:.4f}, ({', '.join(f'{weight:.4f}' for weight in model.weights)})")
