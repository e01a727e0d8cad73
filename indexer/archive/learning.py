"""The part of the library that learns and measures: models are trained, archives get used to, pages evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.archive.opening import paths_of
from indexer.archive.part import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from indexer.archive.adapting import AdaptationEvent
    from indexer.archive.few_lines import Learned
    from indexer.archive.second_look import SecondLook
    from indexer.archive.teaching import EvaluationEvent, TrainingEvent
    from indexer.evaluation.evaluate import Evaluation
    from indexer.training.events import AdaptationOutcome, TrainingOutcome
    from indexer.values import Failure


class Learning(Part):
    """The learning half of an open archive."""

    def train(
        self,
        name: str,
        *folders: str | Path,
        from_index: bool = True,
        minutes: float = 15.0,
        seed: int = 1,
        passwords: Sequence[str] = (),
        hear: Callable[[TrainingEvent], None] = lambda _event: None,
    ) -> TrainingOutcome:
        """Teach the engine the hands of the archive: train a model of this name, kept if it reads better than before.

        It learns from what people accepted and corrected in the archive (``from_index``), and from folders of pages
        with ALTO or PAGE XML, or with their text, beside them. The model to begin from is that of the archive.
        All of it takes so many ``minutes`` at most, once the lines are gathered. ``hear`` is told how far it is; the
        same call goes on after an interruption. Raises ``UsageError`` for too few lines, ``UnavailableError`` without
        PyTorch.
        """
        from indexer.archive import teaching

        return teaching.train(
            *(self.settings, self.registry, self._voice, name, paths_of(folders)),
            from_index=from_index,
            minutes=minutes,
            seed=seed,
            passwords=tuple(passwords),
            hear=hear,
        )

    def adapt(
        self,
        name: str = "adapted",
        *,
        minutes: float = 60.0,
        seed: int = 1,
        passwords: Sequence[str] = (),
        hear: Callable[[AdaptationEvent], None] = lambda _event: None,
    ) -> AdaptationOutcome:
        """Let the engine get used to the hands of the archive without corrections: make a model of this name of it.

        It learns what it reads surely, by ink and language, and what people settled. The model is kept if fewer words
        are read wrong with it, by estimate. All of it takes so many ``minutes`` at most. ``hear`` is told how far it
        is; the same call goes on after an interruption. Raises ``UsageError`` for too few lines, ``UnavailableError``
        without PyTorch.
        """
        from indexer.archive import adapting

        return adapting.adapt(
            *(self.settings, self.registry, self._voice, name),
            minutes=minutes,
            seed=seed,
            passwords=tuple(passwords),
            hear=hear,
        )

    def evaluate(
        self,
        *folders: str | Path,
        before: str | None = None,
        hear: Callable[[EvaluationEvent], None] = lambda _event: None,
    ) -> Evaluation:
        """Measure reading, confidence and search on pages with ALTO or PAGE XML beside them; needs no index.

        ``before`` names a model that reads them first: what comes of words that only it read? ``hear`` is told of every
        file, and of what could not be read. Raises ``UsageError`` when no page has ground truth.
        """
        from indexer.archive import teaching

        return teaching.evaluate(self.settings, self.registry, paths_of(folders), before=before, hear=hear)

    def learn(
        self,
        volume: str | Path | None = None,
        passwords: Sequence[str] = (),
        hear: Callable[[Failure], None] = lambda _failure: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[Learned]:
        """Get used to a volume, a folder with images or a file of several pages, by the ten or more lines of it that
        people accepted or corrected, and read its waiting lines again; without one, to all volumes with new such lines.

        Where what is learned from one half of the lines does not read the other half better, nothing is changed. When
        ``stopping()`` turns true, the page in hand is finished. Raises ``UsageError`` for too few lines.
        """
        from indexer.archive import few_lines

        home, found = self.settings.index, []
        for each in few_lines.wanted(self.catalog, home, volume):
            if stopping():
                break
            found.append(
                few_lines.learn(
                    *(self.settings, self.registry, self._voice, self.catalog, each),
                    passwords=tuple(passwords),
                    hear=hear,
                    stopping=stopping,
                )
            )
        self._followed([])
        return found

    def look_again(
        self,
        *paths: str | Path,
        minutes: float,
        passwords: Sequence[str] = (),
        hear: Callable[[Failure], None] = lambda _failure: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> SecondLook:
        """Look again, in other ways, at waiting lines of files and folders, the pages that lack least first.

        What is read more surely counts. It takes so many ``minutes`` at most, or as long as the first page; a line that
        was looked at is not looked at again. When ``stopping()`` turns true, the page in hand is finished. Raises
        ``UnavailableError`` when the engine cannot do it.
        """
        from indexer.archive import second_look

        found = second_look.look_again(
            *(self.settings, self.registry, self.catalog, paths_of(paths)),
            seconds=60 * minutes,
            passwords=tuple(passwords),
            hear=hear,
            stopping=stopping,
        )
        self._followed([])
        return found
