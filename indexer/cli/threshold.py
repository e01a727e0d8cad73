"""``notes threshold``: from which confidence on the lines of an index are accepted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from indexer.catalog import Catalog
from indexer.cli._output import amount, emit_json, say, stdout
from indexer.cli._session import load_settings
from indexer.system.settings import percent_setting
from indexer.values import Status
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.values.thresholds import Thresholds

_OWN_NO_MORE = "default"


def command(
    context: typer.Context,
    value: str | None,
    engine: str | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Show the thresholds of the index, or set one: every line is judged again, nothing is read again."""
    settings = load_settings(context, {"index": index})
    with Catalog(settings.index) as catalog:
        if value is not None:
            before = catalog.counts().lines
            catalog.set_thresholds(_changed(catalog.thresholds, value, engine))
            after = catalog.counts().lines
            waiting = after[Status.REVIEW] + after[Status.UNKNOWN]
            say(
                f"{amount(after[Status.ACCEPTED], 'line')} accepted now, {before[Status.ACCEPTED]} before; "
                f"{waiting} waiting for review"
            )
        elif engine is not None:
            raise UsageError("--engine needs a threshold", "Such as: notes threshold 80 --engine embedded.")
        thresholds = catalog.thresholds
    if as_json:
        emit_json({"schema": 1, "default": thresholds.default, "engines": dict(thresholds.engines)})
        return
    rows = {_OWN_NO_MORE: thresholds.default, **thresholds.engines}
    for name, fraction in rows.items():
        stdout().print(f"{name:<16}{round(fraction * 100, 6):g} %", soft_wrap=True)


def _changed(thresholds: Thresholds, value: str, engine: str | None) -> Thresholds:
    """The thresholds with one of them set, or an engine's own taken away."""
    if engine is None:
        return replace(thresholds, default=percent_setting("threshold", value))
    others = {name: own for name, own in thresholds.engines.items() if name != engine}
    if value == _OWN_NO_MORE:
        return replace(thresholds, engines=others)
    return replace(thresholds, engines={**others, engine: percent_setting("threshold", value)})
