"""Gets used to a volume by the few lines that people corrected there, and reads its waiting lines again.

The language model gets the corrected text; with PyTorch the last layers of the network are trained too. It is tried in
turn before: what was learned from one half of the lines has to read the other half better.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from indexer.api import models
from indexer.archive.opening import source_options
from indexer.archive.rereading import Pages, is_surer, opened
from indexer.archive.volumes import volume_of
from indexer.image.geometry import band
from indexer.recognition.choice import decide
from indexer.recognition.engine_settings import settings_text
from indexer.recognition.page_drawer import PageDrawer
from indexer.system.paths import absolute, at_home
from indexer.text.folding import fold, search_words
from indexer.text.unread import is_marked
from indexer.translation import _
from indexer.values import Failure, Origin
from indexer.values.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from indexer.api.models import RecognitionModel
    from indexer.api.registry import Registry
    from indexer.archive.opening import Voice
    from indexer.catalog import Catalog
    from indexer.system.settings import Settings
    from indexer.training.last_layers import Teacher
    from indexer.training.lines import TrainingLine
    from indexer.values import EngineChoice, Line, StoredLine

LEAST = 10
"""Corrected lines from which it is worth a try (``tests/benchmarks/few_lines.py``)."""
_MOST = 200
"""At most so many lines are learned from: with more, ``notes train`` is the better way."""
_MORE = 1.5
"""So many times the lines that a model knows are worth another try."""
_BETTER = 0.98
"""What is kept has at most so many times the errors in turn."""
LANGUAGE, LAYERS = "language", "last layers"


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of a volume: the number of corrected lines, what was changed, the folded character error rates (0–1) of
    its corrected lines in turn, the model (``None``: it reads no better), and how many of its waiting lines are
    read anew."""

    volume: Path
    lines: int
    changed: tuple[str, ...]
    before: float
    after: float
    model: RecognitionModel | None
    reread: int = 0


def volumes(catalog: Catalog) -> dict[Path, list[StoredLine]]:
    """The lines that people settled, by volume (``volume_of``). Where letters could not be read nothing is learned."""
    return _by_volume(catalog, [line for line in catalog.settled() if not is_marked(line.text)])


def _by_volume(catalog: Catalog, lines: Sequence[StoredLine]) -> dict[Path, list[StoredLine]]:
    found = defaultdict(list)
    longer = catalog.in_long_files([line.id for line in lines])
    for line in lines:
        found[volume_of(line.path, long=line.id in longer, home=catalog.home)].append(line)
    return dict(found)


def model_name(volume: Path) -> str:
    """The name of the model of a volume."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in volume.stem)[:24].strip("-")
    return f"used-to-{plain}-{sha256(bytes(volume)).hexdigest()[:6]}"


def due(catalog: Catalog, home: Path) -> dict[Path, int]:
    """The volumes with enough corrected lines, and enough more than their model knows, and how many these are."""
    counted = {volume: len(lines) for volume, lines in volumes(catalog).items() if len(lines) >= LEAST}
    return {volume: number for volume, number in counted.items() if is_more(number, _known(volume, home))}


def is_more(number: int, known: int) -> bool:
    """Whether a number of lines teaches something beside those that are known: half as many more."""
    return number >= _MORE * known


def wanted(catalog: Catalog, home: Path, place: str | Path | None) -> list[Path]:
    """The volume at a place, or all that are ``due``."""
    return sorted(due(catalog, home)) if place is None else [absolute(at_home(Path(place)))]


def _known(volume: Path, home: Path) -> int:
    """How many lines the model of a volume learned from."""
    folder = home / models.SHELVES[0] / model_name(volume)
    return int(models.load(folder).provenance.get("lines", 0)) if folder.is_dir() else 0


def learn(
    settings: Settings,
    registry: Registry,
    voice: Voice,
    catalog: Catalog,
    volume: Path,
    *,
    passwords: tuple[str, ...] = (),
    hear: Callable[[Failure], None] = lambda _failure: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Learned:
    """Learn from the settled lines of a volume, and read its waiting lines again if that reads better.

    Raises ``UsageError`` for too few lines, and ``UnavailableError`` if the engine cannot get used to anything.
    """
    found = volumes(catalog).get(volume, [])[-_MOST:]
    if len(found) < LEAST:
        raise UsageError(
            _("%(found)s lines of %(volume)s are corrected, too few to learn from", found=len(found), volume=volume),
            _("At least %(least)s are needed: notes review lists lines that wait.", least=LEAST),
        )
    with PageDrawer(settings.plugin_folder, settings.page_timeout) as drawer:
        pages = Pages(catalog, drawer, replace(source_options(settings, passwords), pdf_text="ignore"), hear)
        pupil = _Pupil(_reading(settings, registry), pages, found, _teacher(settings, registry, voice, pages, found))
        voice.say(f"getting used to {len(found)} corrected lines of {volume}")
        learned, shift = _tried(pupil, volume, settings.index)
        if learned.model is None:
            return learned
        voice.say("reading the lines that wait again")
        return replace(learned, reread=_reread(pupil, volume, learned.model, shift, stopping))


@dataclass(frozen=True, slots=True)
class _Pupil:
    """The engine that reads, the pages, the settled lines, and who teaches the last layers, if anybody can."""

    choice: EngineChoice
    pages: Pages
    lines: Sequence[StoredLine]
    teacher: Teacher | None

    @property
    def base(self) -> Path:
        """The folder of the model to begin from."""
        assert self.choice.options.model is not None  # noqa: S101 - an engine that gets used to lines has models
        return self.choice.options.model

    def make(self, folder: Path, numbers: Sequence[int], changed: Sequence[str]) -> RecognitionModel:
        """Write a model that knows the lines with these numbers."""
        folder.mkdir(parents=True)
        assert self.choice.engine.used_to is not None  # noqa: S101 - it was chosen for that
        self.choice.engine.used_to(self.base, [self.lines[at].text for at in numbers], folder)
        if LAYERS in changed and self.teacher is not None:
            self.teacher.write(numbers, folder)
        base = models.load(self.base)
        made = models.with_network(
            models.RecognitionModel(folder.name, folder, "", base.confidence, engine=base.engine)
        )
        models.write_card(made)
        return made


def _reading(settings: Settings, registry: Registry) -> EngineChoice:
    """The engine that reads and can get used to lines."""
    for choice in decide(settings, registry).engines:
        if choice.engine.used_to is not None and choice.options.model is not None:
            return choice
    able = ", ".join(sorted(name for name, each in registry.engines.items() if each.used_to)) or "none"
    raise UnavailableError(
        _("the engine that reads cannot get used to a few lines"), _("There are: %(able)s.", able=able)
    )


def _teacher(
    settings: Settings, registry: Registry, voice: Voice, pages: Pages, lines: Sequence[StoredLine]
) -> Teacher | None:
    """Who teaches the last layers; ``None`` without PyTorch, which is said."""
    from indexer.training.trained_engine import opened_engine

    choice = _reading(settings, registry)
    try:
        engine = opened_engine(choice.engine, registry)
    except (UnavailableError, UsageError) as error:
        voice.say(f"only the language model gets used to the lines: {error.message}")
        return None
    from indexer.training.collecting import cut_lines
    from indexer.training.last_layers import teacher

    cut: dict[int, TrainingLine] = {}
    for __, image, some in pages.of(lines):
        cut.update(zip([line.id for line in some], cut_lines(some, image, pages.catalog, engine), strict=False))
    assert choice.options.model is not None  # noqa: S101 - see _reading
    return teacher(engine, models.load(choice.options.model), [cut.get(line.id) for line in lines])


@dataclass(frozen=True, slots=True)
class _Turn:
    """The folded character error rates (0-1) of lines with the base and with what was learned from the other half; and
    by how much the log odds of the confidences of words are to be moved then, and of those of the base: what learned
    from few lines is surer than it should be, and the base may be on hands that it does not know."""

    before: float
    after: float
    shift: float
    known_shift: float


def _tried(pupil: _Pupil, volume: Path, home: Path) -> tuple[Learned, float]:
    """The model of a volume, if what is learned from one half of its lines reads the other half better; and by how much
    the confidences of its base are to be moved there."""
    changes = [(LANGUAGE, LAYERS)] if pupil.teacher else []
    for changed in (*changes, (LANGUAGE,)):
        turn = _in_turn(pupil, changed)
        if turn.after < _BETTER * turn.before:
            learned = Learned(volume, len(pupil.lines), changed, turn.before, turn.after, None)
            return _kept(pupil, learned, turn.shift, home), turn.known_shift
    return Learned(volume, len(pupil.lines), (), turn.before, turn.before, None), 0.0


def _in_turn(pupil: _Pupil, changed: Sequence[str]) -> _Turn:
    """What a model that learned from one half of the lines makes of the other half, and the base of both."""
    from rapidfuzz.distance import Levenshtein

    from indexer.posteriors.calibration import shift_of

    half = {line.id: at % 2 for at, line in enumerate(pupil.lines)}
    wrong, letters = [0, 0], 0
    sure: tuple[list[float], list[float]] = ([], [])
    right: tuple[list[bool], list[bool]] = ([], [])
    with TemporaryDirectory() as name:
        folders = [Path(name) / str(each) for each in (0, 1)]
        for each, folder in enumerate(folders):
            pupil.make(folder, [at for at in range(len(pupil.lines)) if at % 2 != each], changed)
        with ExitStack() as stack:
            base, *halves = (stack.enter_context(opened(pupil.choice, each)) for each in (pupil.base, *folders))
            for __, image, lines in pupil.pages.of(pupil.lines):
                before, *after = (each.reread(image, [band(line) for line in lines]) for each in (base, *halves))
                for at, line in enumerate(lines):
                    letters += len(fold(line.text))
                    for kind, read in enumerate((before[at], after[half[line.id]][at])):
                        wrong[kind] += Levenshtein.distance(fold(line.text), fold(read.text))
                        for confidence, is_right in _judged(read, line.text):
                            sure[kind].append(confidence)
                            right[kind].append(is_right)
    base_shift, shift = map(shift_of, sure, right)
    return _Turn(wrong[0] / max(1, letters), wrong[1] / max(1, letters), shift, base_shift)


def _judged(read: Line, said: str) -> Iterator[tuple[float, bool]]:
    """The confidence of each word of a reading, and whether it stands in what a person said."""
    there = search_words(said)
    for word in read.words:
        if word.confidence is not None and (parts := search_words(word.text)):
            yield word.confidence, all(part in there for part in parts)


def _kept(pupil: _Pupil, learned: Learned, shift: float, home: Path) -> Learned:
    """Make the model of a volume of all its lines, and put it among the models of the index; ``shift`` moves its
    confidences."""
    target = home / models.SHELVES[0] / model_name(learned.volume)
    folder = target.with_name(target.name + models.UNFINISHED)
    if folder.exists():
        rmtree(folder)
    made = pupil.make(folder, range(len(pupil.lines)), learned.changed)
    base = models.load(pupil.base)
    told = {
        "base": models.identity(pupil.base),
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "notes": version("notes"),
        "lines": learned.lines,
        "data": [str(learned.volume)],
        "changed": list(learned.changed),
        "figures": {"in turn": {"lines": learned.lines, "before": learned.before, "after": learned.after}},
    }
    summary = f"{base.name}, used to {learned.lines} corrected lines of {learned.volume} ({', '.join(learned.changed)})"
    bias, weights = made.confidence
    models.write_card(replace(made, summary=summary, provenance=told, confidence=(bias + shift, weights)))
    models.install(folder, target)
    return replace(learned, model=models.load(target))


def _reread(pupil: _Pupil, volume: Path, model: RecognitionModel, shift: float, stopping: Callable[[], bool]) -> int:
    """Read the waiting lines of a volume again with its model; how many are read more surely.

    Confidences of the base are moved by ``shift`` before, as those of the model were. The others keep what they have:
    on pages that were read better than the corrected ones words would get lost.
    """
    catalog, number = pupil.pages.catalog, 0
    waiting = _by_volume(catalog, catalog.waiting(None)[1]).get(volume, [])
    options = replace(pupil.choice.options, model=model.folder)
    known = partial(_as_sure, pupil.base, shift)
    engine = pupil.choice.engine
    with opened(pupil.choice, model.folder) as recogniser:
        for page, image, wanted in pupil.pages.of(waiting):
            if stopping():
                break
            lines = catalog.page_lines(page.path, page.number)
            found = recogniser.reread(image, [band(line) for line in lines])
            read = {line.id: new for line, new in zip(lines, found, strict=True)}
            origin = Origin(engine.name, engine.version, settings_text(engine, options, found.languages))
            pairs = [(line, read[line.id]) for line in wanted if line.id in read]
            again = {line.id: (line.text, new) for line, new in pairs if is_surer(new, known(line))}
            number += catalog.reread(page.id, again, origin)
    return number


def _as_sure(base: Path, shift: float, line: StoredLine) -> StoredLine:
    """A line with the confidence that its reading has in this volume, if it is one of the base."""
    from indexer.posteriors.calibration import moved

    if line.confidence is None or line.origin.model != models.identity(base):
        return line
    return replace(line, confidence=moved(line.confidence, shift))
