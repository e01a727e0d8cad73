"""``notes review``: lines that wait, and what a person says of them."""

from __future__ import annotations

import sys
from contextlib import ExitStack, suppress
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from indexer.catalog import Catalog, Said, revision_of
from indexer.cli._orphans import print_orphans
from indexer.cli._output import display, emit_json, line_json, note, percent, say, stdout
from indexer.cli._session import Index, Json, load_settings
from indexer.cli.search import up_to_date
from indexer.text.folding import clean
from indexer.values.errors import DoubtError, Exit, IndexBusyError, IndexFolderError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from indexer.values import StoredLine

app = typer.Typer(invoke_without_command=True, help="List the lines that wait for review, and settle them.")

Ids = Annotated[list[int], typer.Argument(help="The numbers in brackets.", show_default=False)]

_PATIENCE = 3.0
"""Seconds to wait for a search index that another process keeps locked."""
_TIDIED = 5_000
"""Lines of the search index that are joined after a verdict: about a second's work, and seldom any."""


Seen = Annotated[
    str | None,
    typer.Option(help="What the line said when you saw it: when it is another text by now, nothing is kept."),
]
Sure = Annotated[bool, typer.Option("--sure", help="Do not ask.")]


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
    orphans: Annotated[bool, typer.Option("--orphans", help="List what was said and lies on no line.")] = False,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """List the lines that wait for review; --undo ID takes a verdict back.

    What people said outlives their files and every reading: --orphans lists what lies on no line now (as JSON with
    --json), attach says it of another line.
    """
    if context.invoked_subcommand:
        return
    settings = load_settings(context, {"index": index})
    with Catalog(settings.index) as catalog:
        if undo is not None:
            _answer(catalog, [catalog.take_back(undo)], as_json=as_json)
            return
        if orphans:
            found = catalog.orphans()
            print_orphans(found, catalog.suggestions(found), as_json=as_json)
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
    from indexer.archive.review_order import ranked, waiting_lines
    from indexer.search import Finder

    with ExitStack() as opened:

        @cache
        def finder() -> Finder:  # opened for the first search that is remembered, if there is any
            return opened.enter_context(Finder(up_to_date(catalog), catalog))

        order = ranked(catalog, lambda query, options: finder().find(query, options))
        return waiting_lines(catalog, order, 0, limit)[0]


@app.command()
def accept(
    context: typer.Context, ids: Ids, seen: Seen = None, sure: Sure = False, index: Index = None, as_json: Json = False
) -> None:
    """Say that lines were read right: the text that is shown, which has to be theirs when it is kept."""
    with Catalog(_index(context, index)) as catalog:
        lines = [catalog.line(line) for line in dict.fromkeys(ids)]
        said = [Said(line.id, "accept", line.text, _revision(catalog, line, seen, ids)) for line in lines]
        if seen is None and not sure and _is_asked():
            for line in lines:
                say(f"[{line.id}] {line.text}")
            _confirmed("Is that what they say?" if len(lines) > 1 else "Is that what it says?", default=True)
        _answer(catalog, catalog.say_all(said), as_json=as_json)


@app.command()
def reject(context: typer.Context, ids: Ids, seen: Seen = None, index: Index = None, as_json: Json = False) -> None:
    """Say that lines are no text: they are not found any more."""
    with Catalog(_index(context, index)) as catalog:
        said = [
            Said(line, "reject", None, _revision(catalog, catalog.line(line), seen, ids)) for line in dict.fromkeys(ids)
        ]
        _answer(catalog, catalog.say_all(said), as_json=as_json)


@app.command()
def correct(
    context: typer.Context,
    line: Annotated[int, typer.Argument(help="The number in brackets.", show_default=False)],
    text: Annotated[str, typer.Argument(help="What the line says.", show_default=False)],
    seen: Seen = None,
    sure: Sure = False,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Say what a line says; found at once, kept whatever is read later.

    When the ink looks quite different, you are asked whether you are sure.
    """
    from indexer.archive.review_order import settle

    with Catalog(_index(context, index)) as catalog:
        said = Said(line, "correct", text, _revision(catalog, catalog.line(line), seen, [line]))
        kept = _unless_doubted(lambda sure: settle(catalog, said, sure=sure), sure=sure)
        _answer(catalog, [kept], as_json=as_json)


@app.command()
def attach(
    context: typer.Context,
    orphan: Annotated[int, typer.Argument(help="The number in brackets of --orphans.", show_default=False)],
    line: Annotated[int, typer.Argument(help="The line of which it is to be said.", show_default=False)],
    seen: Seen = None,
    sure: Sure = False,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Say of a line what was said of one that is not there any more."""
    from indexer.archive import review_order

    with Catalog(_index(context, index)) as catalog:
        said, revision = catalog.orphan(orphan), _revision(catalog, catalog.line(line), seen, [line])

        def keep(sure: bool) -> StoredLine:
            return review_order.attach(catalog, said, line, revision, sure=sure)

        _answer(catalog, [_unless_doubted(keep, sure=sure)], as_json=as_json)


def _unless_doubted(keep: Callable[[bool], StoredLine], *, sure: bool) -> StoredLine:
    """Keep what is said, and when the ink speaks against it ask first, where there is somebody to ask."""
    try:
        return keep(sure)
    except DoubtError as doubt:
        if not _is_asked():
            raise DoubtError(doubt.message, "Nothing was changed. If it says that all the same: --sure") from doubt
        _confirmed(f"{doubt.message}. Keep it all the same?", default=False)
    return keep(True)


def _revision(catalog: Catalog, line: StoredLine, seen: str | None, ids: list[int]) -> str:
    """The line as it was seen: as it is now, or with the text that is given as seen."""
    if seen is None:
        return catalog.revision_on(line)
    if len(ids) > 1:
        raise UsageError("--seen is the text of one line", "Give one number, or leave it out.")
    return revision_of(clean(seen), catalog.verdict_on(line.id))


def _is_asked() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _confirmed(question: str, *, default: bool) -> None:
    """Go on if a person says so."""
    if not typer.confirm(question, default=default, err=True):
        say("nothing was changed")
        raise typer.Exit(Exit.NOTHING_FOUND)


def _index(context: typer.Context, index: Path | None) -> Path:
    """The index folder, which may be named before or after the word of the verdict."""
    return load_settings(context, {"index": index or (context.parent and context.parent.params.get("index"))}).index


def _answer(catalog: Catalog, lines: Sequence[StoredLine | None], *, as_json: bool) -> None:
    """Bring the search index up to what was said, and show the lines as they are now."""
    from indexer.search import SearchIndex

    search = SearchIndex(catalog.folder / "search")
    try:
        search.sync(catalog, _PATIENCE)
    except IndexBusyError as error:
        say(f"{error.message}; what you said is kept, and found when the next command has time")
    left = [line for line in lines if line is not None]
    if as_json:
        emit_json({"schema": 1, "lines": [line_json(line, origin=line.origin.engine) for line in left]})
    for line in left:
        if not as_json:
            say(f"[{line.id}] {line.status.value}: {line.text}")
    with suppress(IndexFolderError):  # it can wait
        search.tidy(_TIDIED)


def _print(lines: list[StoredLine]) -> None:
    from rich.text import Text

    for line in lines:
        head = f"{display(line.path)}  page {line.page}, line {line.number}  {percent(line.confidence)}  [{line.id}]"
        stdout().print(Text(head, style="dim"), soft_wrap=True)
        stdout().print(Text("    " + line.text), soft_wrap=True)
