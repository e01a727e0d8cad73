"""``notes threshold``: the confidence from which on the lines of an index are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from indexer.cli._output import amount, emit_json, say, stdout
from indexer.cli._session import open_archive
from indexer.translation import _
from indexer.values import Status
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


_OWN_NO_MORE = "default"


def command(
    context: typer.Context,
    value: str | None,
    engine: str | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Show the thresholds of the index, or set one: every line is judged again, nothing is read again."""
    with open_archive(context, {"index": index}) as archive:
        if value is not None:
            before = archive.counts()
            archive.set_threshold(None if engine is not None and value == _OWN_NO_MORE else value, engine)
            after = archive.counts()
            say(
                f"{amount(after.lines[Status.ACCEPTED], 'line')} accepted now, {before.lines[Status.ACCEPTED]} before; "
                f"{after.waiting} waiting for review"
            )
        elif engine is not None:
            raise UsageError(_("--engine needs a threshold"), _("Such as: notes threshold 80 --engine embedded."))
        thresholds = archive.thresholds
    if as_json:
        emit_json({"schema": 1, "default": thresholds.default, "engines": dict(thresholds.engines)})
        return
    rows = {_OWN_NO_MORE: thresholds.default, **thresholds.engines}
    for name, fraction in rows.items():
        stdout().print(f"{name:<16}{round(fraction * 100, 6):g} %", soft_wrap=True)
