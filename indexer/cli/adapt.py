"""``notes adapt``: lets a recognition model get used to the hands of an archive, without corrections."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.cli._output import amount, emit_json, say
from indexer.cli._session import open_archive, read_passwords
from indexer.cli._training import say_kept, say_others, teller

if TYPE_CHECKING:
    from indexer.training.events import AdaptationOutcome, LinesRead, TrainingLines, TrainingProgress


def command(
    context: typer.Context,
    name: str,
    minutes: float,
    engine: str | None,
    model: str | None,
    seed: int,
    password_file: Path | None,
    as_child: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """Let a model get used to the hands of an archive that was read: it learns what it read surely, without a
    correction.

    What people corrected is learned too. Run the same again to go on after an interruption. The model is kept in the
    index folder if fewer words are read wrong with it, by estimate.
    """
    flags = {"index": index, "engine": engine, "model": model}
    with open_archive(context, flags) as archive, ExitStack() as stack:
        passwords = read_passwords(password_file)
        hear = teller(stack, _announce, _said, as_child=as_child)
        outcome = archive.adapt(name, minutes=minutes, seed=seed, passwords=passwords, hear=hear)
    if as_json:
        emit_json(_json(outcome))
    else:
        _print(outcome)


def _said(event: TrainingProgress | LinesRead) -> str:
    from indexer.training.events import LinesRead

    if isinstance(event, LinesRead):
        return f"reading, {event.done} of {event.lines} lines"
    return f"learning, loss {event.loss:.2f}"


def _announce(lines: TrainingLines) -> None:
    say(f"adapting {lines.base} to {amount(lines.training, 'line')}")


def _json(outcome: AdaptationOutcome) -> dict[str, object]:
    return {
        "schema": 1,
        "model": outcome.model and outcome.model.name,
        "folder": outcome.model and str(outcome.model.folder),
        "base": outcome.base,
        "lines": outcome.lines,
        "estimated_before": outcome.before,
        "estimated_after": outcome.after,
        "others_before": outcome.others_before,
        "others_after": outcome.others_after,
        "gathered": outcome.gathered,
        "measured": outcome.measured,
    }


def _print(outcome: AdaptationOutcome) -> None:
    if outcome.lines < outcome.gathered:
        say(f"there was time to read {outcome.lines} of {amount(outcome.gathered, 'line')}")
    if not outcome.measured:
        say("nothing was learned: the minutes were too few, or no word was read surely; give --minutes more")
        return
    by = amount(outcome.measured, "line")
    say(f"estimated wrong words, by {by}: {outcome.before:.0%} before, {outcome.after:.0%} after")
    say_others(outcome.others_before, outcome.others_after)
    if outcome.model is None:
        say(f"not kept: it reads no better than {outcome.base}")
    else:
        say_kept(outcome.model)
