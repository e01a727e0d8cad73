"""``notes train``: trains a recognition model on the hands of an archive."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.cli._output import amount, emit_json, say
from indexer.cli._session import open_archive, read_passwords
from indexer.cli._training import say_kept, say_others, teller

if TYPE_CHECKING:
    from indexer.training.events import TrainingLines, TrainingOutcome, TrainingProgress


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
    as_child: bool,
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
            hear=teller(stack, _announce, _said, as_child=as_child),
        )
    if as_json:
        emit_json(_json(outcome))
    else:
        _print(outcome)


def _said(event: TrainingProgress) -> str:
    return f"loss {event.loss:.2f}, wrong letters {event.error:.1%} (best {event.best:.1%})"


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
    say_others(outcome.others_before, outcome.others_after)
    if outcome.model is None:
        say(f"not kept: it reads no better than {outcome.base}; more corrected lines may help")
    else:
        say_kept(outcome.model)
