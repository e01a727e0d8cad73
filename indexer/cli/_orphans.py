"""How ``notes review --orphans`` lists verdicts that lie on no line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from indexer.archive.as_json import line_json
from indexer.cli._output import amount, emit_json, note, shown, stdout
from indexer.values.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from indexer.catalog import Orphan
    from indexer.values import StoredLine


def print_orphans(
    orphans: Sequence[Orphan], suggestions: Mapping[int, StoredLine], called: Mapping[Path, str], *, as_json: bool
) -> None:
    """List verdicts that lie on no line, each with the line it may belong to. Without any, nothing was found."""
    if as_json:
        emit_json({"schema": 1, "orphans": [_json(each, suggestions.get(each.line)) for each in orphans]})
    for each in () if as_json else orphans:
        where = "a file that is not known" if each.path is None else shown(each.path, called)
        why = "no line is read there now" if each.is_read else "that page is not in the index"
        said = "rejected" if each.kind == "reject" else "says"
        out = stdout()
        out.print(f"{where}  page {each.page}  [{each.line}]  {why}", style="dim", soft_wrap=True)
        out.print(f"    {said}: {each.text}", soft_wrap=True)
        if each.line in suggestions:
            line = suggestions[each.line]
            there = f"{shown(line.path, called)} page {line.page}: {line.text}"
            out.print(
                f"    perhaps of [{line.id}] {there}  (notes review attach {each.line} {line.id})", soft_wrap=True
            )
    if not orphans:
        note("everything that was said lies on a line")
        raise typer.Exit(Exit.NOTHING_FOUND)
    how = f"notes review attach {orphans[0].line} LINE says it of another"
    if suggestions:
        how += f"; notes show {next(iter(suggestions.values())).id} --crop line.png shows its ink"
    note(f"{amount(len(orphans), 'verdict')} on no line: {how}")


def _json(orphan: Orphan, suggestion: StoredLine | None) -> dict[str, object]:
    return {
        "line": orphan.line,
        "path": None if orphan.path is None else str(orphan.path),
        "page": orphan.page,
        "kind": orphan.kind,
        "text": orphan.text,
        "box": orphan.box.xywh,
        "said_at": orphan.said_at,
        "page_is_read": orphan.is_read,
        "suggestion": None if suggestion is None else line_json(suggestion),
    }
