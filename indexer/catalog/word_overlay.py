"""Lays what people said of single words over what engines read. The rest of a line stays as it was read.

A line that nobody checked as a whole stays a reading of its engine: only the words that were looked at are sure, and
its confidence, the share of its words that is expected to be right, is that much higher or lower.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from indexer.catalog.rows import box_of, words_of
from indexer.catalog.verdicts import Shown, laid, outline_of, seen_on
from indexer.image.geometry import along, around, bounding_box, corners, covered
from indexer.text.folding import search_words
from indexer.values import Box, Word

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

SURE = 0.99
"""How probable a word is that a person saw: nobody is always right."""
_SAME = 0.4
"""Share of the box of a read word from which it stands in the place that a person saw."""
_WITHIN = 0.5
"""Share of such a place from which it lies in a line."""
STANDING = """
SELECT word_verdicts.*, pages.width AS wide, pages.height AS high, pages.turned AS now_turned FROM word_verdicts
JOIN files USING (sha256) JOIN pages ON pages.file_id = files.id AND pages.number = word_verdicts.page
WHERE pages.id = ? AND undone_at IS NULL ORDER BY word_verdicts.id
"""


def folded(word: str) -> str:
    """A word as it is compared with others."""
    return " ".join(search_words(word))


def show_as_read(db: sqlite3.Connection, page_id: int) -> None:
    """Give the readings of a page what their engines gave."""
    rows = db.execute(
        """SELECT readings.id, as_given FROM readings JOIN lines ON lines.id = line_id
        WHERE page_id = ? AND as_given IS NOT NULL""",
        (page_id,),
    ).fetchall()
    db.executemany(
        "UPDATE readings SET text = ?, confidence = ?, words = ?, as_given = NULL WHERE id = ?",
        [(text, sure, json.dumps(words), row["id"]) for row in rows for text, sure, words in [_given(row["as_given"])]],
    )


def _given(as_given: str) -> tuple[str, float | None, list[Any]]:
    text, sure, words = json.loads(as_given)
    return text, sure, words


def lay_words_over(db: sqlite3.Connection, page_id: int) -> None:
    """Write what people said of words of a page into the readings that count, the newest last."""
    said = db.execute(STANDING, (page_id,)).fetchall()
    if not said:
        return
    lines = {row["id"]: row for row in db.execute("SELECT * FROM lines WHERE page_id = ?", (page_id,))}
    boxes = {line: bounding_box(outline_of(row)) for line, row in lines.items()}
    by_line: dict[int, list[tuple[sqlite3.Row, Box]]] = {}
    for row in said:
        place = _place(row)
        line = row["line_id"] if row["line_id"] in lines else _line_at(place, boxes)
        if line is not None:
            by_line.setdefault(line, []).append((row, place))
            if line != row["line_id"]:
                db.execute("UPDATE word_verdicts SET line_id = ? WHERE id = ?", (line, row["id"]))
    for line, words in by_line.items():
        _lay_over(db, lines[line], words)


def _place(row: sqlite3.Row) -> Box:
    """The place of a word in pixels of the page as it is now."""
    now = Shown(row["wide"], row["high"], row["now_turned"])
    return bounding_box(laid(corners(box_of(row)), seen_on(row), now))


def _line_at(place: Box, boxes: dict[int, Box]) -> int | None:
    """The line in which most of a place lies."""
    best = max(boxes, key=lambda line: covered(place, boxes[line]), default=None)
    return best if best is not None and covered(place, boxes[best]) >= _WITHIN else None


def _lay_over(db: sqlite3.Connection, line: sqlite3.Row, said: Sequence[tuple[sqlite3.Row, Box]]) -> None:
    row = db.execute("SELECT * FROM readings WHERE line_id = ? AND chosen", (line["id"],)).fetchone()
    if row is None:
        return
    own = list(words_of(row["words"]))
    read = text, sure, words = row["text"], row["confidence"], own or _words_along(line, row)
    for each, place in said:
        text, sure, words = said_in((text, sure, words), place, each["word"], stands=bool(each["stands"]))
    if (text, sure, words) == read:
        return
    as_given = json.dumps([row["text"], row["confidence"], json.loads(row["words"])])
    told = json.dumps([[each.text, each.confidence, *each.box.xywh] for each in words if own])
    db.execute(
        "UPDATE readings SET text = ?, confidence = ?, words = ?, as_given = ? WHERE id = ?",
        (text, sure, told, as_given, row["id"]),
    )


def _words_along(line: sqlite3.Row, reading: sqlite3.Row) -> list[Word]:
    """The words of a line whose engine does not say where they stand: by their letters, each as sure as the line."""
    outline, text, sure = outline_of(line), reading["text"], reading["confidence"]
    spans = [each.span() for each in re.finditer(r"\S+", text)]
    return [Word(text[start:end], sure, along(outline, start / len(text), end / len(text))) for start, end in spans]


def said_in(
    read: tuple[str, float | None, list[Word]], place: Box, word: str, *, stands: bool
) -> tuple[str, float | None, list[Word]]:
    """A text, its confidence and its words after a person said that a word stands in a place, or does not."""
    text, sure, words = read
    here = [at for at, each in enumerate(words) if covered(each.box, place) >= _SAME]
    if not here or here != list(range(here[0], here[-1] + 1)):
        return read
    first, last = here[0], here[-1] + 1
    was = words[first:last]
    read_there = search_words(" ".join(each.text for each in was))
    same = folded(word) in read_there  # perhaps behind an apostrophe
    if not stands:
        return (text, _changed(sure, was, 0.0, len(words)), _with(words, first, was, 0.0)) if same else read
    if same:
        return text, _changed(sure, was, SURE, len(words)), _with(words, first, was, SURE)
    span = _span(text, [each.text for each in words], first, last)
    if span is None or len(read_there) > len(was):
        return read
    new = _in_its_form(text[span[0] : span[1]], word)
    made = Word(new, SURE, around([each.box for each in was]))
    text = text[: span[0]] + new + text[span[1] :]
    return text, _changed(sure, was, SURE, len(words)), [*words[:first], made, *words[last:]]


def _with(words: list[Word], first: int, was: list[Word], sure: float) -> list[Word]:
    sured = [Word(each.text, sure, each.box) for each in was]
    return [*words[:first], *sured, *words[first + len(was) :]]


def _changed(sure: float | None, was: Sequence[Word], now: float, words: int) -> float | None:
    """The confidence of a line of so many words after some of them are so sure; unknown stays unknown."""
    if sure is None:
        return None
    before = sum(sure if each.confidence is None else each.confidence for each in was)
    return min(SURE, max(0.0, sure + (now * len(was) - before) / words))


def _span(text: str, words: Sequence[str], first: int, last: int) -> tuple[int, int] | None:
    """Where some of the words stand in the text; ``None`` if the text has them otherwise."""
    at, spans = 0, []
    for word in words[:last]:
        start = text.find(word, at)
        if start < 0:
            return None
        at = start + len(word)
        spans.append((start, at))
    return spans[first][0], spans[-1][1]


def _in_its_form(was: str, word: str) -> str:
    """A word with the capital and the signs around it of what was read there."""
    letters = [at for at, sign in enumerate(was) if sign.isalnum()]
    if not letters:
        return word
    first, last = letters[0], letters[-1] + 1
    form = word[:1].upper() + word[1:] if was[first].isupper() else word
    return was[:first] + form + was[last:]
