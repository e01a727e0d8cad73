"""Trains the model that ships: ``python -m indexer.training.recipe FOLDER TAR… --minutes N`` writes it into FOLDER.

``--engine`` names the engine. Training begins from its model ``original``, from the one of ``--start``, or from
``--weights``, of which ``--share`` (0-1) is taken and the rest from the former model: hands that neither of both has
seen are read best with a mean of them. The letters are those of ``letters.latin``. The result is compared with
``original``.

The tars hold lines of real pages, weighted as ``sampling`` says; ``--count COLLECTION=FACTOR`` changes the weight of a
collection. ``TAR=SHARE`` adds so large a share of other lines, as of ``indexer.training.synthetic``. ``--texts`` names
a folder of running text (``LANG.txt.xz``), to which a share of the lines is set (``recomposed``). ``--leave-out`` names
collections that are not trained on.

After an interruption the run goes on from the checkpoint in ``FOLDER.training``, also with more tars or other minutes.
When no minutes are left the model is written. On a GPU, ``--workers`` processes draw the lines and ``--batch`` is some
200000 pixels. ``--learn-only`` needs the base model alone: it leaves the weights in ``FOLDER.training``, and where the
model is to be written ``--weights FOLDER.training`` takes them. What the model that ships was trained on stands in its
model card.
"""

from __future__ import annotations

import argparse
import copy
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from indexer.api.models import HOLD_OUT, REPLAY, RecognitionModel, find, load, read_weights, write_card
from indexer.recognition.choice import EMBEDDED
from indexer.system.machine import cores

from .batches import Invented
from .learner import opened
from .letters import Letters, latin
from .lines import split, spread
from .package import measured, provenance, recalibrated, written
from .recomposed import read_texts, recomposition
from .run import encoded
from .sampling import language, weighed
from .shards import image_bytes, read_shard, write_shard
from .trained_engine import named_engine, standard
from .trainer import FEW, Plan, learn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indexer.values import Trainable

    from .events import TrainingProgress
    from .learner import Learner
    from .lines import Encoded, TrainingLine

_HELD_OUT, _MOST = 0.02, 800
"""The share of the lines that validate, and the most of them."""
_MADE_UP = "synthetic"
_TURNED, _SHORT = frozenset({"hooker", "stanford", "poilus", "copiste", "mss19", "timeus"}), 3
"""Collections in which some lines of at most so many characters lie on their side."""
_REPLAYED, _KEPT_APART, _ROUGH = 52, 150, 30
"""Replayed lines of each collection that ship, lines of the hold-out that ship, and the quality (of 100) of their
images. It is low, since more lines keep more, and training blurs them anyway."""
_BETWEEN = 15.0
"""Seconds from one word on how it goes to the next."""


def main() -> None:
    """Train, or go on training, and write the model."""
    given = _arguments()
    letters = Letters(("", *latin(), " "))
    counted = {name: float(factor) for name, factor in (each.split("=") for each in given.count)}
    training, validation = _lines(given.tars, letters, set(given.leave_out), counted)
    described, engine = named_engine(given.engine)
    original = load(find("original", (standard(described).parent,)))
    learner = _learner(given, engine, standard(described).parent, letters)
    learner.network.to("cuda" if torch.cuda.is_available() else "cpu")
    work = given.folder.with_name(given.folder.name + ".training")
    plan = Plan(60 * given.minutes, given.rate, threads=cores(), workers=given.workers, batch=given.batch)
    seconds = 0.0
    if given.minutes or (work / "checkpoint.pt").is_file():
        invented = None
        if given.texts:
            by_hand = [each for each in training if _kind(each[0]) != _MADE_UP]
            set_from = recomposition(learner, by_hand, read_texts(given.texts))
            invented = Invented(given.recomposed, set_from.lines) if set_from else None
        work.mkdir(parents=True, exist_ok=True)
        states = learn(learner, training, validation, plan, work / "checkpoint.pt", invented)
        seconds = _told(states, training)
    if not given.learn_only:
        learner.network.cpu()
        _write(given, engine, original, learner, training, validation, seconds)


def _told(states: Iterator[TrainingProgress], lines: Sequence[Encoded]) -> float:
    """Says now and then where it is; gives the seconds that learning took."""
    seconds, said = 0.0, -_BETWEEN
    for progress in states:
        seconds = progress.seconds
        if seconds - said >= _BETWEEN or progress.done >= 1:
            _say(_progress(progress, lines))
            said = seconds
    return seconds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("tars", nargs="+")
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--engine", default=EMBEDDED)
    parser.add_argument("--start", default="original")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--leave-out", nargs="*", default=[])
    parser.add_argument("--count", nargs="*", default=[], metavar="COLLECTION=FACTOR")
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--recomposed", type=float, default=0.15)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--batch", type=int, default=FEW)
    parser.add_argument("--learn-only", action="store_true")
    return parser.parse_args()


def _learner(given: argparse.Namespace, engine: Trainable, models: Path, letters: Letters) -> Learner:
    learner = opened(engine, find(given.start, (models,)), letters.characters)
    if given.weights:
        found = read_weights(given.weights) or {}
        weights = {name: torch.from_numpy(values) for name, values in found.items()}
        after = replace(learner, network=copy.deepcopy(learner.network))
        after.network.load_state_dict(weights)
        return learner.blended(after, given.share)
    return learner


def _progress(progress: TrainingProgress, lines: Sequence[Encoded]) -> str:
    """Where it is, and the errors by language and by collection."""
    spoken = {line.collection: language(line.collection, line.language) for line, _ in lines}
    languages: dict[str, list[float]] = defaultdict(list)
    for name, error in progress.collections.items():
        languages[spoken.get(name, "")].append(error)
    told = " ".join(f"{name} {np.mean(errors):.3f}" for name, errors in sorted(languages.items()))
    single = " ".join(f"{name} {error:.3f}" for name, error in sorted(progress.collections.items()))
    return (
        f"{progress.done:.1%} {progress.seconds:.0f} s, {progress.lines} lines, loss {progress.loss:.3f}, "
        f"{progress.error:.4f} (best {progress.best:.4f}); {told}; {single}"
    )


def _write(
    given: argparse.Namespace,
    engine: Trainable,
    base: RecognitionModel,
    learner: Learner,
    training: Sequence[Encoded],
    validation: Sequence[Encoded],
    seconds: float,
) -> None:
    given.folder.mkdir(exist_ok=True)
    lines, texts = [line for line, _ in validation], [learner.letters.text(classes) for _, classes in validation]
    summary = "old and new hands and print in Latin letters"
    made = RecognitionModel(given.folder.name, given.folder, summary, base.confidence, engine=base.engine)
    made = written(made, base, engine, learner, training)
    before, after = measured(base, engine, lines, texts), measured(made, engine, lines, texts)
    write_shard(made.folder / REPLAY, _rough(_replayed([line for line, _ in training if line.ships])))
    write_shard(made.folder / HOLD_OUT, _rough(spread([line for line in lines if line.ships], _KEPT_APART)))
    figures = {"validation": {"lines": len(lines), "before": before.error, "after": after.error}}
    data = [Path(tar.partition("=")[0]).name for tar in given.tars]
    told = provenance(base, Plan(0).seed, seconds, len(training), data, figures)
    write_card(recalibrated(replace(made, provenance=told), after))
    _say(f"{before.error:.4f} -> {after.error:.4f}")


def _lines(
    tars: Sequence[str], letters: Letters, left_out: set[str], counted: Mapping[str, float]
) -> tuple[list[Encoded], list[Encoded]]:
    """What is learned from, each line with its weight, and what is measured by."""
    real: list[Encoded] = []
    extra: list[tuple[list[Encoded], float]] = []
    for tar in tars:
        path, _, wanted = tar.partition("=")
        lines = read_shard(Path(path), lying=True)
        some = [line for line in lines if line.collection not in left_out and not _is_turned(line)]
        found, _ = encoded(some, letters)
        if wanted:
            extra.append((found, float(wanted)))
        else:
            real += found
    training, validation = split(real, _HELD_OUT, _MOST)
    training = weighed(training, counted)
    whole = sum(line.weight for line, _ in training)
    for found, share in extra:
        training += [(replace(line, weight=share * whole / len(found)), classes) for line, classes in found]
    return training, validation


def _is_turned(line: TrainingLine) -> bool:
    """Whether a line may lie on its side."""
    return line.collection in _TURNED and len(line.text) <= _SHORT


def _replayed(lines: Sequence[TrainingLine]) -> list[TrainingLine]:
    """As many lines of each collection, drawn by chance; of synthetic ones three times as many."""
    random = np.random.default_rng(1)
    chosen = []
    for name in sorted({_kind(line) for line in lines}):
        own = [line for line in lines if _kind(line) == name]
        number = _REPLAYED * (3 if name == _MADE_UP else 1)
        chosen += [own[at] for at in random.choice(len(own), min(number, len(own)), replace=False)]
    return chosen


def _kind(line: TrainingLine) -> str:
    """The collection of a line; all that was made up is one."""
    return _MADE_UP if line.collection.startswith(_MADE_UP) else line.collection


def _rough(lines: Sequence[TrainingLine]) -> list[TrainingLine]:
    return [replace(line, image=image_bytes(line.pixels(), _ROUGH)) for line in lines]


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a script


if __name__ == "__main__":
    main()
