"""How ``notes review --done`` lists what people did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from indexer.cli._output import emit_json, note, shown, stdout
from indexer.text.folding import printable
from indexer.values.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from indexer.catalog import Deed

_SAID = {
    "reject": "no text, read as",
    "accept": "right:",
    "correct": "says:",
    "order": "the first line of another order of the page",
}


def print_deeds(deeds: Sequence[Deed], called: Mapping[Path, str], *, as_json: bool) -> None:
    """List verdicts and orders that stand, the last first. Without any, nothing was found."""
    if as_json:
        emit_json({"schema": 1, "done": [_json(each) for each in deeds]})
    for each in () if as_json else deeds:
        where = "a file that is not known" if each.path is None else shown(each.path, called)
        out = stdout()
        by = f"  {printable(each.who)}" if each.who else ""
        out.print(f"{where}  page {each.page}  [{each.line}]  {each.made_at}{by}", style="dim", soft_wrap=True)
        said = _SAID[each.kind]
        was = f"  (was: {each.seen})" if each.kind == "correct" and each.seen != each.text else ""
        out.print(f"    {said} {each.text}{was}".rstrip(), soft_wrap=True)
    if not deeds:
        note("nobody has said anything of a line or put lines into another order")
        raise typer.Exit(Exit.NOTHING_FOUND)
    if deeds[0].kind == "order":
        note(f"notes order --undo {deeds[0].line} takes back the order of the page of that line")
    else:
        note(f"notes review --undo {deeds[0].line} takes back what was said last of that line")


def _json(deed: Deed) -> dict[str, object]:
    return {
        "line": deed.line,
        "path": None if deed.path is None else str(deed.path),
        "page": deed.page,
        "kind": deed.kind,
        "text": deed.text,
        "before": deed.seen,
        "person": deed.who or None,
        "said_at": deed.made_at,
    }
