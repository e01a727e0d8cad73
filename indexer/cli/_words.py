"""How ``notes review word`` shows the places in which a word may stand, and the batches that people kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.cli._output import amount, emit_json, percent, say, shown, stdout
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from indexer.archive.word_walls import Sighting, Wall
    from indexer.catalog import WordBatch


def print_wall(wall: Wall, called: Mapping[Path, str], *, as_json: bool) -> None:
    """Show the places of a word that nobody settled."""
    if as_json:
        places = [_place_json(each) for each in wall.sightings]
        emit_json({"schema": 1, "word": wall.word, "total": wall.total, "places": places})
        return
    from rich.text import Text

    for each in wall.sightings:
        line = each.line
        read = f"read as {each.text}" if each.text else "nothing was read there"
        where = f"{shown(line.path, called)}  page {line.page}, line {line.number}"
        stdout().print(Text(f"{where}  {percent(each.relevance)}  [{line.id}]  {read}", style="dim"), soft_wrap=True)
        stdout().print(Text("    " + line.text), soft_wrap=True)


def print_counts(counts: Sequence[tuple[str, int]], *, as_json: bool) -> None:
    """Show how many places of each word of a list nobody settled."""
    if as_json:
        emit_json({"schema": 1, "words": [{"word": word, "places": number} for word, number in counts]})
        return
    for word, number in counts:
        say(f"{number:5}  {word}")


def print_batches(batches: Sequence[WordBatch], *, as_json: bool) -> None:
    """Show batches, the newest first, with what each brought."""
    if as_json:
        emit_json({"schema": 1, "batches": [batch_json(each) for each in batches]})
        return
    for each in batches:
        say(f"[{each.batch}] {each.word}: {in_words(each)}")


def in_words(batch: WordBatch) -> str:
    """What a batch says and what it brought."""
    wrong = f", not in {batch.wrong}" if batch.wrong else ""
    accepted = f"; {amount(batch.accepted, 'line')} of them no longer wait" if batch.accepted > 0 else ""
    return (
        f"in {amount(batch.right, 'place')}{wrong} (expected were {batch.expected:.1f}); words of these lines that are "
        f"probably wrong: {batch.wrong_before:.1f} before, {batch.wrong_after:.1f} now{accepted}"
    )


def batch_json(batch: WordBatch) -> dict[str, object]:
    """A batch as JSON."""
    return {
        "batch": batch.batch,
        "word": batch.word,
        "right": batch.right,
        "wrong": batch.wrong,
        "expected": round(batch.expected, 3),
        "words_wrong_before": round(batch.wrong_before, 3),
        "words_wrong_after": round(batch.wrong_after, 3),
        "lines_accepted": batch.accepted,
        "said_at": batch.made_at,
    }


def wrong_among(wall: Wall, lines: Sequence[int]) -> list[Sighting]:
    """The places of a wall in lines; raises ``UsageError`` for a line in which the word was not seen."""
    strange = sorted(set(lines) - {each.line.id for each in wall.sightings})
    if strange:
        raise UsageError(
            _("line %(strange)s is not among the places of %(word)s", strange=strange[0], word=repr(wall.word)),
            _("The numbers in brackets are those to give."),
        )
    return [each for each in wall.sightings if each.line.id in lines]


def _place_json(sighting: Sighting) -> dict[str, object]:
    line = sighting.line
    return {
        "line": line.id,
        "path": str(line.path),
        "page": line.page,
        "box": sighting.box.xywh,
        "read": sighting.text,
        "relevance": round(sighting.relevance, 6),
        "text": line.text,
    }
