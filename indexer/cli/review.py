"""``notes review``: lines that wait, and what a person says of them."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from indexer.catalog import Catalog
from indexer.cli._output import display, emit_json, line_json, note, percent, say, stdout
from indexer.cli._session import Index, Json, load_settings
from indexer.cli.search import up_to_date
from indexer.errors import Exit, UsageError
from indexer.text import clean

if TYPE_CHECKING:
    from indexer.model import StoredLine

app = typer.Typer(invoke_without_command=True, help="List the lines that wait for review, and settle them.")

Ids = Annotated[list[int], typer.Argument(help="The numbers in brackets.", show_default=False)]


class Order(str, Enum):
    """Orders of the lines that wait."""

    VALUE = "value"
    CONFIDENCE = "confidence"


@app.callback()
def waiting(
    context: typer.Context,
    order: Annotated[Order, typer.Option(help="What comes first: what helps most, or the least sure.")] = Order.VALUE,
    limit: Annotated[int, typer.Option(help="Most lines to list.", min=1)] = 20,
    undo: Annotated[int | None, typer.Option("--undo", help="Take back what was said last of this line.")] = None,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """List the lines that wait for review; --undo ID takes a verdict back."""
    if context.invoked_subcommand:
        return
    settings = load_settings(context, {"index": index})
    with Catalog(settings.index) as catalog:
        if undo is not None:
            _answer(catalog, [catalog.take_back(undo)], as_json=as_json)
            return
        total, lines = catalog.waiting(limit if order is Order.CONFIDENCE else 0)
        if order is Order.VALUE:
            lines = _most_worth(catalog, limit)
    if as_json:
        emit_json(
            {"schema": 1, "waiting": total, "lines": [line_json(line, origin=line.origin.engine) for line in lines]}
        )
    else:
        _print(lines)
    if total > len(lines):
        note(f"{total} lines wait, {len(lines)} shown (--limit)")
    if not total:
        note("no line waits for review")
        raise typer.Exit(Exit.NOTHING_FOUND)


def _most_worth(catalog: Catalog, limit: int) -> list[StoredLine]:
    from indexer.reviewing import Queue
    from indexer.search import Finder

    with ExitStack() as opened:

        @cache
        def finder() -> Finder:  # opened for the first search that is remembered, if there is any
            return opened.enter_context(Finder(up_to_date(catalog), catalog))

        return Queue(lambda query, options: finder().find(query, options)).next(catalog, 0, limit)


@app.command()
def accept(context: typer.Context, ids: Ids, index: Index = None, as_json: Json = False) -> None:
    """Say that lines were read right."""
    _say_of(context, ids, "accept", None, index, as_json=as_json)


@app.command()
def reject(context: typer.Context, ids: Ids, index: Index = None, as_json: Json = False) -> None:
    """Say that lines are no text: they are not found any more."""
    _say_of(context, ids, "reject", None, index, as_json=as_json)


@app.command()
def correct(
    context: typer.Context,
    line: Annotated[int, typer.Argument(help="The number in brackets.", show_default=False)],
    text: Annotated[str, typer.Argument(help="What the line says.", show_default=False)],
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Say what a line says; found at once, kept whatever is read later."""
    if not clean(text):
        raise UsageError("a correction needs some text", f"To put the line aside: notes review reject {line}")
    with Catalog(_index(context, index)) as catalog:
        frames = catalog.frames(catalog.line(line).id)
    if frames is not None and _is_doubted(frames, text) and not _is_sure(text):
        raise typer.Exit(Exit.NOTHING_FOUND)
    _say_of(context, [line], "correct", clean(text), index, as_json=as_json)


def _is_doubted(frames: bytes, text: str) -> bool:
    from indexer.spotting.reading import contradicts

    return contradicts(frames, text)


def _is_sure(text: str) -> bool:
    """Ask where there is somebody to ask; else what a person says is kept, with a word of doubt."""
    doubt = f"the ink does not look like {clean(text)!r}"
    if sys.stdin.isatty() and sys.stderr.isatty():
        return typer.confirm(f"{doubt}; sure?", err=True)
    say(f"kept, but {doubt}: see notes show --crop, notes review --undo")
    return True


def _say_of(
    context: typer.Context,
    ids: list[int],
    kind: Literal["accept", "reject", "correct"],
    text: str | None,
    index: Path | None,
    *,
    as_json: bool,
) -> None:
    with Catalog(_index(context, index)) as catalog:
        for line_id in ids:
            catalog.line(line_id)  # all ids are checked before anything is said
        _answer(catalog, [catalog.say(line_id, kind, text) for line_id in ids], as_json=as_json)


def _index(context: typer.Context, index: Path | None) -> Path:
    """The index folder, which may be named before or after the word of the verdict."""
    return load_settings(context, {"index": index or (context.parent and context.parent.params.get("index"))}).index


def _answer(catalog: Catalog, lines: list[StoredLine | None], *, as_json: bool) -> None:
    """Bring the search index up to what was said, and show the lines as they are now."""
    from indexer.search import SearchIndex

    SearchIndex(catalog.folder / "search").sync(catalog)
    left = [line for line in lines if line is not None]
    if as_json:
        emit_json({"schema": 1, "lines": [line_json(line, origin=line.origin.engine) for line in left]})
    for line in left:
        if not as_json:
            say(f"[{line.id}] {line.status.value}: {line.text}")


def _print(lines: list[StoredLine]) -> None:
    from rich.text import Text

    for line in lines:
        head = f"{display(line.path)}  page {line.page}, line {line.number}  {percent(line.confidence)}  [{line.id}]"
        stdout().print(Text(head, style="dim"), soft_wrap=True)
        stdout().print(Text("    " + line.text), soft_wrap=True)
