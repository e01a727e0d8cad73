"""``notes train``: trains a recognition model on the hands of an archive."""

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

    from indexer.archive.teaching import TrainingEvent
    from indexer.training.events import TrainingLines, TrainingOutcome


def command(
    context: typer.Context,
    name: str,
    from_index: bool,
    from_: list[Path] | None,
    minutes: float,
    engine: str | None,
    model: str | None,
    seed: int,
    password_file: Path | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Teach a model the hands of an archive, and keep it if it reads pages better that it has not learned from.

    Run the same again to go on after an interruption. A model that learned from an index is kept in its folder,
    another one in your user data folder.
    """
    flags = {"index": index, "engine": engine, "model": model}
    with open_archive(context, flags) as archive, ExitStack() as stack:
        outcome = archive.train(
            name,
            *(from_ or ()),
            from_index=from_index,
            minutes=minutes,
            seed=seed,
            passwords=read_passwords(password_file),
            hear=_teller(stack),
        )
    if as_json:
        emit_json(_json(outcome))
    else:
        _print(outcome)


def _teller(stack: ExitStack) -> Callable[[TrainingEvent], None]:
    """What says what is learned from, and from then on how far it is."""
    from indexer.training.events import TrainingLines

    shown: list[Callable[..., None]] = []

    def tell(event: TrainingEvent) -> None:
        if isinstance(event, Failure):
            warn(failure_line(event))
        elif isinstance(event, TrainingLines):
            _announce(event)
            shown.append(stack.enter_context(progress("s")))
        else:
            said = f"loss {event.loss:.2f}, wrong letters {event.error:.1%} (best {event.best:.1%})"
            shown[-1](round(event.seconds), round(event.whole), said)

    return tell


def _announce(lines: TrainingLines) -> None:
    say(
        f"teaching {lines.base} with {amount(lines.training, 'line')}; "
        f"{amount(lines.validation, 'line')} of other pages to measure by"
    )
    if lines.unusable:
        say(f"{amount(lines.unusable, 'line')} left out: they have letters that the model does not know, or marks only")


def _json(outcome: TrainingOutcome) -> dict[str, object]:
    return {
        "schema": 2,
        "model": outcome.model and outcome.model.name,
        "reader": outcome.model and outcome.model.name,
        "folder": outcome.model and str(outcome.model.folder),
        "base": outcome.base,
        "before": outcome.before,
        "after": outcome.after,
        "others_before": outcome.others_before,
        "others_after": outcome.others_after,
    }


def _print(outcome: TrainingOutcome) -> None:
    say(f"wrong letters on pages kept apart: {outcome.before:.1%} before, {outcome.after:.1%} after")
    if outcome.others_before is not None and outcome.others_after is not None:
        say(f"on lines of other hands: {outcome.others_before:.1%} before, {outcome.others_after:.1%} after")
    if outcome.model is None:
        say(f"not kept: it reads no better than {outcome.base}; more corrected lines may help")
        return
    say(f"kept as the model {outcome.model.name} in {display(outcome.model.folder)}")
    say(f"read with it: notes index --model {outcome.model.name} --reread FOLDER")
