"""The door of the catalogue: what the rest of the program may ask of it and tell it."""

from __future__ import annotations

import json
import os
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.accept import Thresholds
from indexer.catalog.browse import Browser
from indexer.catalog.database import CHUNK
from indexer.catalog.pages import apply_verdicts, next_revision, now, store_page
from indexer.catalog.rows import path_key, path_matches, path_of, stored_line
from indexer.catalog.values import Counts, KnownFile, ReadPage
from indexer.errors import MissingError
from indexer.model import (
    HUMAN,
    Box,
    Failure,
    IndexLine,
    IndexPage,
    Line,
    Origin,
    PageReading,
    Reading,
    SourceFile,
    Status,
    StoredLine,
    Word,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Literal


class Catalog(Browser):
    """An open catalogue. Use as a context manager; every method raises ``IndexFolderError`` when the disk will not."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        super().__init__(folder, create=create)
        self.uuid = str(self._meta("uuid"))

    @property
    def writable(self) -> bool:
        """Whether the folder can be written; else everything can be found but nothing changed."""
        return os.access(self.folder, os.W_OK)

    # What the search index asks.

    @property
    def revision(self) -> int:
        """Counts every change of a page."""
        return int(self._meta("revision"))

    def changed_pages(self, since: int) -> Iterator[IndexPage]:
        """The pages that changed after the revision, oldest change first."""
        pages = self._all("SELECT id, revision FROM pages WHERE revision > ? ORDER BY revision", since)
        for page in pages:
            yield IndexPage(page["id"], page["revision"], tuple(self._index_lines(page["id"])))

    def removed_pages(self, since: int) -> Iterator[int]:
        """The ids of pages forgotten after the revision."""
        yield from (r["id"] for r in self._all("SELECT id FROM removed_pages WHERE revision > ?", since))

    def lines(self, ids: Sequence[int]) -> dict[int, StoredLine]:
        """The lines with these ids, as far as they exist."""
        return {line.id: line for line in self._stored("id IN ({})", ids)}

    def accepted(self) -> Iterator[StoredLine]:
        """The accepted lines, page by page."""
        ids = self._all("SELECT id FROM stored_lines WHERE status = 'accepted' ORDER BY path, page, number")
        for start in range(0, len(ids), CHUNK):
            part = [row["id"] for row in ids[start : start + CHUNK]]
            lines = self.lines(part)
            yield from (lines[each] for each in part if each in lines)

    def words(self, ids: Sequence[int]) -> dict[int, tuple[Word, ...]]:
        """The words of the reading that counts of each line, with their boxes, as far as its reader gave any."""
        rows = self._in("SELECT line_id, words FROM readings WHERE chosen AND line_id IN ({})", ids)
        return {
            row["line_id"]: tuple(Word(text, sure, Box(*box)) for text, sure, *box in json.loads(row["words"]))
            for row in rows
        }

    def page_ids(self, glob: str | None, since: float | None, until: float | None) -> frozenset[int]:
        """Pages of files whose path matches the pattern and whose date (seconds since 1970) lies in the span.

        The pattern is matched against the whole path and against every tail of it, and a folder stands for
        what is in it.
        """
        rows = self._all("SELECT pages.id, path, modified FROM pages JOIN places USING (file_id)")
        matching: dict[bytes, bool] = {}
        found = set()
        for row in rows:
            path = bytes(row["path"])
            if path not in matching:
                matching[path] = glob is None or path_matches(os.fsdecode(path), glob)
            if (
                matching[path]
                and (since is None or row["modified"] >= since)
                and (until is None or row["modified"] < until)
            ):
                found.add(row["id"])
        return frozenset(found)

    def in_page_order(self, ids: Sequence[int]) -> list[int]:
        """The ids sorted by path, page and place on the page."""
        keys = {line.id: (os.fsencode(line.path), line.page, line.number) for line in self.lines(ids).values()}
        return sorted(keys, key=keys.__getitem__)

    # What the pipeline tells.

    def known(self, sha256: str) -> KnownFile | None:
        """What is known of a content, or ``None`` when it was never seen."""
        row = self._one("SELECT id, pages FROM files WHERE sha256 = ?", sha256)
        if row is None:
            return None
        pages = self._all("SELECT number, recipe FROM pages WHERE file_id = ?", row["id"])
        return KnownFile(row["pages"], {page["number"]: page["recipe"] for page in pages})

    def seen(self, path: Path) -> SourceFile | None:
        """The file as it was when it was last at this path."""
        row = self._one(
            "SELECT sha256, size, modified FROM places JOIN files ON files.id = file_id WHERE path = ?", path_key(path)
        )
        return None if row is None else SourceFile(path, row["sha256"], row["size"], row["modified"])

    def place(self, file: SourceFile) -> None:
        """Note that this content lies at this path now; content that lies nowhere any more is forgotten."""
        with self._writing() as db:
            db.execute("INSERT OR IGNORE INTO files (sha256, size) VALUES (?, ?)", (file.sha256, file.size))
            db.execute(
                """INSERT INTO places VALUES (?, (SELECT id FROM files WHERE sha256 = ?), ?)
                ON CONFLICT (path) DO UPDATE SET file_id = excluded.file_id, modified = excluded.modified""",
                (path_key(file.path), file.sha256, file.modified),
            )
            _forget_placeless(db)

    def counted(self, sha256: str, pages: int) -> None:
        """Note how many pages a content has."""
        with self._writing() as db:
            db.execute("UPDATE files SET pages = ? WHERE sha256 = ?", (pages, sha256))

    def store(self, readings: Iterable[tuple[SourceFile, PageReading, str]], thresholds: Thresholds) -> None:
        """Keep the readings of pages, all or none, each with the recipe that made it."""
        with self._writing() as db:
            for file, reading, recipe in readings:
                row = db.execute("SELECT id FROM files WHERE sha256 = ?", (file.sha256,)).fetchone()
                if row is not None:
                    store_page(db, row["id"], reading, recipe, thresholds)

    def set_failures(self, path: Path, failures: Iterable[Failure]) -> None:
        """Replace what is noted as failed of a file."""
        with self._writing() as db:
            db.execute("DELETE FROM failures WHERE path = ?", (path_key(path),))
            db.executemany(
                "INSERT INTO failures VALUES (?, ?, ?, ?)",
                [(path_key(f.path), f.page, f.kind, f.message) for f in failures],
            )

    def places(self) -> list[Path]:
        """Every path at which a file was found, present or not."""
        return [path_of(row["path"]) for row in self._all("SELECT path FROM places ORDER BY path")]

    def forget(self, paths: Iterable[Path]) -> None:
        """Forget files: their pages, lines and failures. What people said of them is kept for their return."""
        with self._writing() as db:
            keys = [(path_key(path),) for path in paths]
            db.executemany("DELETE FROM places WHERE path = ?", keys)
            db.executemany("DELETE FROM failures WHERE path = ?", keys)
            _forget_placeless(db)

    def same_content(self, sha256: str) -> list[Path]:
        """The paths at which this content was found."""
        rows = self._all(
            "SELECT path FROM places JOIN files ON files.id = file_id WHERE sha256 = ? ORDER BY path", sha256
        )
        return [path_of(row["path"]) for row in rows]

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Judge every line by these thresholds from now on; a no-op when they are the ones in force."""
        value = json.dumps({"default": thresholds.default, "engines": dict(sorted(thresholds.engines.items()))})
        if self._one("SELECT value FROM meta WHERE key = 'thresholds' AND value = ?", value) is not None:
            return
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('thresholds', ?)", (value,))
            for page in db.execute("SELECT id FROM pages").fetchall():
                before = _statuses(db, page["id"])
                revision = db.execute("SELECT revision FROM pages WHERE id = ?", (page["id"],)).fetchone()[0]
                apply_verdicts(db, page["id"], thresholds)
                if _statuses(db, page["id"]) == before:
                    db.execute("UPDATE pages SET revision = ? WHERE id = ?", (revision, page["id"]))

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds in force."""
        row = self._one("SELECT value FROM meta WHERE key = 'thresholds'")
        return Thresholds() if row is None else Thresholds(**json.loads(row["value"]))

    def run_started(self, engine: str) -> int:
        """Note the beginning of a run; returns its id for ``run_finished``."""
        with self._writing() as db:
            cursor = db.execute("INSERT INTO runs (started_at, engine) VALUES (?, ?)", (now(), engine))
            return int(cursor.lastrowid or 0)

    def run_finished(self, run: int, pages: int, failures: int) -> None:
        """Note the end of a run, interrupted or not."""
        with self._writing() as db:
            db.execute(
                "UPDATE runs SET finished_at = ?, pages = ?, failures = ? WHERE id = ?", (now(), pages, failures, run)
            )

    # What people ask and say.

    def page_lines(self, path: Path, page: int) -> list[StoredLine]:
        """The lines of a page in reading order; raises ``MissingError`` for a page that was not read."""
        row = self._one(
            "SELECT pages.id FROM pages JOIN places USING (file_id) WHERE path = ? AND number = ?", path_key(path), page
        )
        if row is None:
            raise MissingError(f"page {page} of {path} is not in the index", "notes status lists what is.")
        return sorted(self._stored("page_id IN ({})", [row["id"]]), key=lambda line: line.number)

    def readings(self, line_id: int) -> list[Reading]:
        """Everything that was read of a line and said of it, what counts first, then the newest."""
        line = self.line(line_id)
        rows = self._all(
            """SELECT text, confidence, engine, version, settings FROM readings JOIN readers ON readers.id = reader_id
            WHERE line_id = ? ORDER BY chosen DESC, readings.id DESC""",
            line_id,
        )
        return [
            Reading(
                Line(row["text"], row["confidence"], line.box),
                Origin(row["engine"], row["version"], row["settings"]),
            )
            for row in rows
        ]

    def frames(self, line_id: int) -> bytes | None:
        """The frame probabilities of a line's newest reading that has some."""
        row = self._one(
            "SELECT frames FROM readings WHERE line_id = ? AND frames IS NOT NULL ORDER BY id DESC LIMIT 1", line_id
        )
        return None if row is None else bytes(row["frames"])

    def page(self, path: Path, number: int) -> ReadPage | None:
        """A page as it was read, or ``None`` when it was not."""
        row = self._one(
            """SELECT pages.width, pages.height, seconds FROM pages JOIN places USING (file_id)
            WHERE path = ? AND number = ?""",
            *(path_key(path), number),
        )
        return None if row is None else ReadPage(row["width"], row["height"], row["seconds"])

    def page_size(self, line_id: int) -> tuple[int, int]:
        """Width and height in pixels of the page a line is on."""
        row = self._one(
            "SELECT pages.width, pages.height FROM lines JOIN pages ON pages.id = page_id WHERE lines.id = ?", line_id
        )
        if row is None:
            raise MissingError(f"there is no line {line_id}", "notes search and notes review show the ids.")
        return (row["width"], row["height"])

    def waiting(self, limit: int | None) -> tuple[int, list[StoredLine]]:
        """How many lines wait for review, and the least confident of them, the unknown last."""
        total = self._all("SELECT count(*) AS n FROM lines WHERE status IN ('review', 'unknown')")[0]["n"]
        rows = self._all(
            """SELECT id FROM stored_lines WHERE status IN ('review', 'unknown')
            ORDER BY confidence IS NULL, confidence, path, page, number LIMIT ?""",
            -1 if limit is None else limit,
        )
        ids = [row["id"] for row in rows]
        lines = self.lines(ids)
        return total, [lines[i] for i in ids]

    def say(self, line_id: int, kind: Literal["accept", "reject", "correct"], text: str | None = None) -> StoredLine:
        """Keep a person's verdict on a line; ``text`` is what a correction says. Returns the line as it is now."""
        line = self.line(line_id)
        with self._writing() as db:
            page = db.execute(
                """SELECT pages.id, pages.number, sha256 FROM lines JOIN pages ON pages.id = page_id
                JOIN files ON files.id = file_id WHERE lines.id = ?""",
                (line_id,),
            ).fetchone()
            db.execute(
                """INSERT INTO verdicts (sha256, page, x, y, width, height, kind, text, seen, line_id, made_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    *(page["sha256"], page["number"], *line.box.xywh),
                    *(kind, line.text if text is None else text, line.text, line_id, now()),
                ),
            )
            apply_verdicts(db, page["id"], self.thresholds)
        return self.line(line_id)

    def take_back(self, line_id: int) -> StoredLine | None:
        """Undo the newest verdict on a line. Returns the line, or ``None`` when only the verdict had kept it."""
        with self._writing() as db:
            row = db.execute(
                "SELECT id FROM verdicts WHERE line_id = ? AND undone_at IS NULL ORDER BY id DESC LIMIT 1", (line_id,)
            ).fetchone()
            if row is None:
                raise MissingError(f"nobody said anything of line {line_id}", "notes show ID tells who read a line.")
            page = db.execute("SELECT page_id FROM lines WHERE id = ?", (line_id,)).fetchone()
            db.execute("UPDATE verdicts SET undone_at = ? WHERE id = ?", (now(), row["id"]))
            if page is not None:
                apply_verdicts(db, page["page_id"], self.thresholds)
        return self.lines([line_id]).get(line_id)

    def counts(self) -> Counts:
        """How much there is of everything."""
        statuses = {row["status"]: row["n"] for row in self._all("SELECT status, count(*) n FROM lines GROUP BY 1")}
        engines = self._all("SELECT engine, count(*) n FROM stored_lines GROUP BY 1 ORDER BY 2 DESC")
        incomplete = self._all("SELECT incomplete, count(*) n FROM pages WHERE incomplete IS NOT NULL GROUP BY 1")
        return Counts(
            files=self._count("files WHERE EXISTS (SELECT 1 FROM pages WHERE file_id = files.id)"),
            pages=self._count("pages"),
            incomplete={row["incomplete"]: row["n"] for row in incomplete},
            lines={status: statuses.get(status.value, 0) for status in Status},
            verdicts=self._count("verdicts WHERE undone_at IS NULL"),
            failures=self._count("failures"),
            engines={row["engine"]: row["n"] for row in engines},
            right=self._all(
                """SELECT sum(words * confidence) / sum(words) AS share FROM (
                    SELECT confidence, length(text) - length(replace(text, ' ', '')) + 1 words FROM stored_lines
                    WHERE status = 'accepted' AND confidence IS NOT NULL)"""
            )[0]["share"],
        )

    def failures(self) -> list[Failure]:
        """What could not be read, by path."""
        rows = self._all("SELECT * FROM failures ORDER BY path, page")
        return [Failure(path_of(row["path"]), row["page"], row["kind"], row["message"]) for row in rows]

    def check(self) -> str | None:
        """What is wrong with the database file, or ``None``."""
        answer = str(self._all("PRAGMA quick_check")[0][0])
        return None if answer == "ok" else answer

    def line(self, line_id: int) -> StoredLine:
        """The line with this id; raises ``MissingError`` when there is none."""
        line = self.lines([line_id]).get(line_id)
        if line is None:
            raise MissingError(f"there is no line {line_id}", "notes search and notes review show the ids.")
        return line

    def _index_lines(self, page_id: int) -> Iterator[IndexLine]:
        rows = self._all(
            """SELECT line_id, status, chosen, text, confidence, frames, engine FROM readings
            JOIN lines ON lines.id = line_id JOIN readers ON readers.id = reader_id
            WHERE page_id = ? ORDER BY number, line_id, chosen DESC, readings.id DESC""",
            page_id,
        )
        for line_id, group in groupby(rows, key=lambda row: row["line_id"]):
            counts, *others = group
            settled = counts["engine"] == HUMAN
            frames = next((row["frames"] for row in (counts, *others) if row["frames"] is not None), None)
            yield IndexLine(
                *(line_id, counts["text"], counts["confidence"], Status(counts["status"])),
                others=() if settled else tuple(row["text"] for row in others),
                frames=None if settled else frames,
            )

    def _stored(self, where: str, values: Sequence[int]) -> Iterator[StoredLine]:
        for row in self._in(f"SELECT * FROM stored_lines WHERE {where}", values):  # noqa: S608
            yield stored_line(row)


def _forget_placeless(db: sqlite3.Connection) -> None:
    """Forget contents that lie nowhere any more, leaving word of their pages for the search index."""
    placeless = "(SELECT id FROM files WHERE id NOT IN (SELECT file_id FROM places))"
    if db.execute(f"SELECT 1 FROM pages WHERE file_id IN {placeless} LIMIT 1").fetchone():  # noqa: S608
        revision = next_revision(db)
        db.execute(
            f"INSERT INTO removed_pages SELECT id, ? FROM pages WHERE file_id IN {placeless}",  # noqa: S608
            (revision,),
        )
    db.execute(f"DELETE FROM files WHERE id IN {placeless}")  # noqa: S608


def _statuses(db: sqlite3.Connection, page_id: int) -> list[tuple[int, str]]:
    return [(r[0], r[1]) for r in db.execute("SELECT id, status FROM lines WHERE page_id = ? ORDER BY id", (page_id,))]
