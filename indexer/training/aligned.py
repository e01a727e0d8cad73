"""Training lines of pages whose text is known, but not where it stands: what was read is found in the text.

``python -m indexer.training.aligned FOLDER OUT.tar`` takes NAME.txt, NAME.xml (TEI) or NAME.docx beside NAME.jpg. Lines
of the text need not be those of the page, and words may be missing on either side. The lines whose text is sure are
written as a shard (``indexer.training.shards``), and their number is printed. ``--leave-out`` names hands that are kept
for measuring: the part of a file's name before ``-NN``.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from indexer.api.models import find
from indexer.formats.page_text import text_for
from indexer.recognition.choice import EMBEDDED
from indexer.text.found_text import Text, found_in, variants

from .batches import frames_of
from .distortion import plain
from .learner import opened, probabilities
from .letters import transcribed
from .lines import DETECTOR, TrainingLine
from .recomposed import likeliest
from .shards import image_bytes, write_shard
from .trained_engine import named_engine, standard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from indexer.values import LineRecogniser, Trainable

    from .learner import Learner

_DOUBTED, _WORD, _FEW = 1.2, 3.0, 3
"""Nats a letter that a text, and a word of it, may be less likely than what is likeliest in the ink; a word of fewer
letters counts as one of so many."""
_HIGHER = 4 / 3
"""A line image is kept so much higher than the network takes it: it may be cut closer later."""


@dataclass(frozen=True, slots=True)
class Aligner:
    """Aligns texts with pages: an engine, its network, and its reading of single lines."""

    engine: Trainable
    learner: Learner
    read: LineRecogniser

    @classmethod
    def of(cls, engine: Trainable, model: Path) -> Aligner:
        """The aligner that reads with the model in a folder."""
        return cls(engine, opened(engine, model), engine.recogniser(model))

    def lines(self, pixels: NDArray[np.uint8], said: str, page: str) -> Iterator[TrainingLine]:
        """The lines of a page (BGR) whose text is sure, each as its ink shows it."""
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
        cuts = [kept(self.engine.cut(grey, outline), self.engine.shape.height) for outline in self.engine.find(pixels)]
        read = [" ".join(word for word, _ in self.read(cut)) for cut in cuts]
        text = Text.of(said)
        found = {at: variants(text, *span) for at, span in found_in(read, text).items()}
        images = [plain(cuts[at], DETECTOR, self.engine.shape) for at in found]
        for numbers, logs in probabilities(self.learner, images):
            for number, frames in zip(numbers, logs, strict=True):
                at = list(found)[number]
                said_here = self._likeliest(frames[: frames_of(images[number], self.engine.shape)], found[at])
                if said_here is not None:
                    yield TrainingLine(image_bytes(cuts[at]), said_here, page, DETECTOR)

    def _likeliest(self, frames: Tensor, texts: Sequence[str]) -> str | None:
        """The text that is likeliest in the ink, if neither it nor a word of it is much less likely than any other."""
        classes = {text: self.learner.letters.classes(transcribed(text) or "") for text in texts}
        known = {text: numbers for text, numbers in classes.items() if numbers and len(numbers) <= len(frames)}
        if not known:
            return None
        best, cost = costs(frames, list(known.values()))
        text = list(known)[best]
        words = self.learner.letters.text(known[text]).split(" ")
        at = np.repeat(np.arange(len(words)), [len(word) + 1 for word in words])[:-1]
        each = np.bincount(at, cost, len(words)) / [max(_FEW, len(word)) for word in words]
        return text if cost.sum() <= _DOUBTED * len(cost) and each.max() <= _WORD else None


def costs(frames: Tensor, texts: Sequence[list[int]]) -> tuple[int, NDArray[np.float64]]:
    """Which of some texts (classes) is the likeliest in the frames of a line (frames x classes, logarithms), and by how
    many nats each of its letters, with the blanks before it, is less likely than what is likeliest there."""
    paths, scores = likeliest(frames.expand(len(texts), -1, -1), [len(frames)] * len(texts), texts)
    best = int(scores.argmax())
    states = np.array([each for number in texts[best] for each in (0, number)] + [0])
    logs = frames.numpy()
    lost = logs.max(axis=1) - logs[np.arange(len(logs)), states[paths[best]]]
    letter = np.minimum(paths[best] // 2, len(texts[best]) - 1)
    return best, np.asarray(np.bincount(letter, lost, len(texts[best])), np.float64)


def kept(line: NDArray[np.uint8], shape: int) -> NDArray[np.uint8]:
    """A line image, made smaller if it is higher than a network of lines so many pixels high needs."""
    (height, width), most = line.shape, round(_HIGHER * shape)
    if height <= most:
        return line
    return np.asarray(cv2.resize(line, (max(1, round(width * most / height)), most), interpolation=cv2.INTER_AREA))


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
    aligner = Aligner.of(engine, find(given.model, (standard(described).parent,)))
    number = write_shard(given.out, (line for page in pages for line in _page_lines(page, aligner)))
    print(f"{given.out}: {number} lines of {len(pages)} pages")  # noqa: T201 - a script


def _page_lines(image: Path, aligner: Aligner) -> Iterator[TrainingLine]:
    pixels, _ = aligner.engine.pixels(Image.open(image).convert("RGB"))
    yield from aligner.lines(pixels, text_for(image) or "", f"{image.parent.name}/{image.stem}")


if __name__ == "__main__":
    main()
