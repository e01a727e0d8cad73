"""``notes catalog``: where the catalogue of an index is: in its folder, or in a PostgreSQL that machines share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.sharing import join, moved
from indexer.cli._options import subcommand
from indexer.cli._output import amount, emit_json, note, say, stdout
from indexer.cli._session import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

app = typer.Typer(help="Where the catalogue of an index is: in its folder, or in a PostgreSQL that machines share.")
_MAIN = ("files", "pages", "lines", "readings", "verdicts")


@subcommand(app, "catalog use")
def use(context: typer.Context, address: str, index: Path | None) -> None:
    """Let this index use the catalogue in a PostgreSQL, from now on; an empty database gets one.

    Every machine that says so works with the same documents, lines and verdicts. A password may stand in the address,
    or better in ~/.pgpass.
    """
    settings = load_settings(context, {"index": index})
    where, pages = join(settings.index, address)
    say(f"the catalogue is {where} now ({amount(pages, 'page')})")


@subcommand(app, "catalog move")
def move(start: str, to: str, as_json: bool) -> None:
    """Copy a whole catalogue from one place to another, and verify each table: index folders, or addresses.

    The one that it comes from stays as it is.
    """
    arrived = moved(start, to)
    if as_json:
        emit_json({"schema": 1, "tables": _json(arrived)})
        return
    for name, (rows, checksum) in arrived.items():
        if rows:
            stdout().print(f"{name:<20}{rows:>12,}  {checksum}", soft_wrap=True)
    say("all of it arrived: " + ", ".join(amount(arrived[name][0], name.removesuffix("s")) for name in _MAIN))
    note("the catalogue that it came from is still there, and nothing uses the new one yet: see notes catalog use")


def _json(arrived: Mapping[str, tuple[int, str]]) -> dict[str, object]:
    return {name: {"rows": rows, "checksum": checksum} for name, (rows, checksum) in arrived.items()}
