"""What ``notes index`` says of files that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.cli._output import amount, display, say, warn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.archive.indexing import IndexReport

_NAMED = 8
"""Most files that are gone and named; the rest is counted."""


def say_pruned(report: IndexReport) -> None:
    """Name the files that are, would be or could be forgotten, and the folders in which nothing is left."""
    found, asked = report.pruned, report.pruning.asked
    if asked:
        for path in found.gone:
            say(f"{'would be forgotten' if report.planned else 'forgotten'}: {display(path)}")
    elif found.gone:
        say(f"{gone_line(found.gone)}; what was read there is found as before, --prune forgets it")
    for folder, files in found.away.items():
        text = f"{display(folder)}: nothing is left of what was read here ({amount(len(files), 'file')})"
        if asked:
            text += ", and nothing of it is forgotten"
            warn(f"{text}. Is its drive attached? --prune-emptied forgets it all the same")
        else:
            say(f"{text}, and it is found as before. Is its drive attached? --prune-emptied forgets it")


def gone_line(gone: Sequence[Path], named: int = _NAMED) -> str:
    """How many files in the index are gone, and some of their names."""
    names = ", ".join(display(path) for path in gone[:named])
    more = f" and {len(gone) - named} more" if len(gone) > named else ""
    return f"{amount(len(gone), 'file')} in the index {'is' if len(gone) == 1 else 'are'} gone: {names}{more}"


def pruned_json(report: IndexReport) -> dict[str, object]:
    """The same for programs: ``gone`` are files that stay in the index."""
    found, asked = report.pruned, report.pruning.asked
    gone = [str(path) for path in found.gone]
    away = [{"folder": str(folder), "files": len(files)} for folder, files in found.away.items()]
    kept = {"gone": [] if asked else gone, "away": away}
    return {"would_forget" if report.planned else "forgotten": gone if asked else [], **kept}
