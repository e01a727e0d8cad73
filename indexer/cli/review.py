"""``notes review``: the lines that wait, and what a person says of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.as_json import line_json
from indexer.cli._asking import confirmed, is_asked
from indexer.cli._deeds import print_deeds
from indexer.cli._options import described, subcommand
from indexer.cli._orphans import print_orphans
from indexer.cli._output import amount, display, emit_json, note, percent, say, shown, stdout, warn
from indexer.cli._session import open_archive, read_passwords
from indexer.cli._words import print_batches, print_counts, print_wall, wrong_among
from indexer.cli.index import failure_line, stoppable
from indexer.formats.name_lists import queries_of
from indexer.translation import _
from indexer.values.errors import DoubtError, Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from indexer.archive.archive_line import ArchiveLine
    from indexer.archive.few_lines import Learned
    from indexer.archive.library import Archive
    from indexer.archive.word_walls import WallAsked
    from indexer.values import Reach, ReviewOrder, StoredLine

app = typer.Typer(invoke_without_command=True, help=_("List the lines that wait for review, and settle them."))


def waiting(
    context: typer.Context,
    order: ReviewOrder,
    limit: int,
    undo: int | None,
    orphans: bool,
    done: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """List the lines that wait for review; --undo ID takes a verdict back.

    What people said outlives their files and every reading: --orphans lists what lies on no line now (as JSON with
    --json), attach says it of another line.
    """
    if context.invoked_subcommand:
        return
    with open_archive(context, {"index": index}) as archive:
        if undo is not None:
            _answer([archive.undo(undo)], as_json=as_json)
            return
        if done:
            deeds = archive.catalog.deeds(limit)
            named = archive.catalog.called([each.path for each in deeds if each.path is not None])
            print_deeds(deeds, named, as_json=as_json)
            return
        if orphans:
            found = archive.orphans()
            suggestions = archive.suggestions(found)
            paths = [*(each.path for each in found), *(each.path for each in suggestions.values())]
            called = archive.catalog.called([path for path in paths if path is not None])
            print_orphans(found, suggestions, called, as_json=as_json)
            return
        total, lines = archive.counts().waiting, archive.waiting(limit, order)
        called = archive.catalog.called([line.path for line in lines])
    if as_json:
        emit_json(
            {"schema": 1, "waiting": total, "lines": [line_json(line, origin=line.origin.engine) for line in lines]}
        )
    else:
        _print(lines, called)
    if total > len(lines):
        note(f"{total} lines wait, {len(lines)} shown (--limit)")
    if not total:
        note("no line waits for review")
        raise typer.Exit(Exit.NOTHING_FOUND)


app.callback()(described("review", waiting))


@subcommand(app, "review accept")
def accept(
    context: typer.Context,
    ids: list[int],
    seen: str | None,
    sure: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """Say that lines were read right: the text that is shown, which has to be theirs when it is kept."""
    with _archive(context, index) as archive:
        lines = _lines(archive, ids, seen)
        if seen is None and not sure and is_asked():
            for line in lines:
                say(f"[{line.id}] {line.text}")
            confirmed("Is that what they say?" if len(lines) > 1 else "Is that what it says?", default=True)
        _answer(archive.say([line.said("accept", line.text) for line in lines]), as_json=as_json)


@subcommand(app, "review reject")
def reject(
    context: typer.Context,
    ids: list[int],
    seen: str | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Say that lines are no text: they are not found any more."""
    with _archive(context, index) as archive:
        lines = _lines(archive, ids, seen)
        _answer(archive.say([line.said("reject") for line in lines]), as_json=as_json)


@subcommand(app, "review correct")
def correct(
    context: typer.Context,
    line: int,
    text: str,
    seen: str | None,
    sure: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """Say what a line says; found at once, kept whatever is read later.

    When the ink looks quite different, you are asked whether you are sure.
    """
    with _archive(context, index) as archive:
        said = archive.line(line, seen).said("correct", text)
        _answer(_unless_doubted(lambda sure: archive.say([said], sure=sure), sure=sure), as_json=as_json)


@subcommand(app, "review attach")
def attach(
    context: typer.Context,
    orphan: int,
    line: int,
    seen: str | None,
    sure: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """Say of a line what was said of one that is not there any more."""
    with _archive(context, index) as archive:
        said, shown = archive.orphan(orphan), archive.line(line, seen)
        kept = _unless_doubted(lambda sure: [archive.attach(said, shown, sure=sure)], sure=sure)
        _answer(kept, as_json=as_json)


@subcommand(app, "review learn")
def learn(
    context: typer.Context,
    volume: Path | None,
    password_file: Path | None,
    as_child: bool,
    index: Path | None,
    as_json: bool,
) -> None:
    """Learn from the lines that people accepted and corrected in a volume, and read its waiting lines again.

    A volume is a folder with images or a file of several pages; without one, all are meant in which there is something
    new to learn. Ten lines are enough, and a minute. What does not read better in turn is not kept.
    """
    with _archive(context, index) as archive, stoppable(with_input=as_child) as stopping:
        found = archive.learn(
            volume,
            read_passwords(password_file),
            hear=lambda failure: warn(failure_line(failure)),
            stopping=stopping,
        )
    if as_json:
        emit_json({"schema": 1, "volumes": [_learned_json(each) for each in found]})
    for each in found if not as_json else ():
        say(_learned(each))
    if not found:
        note("no volume has ten corrected lines, or half as many more as it has learned from")
        raise typer.Exit(Exit.NOTHING_FOUND)


@subcommand(app, "review word")
def word(
    context: typer.Context,
    word: str,
    words: Path | None,
    glob: str | None,
    reach: Reach,
    reading: str | None,
    accept: bool,
    wrong: list[int] | None,
    sure: bool,
    undo: int | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Settle a word in all places where it may stand: those that are shown, with --accept, but the --wrong ones.

    The rest of these lines stays as it was read. --undo takes a whole batch back; without a word the batches are
    listed.
    """
    from indexer.archive.word_walls import WallAsked

    asked = WallAsked(word, glob=glob or "", reading=reading or "", reach=reach)
    with _archive(context, index) as archive:
        if undo is not None:
            print_batches([archive.undo_words(undo)], as_json=as_json)
        elif words is not None:
            print_counts(archive.places_of(each.query for each in queries_of(words)), as_json=as_json)
        elif word:
            _word(archive, asked, wrong or [] if accept else None, sure=sure, as_json=as_json)
        else:
            print_batches(archive.catalog.word_batches(20), as_json=as_json)


def _word(archive: Archive, asked: WallAsked, wrong: list[int] | None, *, sure: bool, as_json: bool) -> None:
    """Show the places of a word, or keep that it stands in all of them but the ``wrong`` lines."""
    wall = archive.wall(asked)
    if wrong is None or not wall.sightings:
        print_wall(wall, archive.catalog.called([each.line.path for each in wall.sightings]), as_json=as_json)
        if not wall.sightings:
            note(f"no place is left in which {wall.word} may stand and nobody said so")
            raise typer.Exit(Exit.NOTHING_FOUND)
        return
    false = wrong_among(wall, wrong)
    if not sure and is_asked():
        confirmed(f"Does {wall.word} stand in {len(wall.sightings) - len(false)} of these places?", default=True)
    kept = archive.say_words(wall, false)
    print_batches([archive.catalog.word_batch(kept.batch)], as_json=as_json)
    note(f"notes review word --undo {kept.batch} takes it back")


def _learned(learned: Learned) -> str:
    place = f"{display(learned.volume)}: {amount(learned.lines, 'corrected line')}"
    if learned.model is None:
        return f"{place} teach nothing that reads the others of them better"
    wrong = f"wrong letters in turn {learned.before:.1%} before, {learned.after:.1%} after"
    again = f"{amount(learned.reread, 'waiting line')} read more surely"
    return f"{place}, {wrong} ({', '.join(learned.changed)}); {again}"


def _learned_json(learned: Learned) -> dict[str, object]:
    return {
        "volume": str(learned.volume),
        "lines": learned.lines,
        "changed": list(learned.changed),
        "before": learned.before,
        "after": learned.after,
        "model": learned.model and learned.model.name,
        "read_again": learned.reread,
    }


def _unless_doubted(keep: Callable[[bool], list[StoredLine]], *, sure: bool) -> list[StoredLine]:
    """Keep what is said. If the posteriorgram speaks against it, ask first, where there is somebody to ask."""
    try:
        return keep(sure)
    except DoubtError as doubt:
        if not is_asked():
            raise DoubtError(doubt.message, _("Nothing was changed. If it says that all the same: --sure")) from doubt
        confirmed(f"{doubt.message}. Keep it all the same?", default=False)
    return keep(True)


def _lines(archive: Archive, ids: list[int], seen: str | None) -> list[ArchiveLine]:
    """The lines as the person saw them: as they are now, or a single one with the text that is given as seen."""
    if seen is not None and len(ids) > 1:
        raise UsageError(_("--seen is the text of one line"), _("Give one number, or leave it out."))
    return [archive.line(line, seen) for line in dict.fromkeys(ids)]


def _archive(context: typer.Context, index: Path | None) -> AbstractContextManager[Archive]:
    """The archive. Its folder may be named before or after the name of the verdict."""
    return open_archive(context, {"index": index or (context.parent and context.parent.params.get("index"))})


def _answer(lines: Sequence[StoredLine | None], *, as_json: bool) -> None:
    """Show the lines as they are now."""
    left = [line for line in lines if line is not None]
    if as_json:
        emit_json({"schema": 1, "lines": [line_json(line, origin=line.origin.engine) for line in left]})
    for line in left:
        if not as_json:
            say(f"[{line.id}] {line.status.value}: {line.text}")


def _print(lines: list[StoredLine], called: Mapping[Path, str]) -> None:
    from rich.text import Text

    for line in lines:
        head = (
            f"{shown(line.path, called)}  page {line.page}, line {line.number}  {percent(line.confidence)}  [{line.id}]"
        )
        stdout().print(Text(head, style="dim"), soft_wrap=True)
        stdout().print(Text("    " + line.text), soft_wrap=True)
