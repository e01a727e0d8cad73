"""What people say of single words, many at once: kept, listed and taken back as a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.catalog.database import Database
from indexer.catalog.records import WordBatch, WordsKept
from indexer.catalog.saying import revision_of, typed
from indexer.catalog.storing import apply_verdicts, now
from indexer.catalog.word_overlay import folded
from indexer.text.folding import search_words
from indexer.translation import _
from indexer.values import HUMAN
from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from indexer.catalog.records import SaidWord
    from indexer.values.thresholds import Thresholds

_LINE = """
SELECT stored_lines.text, page_id, sha256, page, path, pages.width AS page_width, pages.height AS page_height, turned,
    (SELECT max(id) FROM verdicts WHERE line_id = stored_lines.id AND undone_at IS NULL) AS verdict
FROM stored_lines JOIN pages ON pages.id = page_id JOIN files ON files.id = file_id WHERE stored_lines.id = ?
"""
_BATCHES = """
SELECT word_batches.*, sum(CAST(stands AS INTEGER)) AS right,
    sum(CAST(NOT stands AS INTEGER)) AS wrong FROM word_batches
JOIN word_verdicts ON word_verdicts.batch = word_batches.id
{} GROUP BY word_batches.id ORDER BY word_batches.id DESC LIMIT ? OFFSET ?
"""
_WRONG = """
SELECT coalesce(sum(1 - coalesce(CAST(json_extract(value, '$[1]') AS DOUBLE PRECISION), 0.5)), 0)
FROM readings, json_each(words) WHERE chosen AND line_id IN ({})
"""


class WordVerdicts(Database):
    """The part of the catalogue that keeps what people said of words."""

    thresholds: Thresholds

    def say_words(self, word: str, said: Sequence[SaidWord]) -> WordsKept:
        """Keep of places that a word stands there, or does not: a batch, which is taken back as a whole.

        What changed since it was seen is left as it is. Raises ``UsageError`` for what is not one word, and when
        nothing is left to keep.
        """
        word = one_word(word)
        with self._writing() as db:
            there = [(each, row) for each in said if (row := _as_seen(db, each)) is not None]
            if not there:
                raise UsageError(
                    _("nothing was kept: all of it has changed since it was shown"), _("Look at it again.")
                )
            lines = sorted({each.line for each, _ in there})
            before, waited = _wrong(db, lines), _waiting(db, lines)
            batch = _new_batch(db, word, sum(each.relevance for each, _ in there), self.who)
            for each, row in there:
                _note(db, batch, word, each, row)
            for page in sorted({row["page_id"] for _, row in there}):
                apply_verdicts(db, page, self.thresholds)
            after, accepted = _wrong(db, lines), waited - _waiting(db, lines)
            db.execute(
                "UPDATE word_batches SET wrong_before = ?, wrong_after = ?, accepted = ? WHERE id = ?",
                (before, after, accepted, batch),
            )
        return WordsKept(batch, len(there), len(said) - len(there))

    def word_batches(self, limit: int, offset: int = 0) -> list[WordBatch]:
        """The batches that stand, the newest first."""
        return [
            _batch(row) for row in self._all(_BATCHES.format("WHERE word_batches.undone_at IS NULL"), limit, offset)
        ]

    def word_batch(self, batch: int) -> WordBatch:
        """A batch by its number; raises ``MissingError`` when there is none, also when it was taken back."""
        where = "WHERE word_batches.undone_at IS NULL AND word_batches.id = ?"
        rows = self._all(_BATCHES.format(where), batch, 1, 0)
        if not rows:
            raise MissingError(_("there is no batch %(batch)s", batch=batch), _("It may have been taken back."))
        return _batch(rows[0])

    def undo_words(self, batch: int) -> WordBatch:
        """Take a whole batch back; raises ``MissingError`` when there is none."""
        found = self.word_batch(batch)
        with self._writing() as db:
            stands = (now(), batch)
            if not db.execute(
                "UPDATE word_batches SET undone_at = ? WHERE id = ? AND undone_at IS NULL", stands
            ).rowcount:
                raise MissingError(_("there is no batch %(batch)s", batch=batch), _("It may have been taken back."))
            db.execute("UPDATE word_verdicts SET undone_at = ? WHERE batch = ?", stands)
            pages = db.execute(
                """SELECT DISTINCT pages.id FROM word_verdicts JOIN files USING (sha256)
                JOIN pages ON file_id = files.id AND number = page WHERE batch = ?""",
                (batch,),
            ).fetchall()
            for row in pages:
                apply_verdicts(db, row["id"], self.thresholds)
        return found

    def settled_words(self, word: str, lines: Sequence[int]) -> frozenset[int]:
        """The lines among these of which people said already whether a word stands in them."""
        rows = self._in(
            "SELECT DISTINCT line_id, folded FROM word_verdicts WHERE undone_at IS NULL AND line_id IN ({})", lines
        )
        wanted = folded(word)
        return frozenset(row["line_id"] for row in rows if row["folded"] == wanted)

    def said_of_word(self, word: str) -> dict[int, bool]:
        """The lines of which people said that a word stands in them, or that it does not, in no place of them.

        ``word`` is folded. Where somebody settled the line as a whole, that counts.
        """
        rows = self._all(
            """SELECT line_id, sum(CAST(stands AS INTEGER)) AS stands, count(*) AS places,
            text, engine FROM word_verdicts
            JOIN stored_lines ON stored_lines.id = line_id WHERE folded = ? AND undone_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM word_verdicts newer WHERE newer.id > word_verdicts.id
                AND newer.undone_at IS NULL AND newer.line_id = word_verdicts.line_id AND newer.x = word_verdicts.x
                AND newer.y = word_verdicts.y) GROUP BY line_id, text, engine""",
            word,
        )
        return {
            row["line_id"]: bool(row["stands"])
            for row in rows
            if row["engine"] != HUMAN and (row["stands"] or search_words(row["text"]).count(word) <= row["places"])
        }

    def waiting_texts(self, limit: int, pages: Sequence[int] | None = None) -> list[str]:
        """What was read in lines that wait for review, the least sure first; only on some ``pages`` if they are given,
        by their ids."""
        texts = (
            "SELECT text FROM waiting JOIN readings USING (line_id) {} ORDER BY waiting.confidence, line_id LIMIT {}"
        )
        if pages is None:
            return [row["text"] for row in self._all(texts.format("WHERE chosen", limit))]
        here = "JOIN lines ON lines.id = line_id WHERE chosen AND page_id IN ({})"
        return [row["text"] for row in self._in(texts.format(here, limit), pages)][:limit]


def one_word(word: str) -> str:
    """A word as it is kept; raises ``UsageError`` for several."""
    kept = typed(word)
    if len(search_words(kept)) != 1:
        raise UsageError(_("“%(word)s” is not one word", word=word), _("Words are looked at one at a time."))
    return kept


def _as_seen(db: sqlite3.Connection, said: SaidWord) -> sqlite3.Row | None:
    """The line of a word with its page, if it is as the person saw it."""
    row: sqlite3.Row | None = db.execute(_LINE, (said.line,)).fetchone()
    if row is None or revision_of(row["text"], row["verdict"] or 0) != said.seen:
        return None
    return row


def _new_batch(db: sqlite3.Connection, word: str, expected: float, who: str) -> int:
    made = db.execute(
        """INSERT INTO word_batches (word, expected, wrong_before, wrong_after, accepted, made_at, who)
        VALUES (?, ?, 0, 0, 0, ?, ?)""",
        (word, expected, now(), who),
    )
    return int(made.lastrowid or 0)


def _note(db: sqlite3.Connection, batch: int, word: str, said: SaidWord, row: sqlite3.Row) -> None:
    db.execute(
        """INSERT INTO word_verdicts (batch, sha256, page, path, page_width, page_height, turned, x, y, width, height,
            word, folded, stands, line_id, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(batch, row["sha256"], row["page"], row["path"], row["page_width"], row["page_height"], row["turned"]),
            *(*said.box.xywh, word, folded(word), said.stands, said.line, now()),
        ),
    )


def _wrong(db: sqlite3.Connection, lines: Sequence[int]) -> float:
    """The number of words that are expected to be wrong in lines; of an unknown one half."""
    return float(sum(_chunked(db, _WRONG, lines)))


def _waiting(db: sqlite3.Connection, lines: Sequence[int]) -> int:
    return int(sum(_chunked(db, "SELECT count(*) FROM waiting WHERE line_id IN ({})", lines)))


def _chunked(db: sqlite3.Connection, sql: str, lines: Sequence[int]) -> Iterable[float]:
    for start in range(0, len(lines), 900):
        part = lines[start : start + 900]
        yield db.execute(sql.format(",".join("?" * len(part))), part).fetchone()[0]


def _batch(row: sqlite3.Row) -> WordBatch:
    return WordBatch(
        *(row["id"], row["word"], int(row["right"]), int(row["wrong"]), row["expected"]),
        *(row["wrong_before"], row["wrong_after"], row["accepted"], row["made_at"], row["who"]),
    )
