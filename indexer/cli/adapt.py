"""``notes adapt``: lets a recognition model get used to the hands of an archive, without corrections."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.cli._output import amount, display, emit_json, say, warn
from indexer.cli._progress import progress
from indexer.cli._session import open_archive, read_passwords
from indexer.cli.index import failure_line
from indexer.values import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.archive.adapting import AdaptationEvent
    from indexer.training.events import AdaptationOutcome, TrainingLines


def command(
    context: typer.Context,
    name: str,
    minutes: float,
    engine: str | None,
    model: str | None,
    seed: int,
    password_file: Path | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Let a model get used to the hands of an archive that was read: it learns what it read surely, without a
    correction.

    What people corrected is learned too. Run the same again to go on after an interruption. The model is kept in the
    index folder if it reads better on pages that it did not learn from.
    """
    flags = {"index": index, "engine": engine, "model": model}
    with open_archive(context, flags) as archive, ExitStack() as stack:
        passwords = read_passwords(password_file)
        outcome = archive.adapt(name, minutes=minutes, seed=seed, passwords=passwords, hear=_teller(stack))
    if as_json:
        emit_json(_json(outcome))
    else:
        _print(outcome)


def _teller(stack: ExitStack) -> Callable[[AdaptationEvent], None]:
    """What says what is learned from, and from then on how far it is."""
    from indexer.training.events import LinesRead, TrainingLines

    shown: list[Callable[..., None]] = []

    def tell(event: AdaptationEvent) -> None:
        if isinstance(event, Failure):
            warn(failure_line(event))
        elif isinstance(event, TrainingLines):
            _announce(event)
            shown.append(stack.enter_context(progress("s")))
        elif isinstance(event, LinesRead):
            shown[-1](round(event.seconds), round(event.whole), f"reading anew, {event.done} of {event.lines} lines")
        else:
            said = f"loss {event.loss:.2f}, letters unlike the labels {event.error:.1%} (best {event.best:.1%})"
            shown[-1](round(event.seconds), round(event.whole), said)

    return tell


def _announce(lines: TrainingLines) -> None:
    say(
        f"adapting {lines.base} to {amount(lines.training, 'line')}; "
        f"{amount(lines.validation, 'line')} of other pages, surely read, to measure by"
    )


def _json(outcome: AdaptationOutcome) -> dict[str, object]:
    return {
        "schema": 1,
        "model": outcome.model and outcome.model.name,
        "folder": outcome.model and str(outcome.model.folder),
        "base": outcome.base,
        "lines": outcome.lines,
        "estimated_before": outcome.before,
        "estimated_after": outcome.after,
        "labels_before": outcome.labels_before,
        "labels_after": outcome.labels_after,
        "others_before": outcome.others_before,
        "others_after": outcome.others_after,
    }


def _print(outcome: AdaptationOutcome) -> None:
    say(f"estimated wrong words: {outcome.before:.0%} before, {outcome.after:.0%} after")
    say(
        f"without a language, letters unlike the surest readings of pages kept apart: "
        f"{outcome.labels_before:.1%} before, {outcome.labels_after:.1%} after"
    )
    if outcome.others_before is not None and outcome.others_after is not None:
        say(f"on lines of other hands: {outcome.others_before:.1%} before, {outcome.others_after:.1%} after")
    if outcome.model is None:
        say(f"not kept: it reads no better than {outcome.base}")
        return
    say(f"kept as the model {outcome.model.name} in {display(outcome.model.folder)}")
    say(f"read with it: notes index --model {outcome.model.name} --reread FOLDER")
