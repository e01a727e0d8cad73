"""The reader that ships: ``python -m indexer.training.recipe FOLDER TAR… --minutes N`` makes the one in FOLDER.

It begins from the reader ``original``, or the one that ``--start`` names, with the letters of ``letters.latin``, and is
compared with ``original``. The tars hold lines of real pages and those of ``indexer.training.synthetic`` (of
``TAR=SHARE`` such a share is taken beside the others, among which small collections count for more than their size).
``--leave-out`` names collections that it is not to see. Work goes on from the checkpoint in ``FOLDER.training`` after
an interruption, also with more tars or another number of minutes; without minutes left what was learned is written.
The model card beside the reader says what the one that ships was made from.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexer.readers import GUARDS, REHEARSAL, ReaderPackage, load, write_card
from indexer.settings import cores

from .course import encoded
from .embedded import READERS
from .letters import Letters, latin
from .lines import split, spread
from .network import with_classes
from .package import measured, opened, provenance, recalibrated, speak, write
from .shards import image_bytes, read_shard, write_shard
from .trainer import Plan, learn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .lines import Encoded, TrainingLine

_EVEN = 0.5
"""How far small collections are evened up: a line counts the size of its collection to the power of minus this."""
_APART, _MOST = 0.02, 400
_MADE_UP = "synthetic"
_REHEARSED, _GUARDS, _ROUGH = 52, 120, 30
"""Lines of each collection that ship against forgetting, lines of the validation that show whether it forgets, and the
quality (of 100) of their images: they are blurred and darkened in training anyway, and more lines keep more."""


def main() -> None:
    """Train, or go on training, and write the reader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("tars", nargs="+")
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--start", default="original")
    parser.add_argument("--leave-out", nargs="*", default=[])
    given = parser.parse_args()
    base = load(READERS / "original")
    network, known = opened(load(READERS / given.start))
    letters = Letters(("", *latin(), " "))
    network = with_classes(network, known.characters, letters.characters)
    training, validation = _lines(given.tars, letters, set(given.leave_out))
    work = given.folder.with_name(given.folder.name + ".training")
    work.mkdir(parents=True, exist_ok=True)
    plan = Plan(60 * given.minutes, rate=given.rate, threads=cores())
    for number, moment in enumerate(learn(network, letters, training, validation, plan, work / "checkpoint.pt")):
        if number % 50 == 0:
            _say(
                f"{moment.done:.1%} {moment.lines} lines, loss {moment.loss:.3f}, {moment.error:.4f} {moment.best:.4f}"
            )
    given.folder.mkdir(exist_ok=True)
    lines, texts = [line for line, _ in validation], [letters.text(classes) for _, classes in validation]
    summary = "old and new hands and print in Latin letters"
    made = ReaderPackage(given.folder.name, given.folder, summary, base.confidence)
    speak(made, base, training, letters)
    made = write(made, network.cpu(), letters, [line for line, _ in training])
    before, after = measured(base, lines, texts), measured(made, lines, texts)
    write_shard(made.folder / REHEARSAL, _rough(_rehearsed([line for line, _ in training])))
    write_shard(made.folder / GUARDS, _rough(spread(lines, _GUARDS)))
    figures = {"validation": {"lines": len(lines), "before": before.error, "after": after.error}}
    data = [Path(tar.partition("=")[0]).name for tar in given.tars]
    told = provenance(base, plan.seed, moment.seconds, len(training), data, figures)
    write_card(recalibrated(replace(made, provenance=told), after))
    _say(f"{before.error:.4f} -> {after.error:.4f}")


def _lines(tars: Sequence[str], letters: Letters, left_out: set[str]) -> tuple[list[Encoded], list[Encoded]]:
    """What is learned from, each line with its weight, and what is measured by."""
    real: list[Encoded] = []
    extra: list[tuple[list[Encoded], float]] = []
    for tar in tars:
        path, _, wanted = tar.partition("=")
        found, _ = encoded([line for line in read_shard(Path(path)) if _collection(line) not in left_out], letters)
        if wanted:
            extra.append((found, float(wanted)))
        else:
            real += found
    sizes = Counter(_collection(line) for line, _ in real)
    mean = len(real) / max(1, len(sizes))
    evened = []
    for line, classes in real:
        size = sizes[_collection(line)]
        evened.append((replace(line, weight=(size / mean) ** -_EVEN), classes))
    training, validation = split(evened, _APART, _MOST)
    whole = sum(line.weight for line, _ in training)
    for found, share in extra:
        training += [(replace(line, weight=share * whole / len(found)), classes) for line, classes in found]
    return training, validation


def _rehearsed(lines: Sequence[TrainingLine]) -> list[TrainingLine]:
    """As many lines of each collection, drawn by chance; of synthetic ones three times as many."""
    random = np.random.default_rng(1)
    chosen = []
    for name in sorted({_collection(line) for line in lines}):
        own = [line for line in lines if _collection(line) == name]
        number = _REHEARSED * (3 if name == _MADE_UP else 1)
        chosen += [own[at] for at in random.choice(len(own), min(number, len(own)), replace=False)]
    return chosen


def _collection(line: TrainingLine) -> str:
    """What a line was collected with; all that was made up is one collection."""
    name = line.page.partition("/")[0]
    return _MADE_UP if name.startswith(_MADE_UP) else name


def _rough(lines: Sequence[TrainingLine]) -> list[TrainingLine]:
    return [replace(line, image=image_bytes(line.pixels(), _ROUGH)) for line in lines]


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a script


if __name__ == "__main__":
    main()
