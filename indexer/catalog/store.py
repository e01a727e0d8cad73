"""The catalogue: everything that the rest of the program asks of it and tells it."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.catalog.damage import first_damage
from indexer.catalog.deeds import Deeds
from indexer.catalog.described import Described
from indexer.catalog.drawing import draw
from indexer.catalog.feed import PAGES_AT_ONCE, IndexFeed
from indexer.catalog.forgetting import Forgetting
from indexer.catalog.jobs import Jobs
from indexer.catalog.orders import Orders
from indexer.catalog.orphans import NAMELESS, ORPHANS, attach, name_lines, no_orphan, orphans
from indexer.catalog.patterns import Patterns
from indexer.catalog.people import People
from indexer.catalog.places import Places
from indexer.catalog.records import Counts, KnownPage, Said
from indexer.catalog.rows import stored_line, words_of
from indexer.catalog.runs import Runs
from indexer.catalog.saved_searches import SavedSearches
from indexer.catalog.saying import say, take_back
from indexer.catalog.shelves import Shelves
from indexer.catalog.storing import NOTED, apply_verdicts, judge_some, reread_lines, store_page
from indexer.catalog.suggestions import suggested
from indexer.catalog.totals import SURE
from indexer.catalog.trouble import explained
from indexer.catalog.word_verdicts import WordVerdicts
from indexer.system.paths import matcher
from indexer.translation import _
from indexer.values import Line, Origin, PageReading, Reading, SourceFile, Status, StoredLine, Word
from indexer.values.errors import MissingError
from indexer.values.thresholds import Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from indexer.catalog.records import DocumentPage, DrawnLine, Kind, Orphan

_ACCEPTED = "SELECT * FROM stored_lines JOIN statuses USING (status) WHERE accepted AND page_id IN ({})"
_NOT_REJECTED = "SELECT * FROM stored_lines JOIN statuses USING (status) WHERE NOT rejected AND page_id IN ({})"
_TO_LAY_OVER = "FROM meta WHERE key = 'verdicts to lay over'"


class Catalog(
    IndexFeed,
    Patterns,
    Shelves,
    Deeds,
    Described,
    Jobs,
    WordVerdicts,
    Places,
    Forgetting,
    Orders,
    People,
    Runs,
    SavedSearches,
):
    """An open catalogue; a context manager. Every method raises ``IndexFolderError`` when the disk fails."""

    def __init__(
        self, folder: Path, *, create: bool = False, who: str = "", folders: Sequence[bytes] | None = None
    ) -> None:
        super().__init__(folder, create=create, who=who, folders=folders)
        if folders is not None:
            return
        if self.writable and self._one(NAMELESS):
            with self._writing() as db:
                name_lines(db)
        if self.writable and self._one(f"SELECT 1 {_TO_LAY_OVER}"):
            self._lay_over()

    # For searching.

    def lines(self, ids: Sequence[int]) -> dict[int, StoredLine]:
        """The lines with these ids, as far as there are any."""
        return {line.id: line for line in self._stored("id IN ({})", ids)}

    def lines_at(
        self, ids: Sequence[int], glob: str | None = None, since: float | None = None, until: float | None = None
    ) -> dict[int, StoredLine]:
        """The lines with these ids, each with a path of its content that passes the filters and exists, if there is
        one."""
        lines, fits = self.lines(ids), self._fitting(glob, since, until)
        rows = self._in(
            """SELECT lines.id, path, modified, holder FROM lines JOIN pages ON pages.id = page_id
            JOIN places ON places.file_id = pages.file_id LEFT JOIN held_places USING (path)
            WHERE lines.id IN ({}) ORDER BY lines.id, path""",
            ids,
        )
        for line, group in groupby(rows, key=lambda row: row["id"]):
            places = list(group)
            if line in lines and len(places) > 1:
                fitting = [row for row in places if fits(self._path(row["path"]), row["modified"])] or places
                path = self._there([(row["path"], row["holder"]) for row in fitting])
                lines[line] = replace(lines[line], path=path)
        return lines

    def _fitting(self, glob: str | None, since: float | None, until: float | None) -> Callable[[Path, float], bool]:
        """A test of a path and the date of its file against the filters."""
        matches = None if glob is None else matcher(glob)

        def fits(path: Path, modified: float) -> bool:
            in_span = (since is None or modified >= since) and (until is None or modified < until)
            return in_span and (matches is None or matches(str(path)))

        return fits

    def accepted(self) -> Iterator[StoredLine]:
        """The accepted lines, page by page."""
        return self._by_page(_ACCEPTED)

    def not_rejected(self) -> Iterator[StoredLine]:
        """The lines that nobody rejected, page by page."""
        return self._by_page(_NOT_REJECTED)

    def _by_page(self, sql: str) -> Iterator[StoredLine]:
        pages = self.page_order()
        for start in range(0, len(pages), PAGES_AT_ONCE):
            part = pages[start : start + PAGES_AT_ONCE]
            found: dict[int, list[StoredLine]] = {}
            for row in self._in(sql, part):
                found.setdefault(row["page_id"], []).append(stored_line(row, self.home))
            for page in part:
                yield from sorted(found.get(page, ()), key=lambda line: line.number)

    def words(self, ids: Sequence[int]) -> dict[int, tuple[Word, ...]]:
        """The words of the transcription of each line with their boxes, as far as its engine gave any."""
        rows = self._in("SELECT line_id, words FROM readings WHERE chosen AND line_id IN ({})", ids)
        return {row["line_id"]: words_of(row["words"]) for row in rows}

    def words_read(self, ids: Sequence[int]) -> dict[int, tuple[Word, ...]]:
        """The words of the newest reading of each line that has words, even if a person corrected the line."""
        rows = self._in(
            "SELECT line_id, words FROM readings WHERE words <> '[]' AND line_id IN ({}) ORDER BY chosen, id", ids
        )
        return {row["line_id"]: words_of(row["words"]) for row in rows}

    def in_page_order(self, ids: Sequence[int]) -> list[int]:
        """The ids sorted by path, page and place on the page."""
        keys = {line.id: (os.fsencode(line.path), line.page, line.number) for line in self.lines(ids).values()}
        return sorted(keys, key=keys.__getitem__)

    # For indexing.

    def store(self, readings: Iterable[tuple[SourceFile, PageReading, str]]) -> None:
        """Keep the readings of pages, all or none, each with the recipe that it was read with."""
        with self._writing() as db:
            thresholds = self.thresholds
            for file, reading, recipe in readings:
                row = db.execute("SELECT id FROM files WHERE sha256 = ?", (file.sha256,)).fetchone()
                if row is not None:
                    store_page(db, row["id"], reading, recipe, thresholds)

    def reread(self, page_id: int, lines: Mapping[int, tuple[str, Line | None]], origin: Origin) -> int:
        """Give waiting lines of a page a new reading, each with the text that it had; how many still waited as they
        were."""
        with self._writing() as db:
            return reread_lines(db, page_id, lines, origin, self.thresholds)

    def adopt_thresholds(self, thresholds: Thresholds) -> None:
        """Take these thresholds for the index if it has none yet."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO meta VALUES ('thresholds', ?) ON CONFLICT DO NOTHING", (_thresholds_text(thresholds),)
            )

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Judge every line by these thresholds from now on; nothing happens if they hold already.

        New lines are judged so at once. The others follow a few pages at a time, so that a verdict does not have to
        wait. What an interruption leaves undone is done by the next call.
        """
        value = _thresholds_text(thresholds)
        if self._one("SELECT value FROM meta WHERE key = 'thresholds' AND value = ?", value) is None:
            with self._writing() as db:
                db.executemany(NOTED, [("thresholds", value), ("judged", 0)])
        while self._one("SELECT 1 FROM meta WHERE key = 'judged'"):
            with self._writing() as db:
                began = time.monotonic()
                judge_some(db, self.thresholds)
            time.sleep(time.monotonic() - began)  # pause as long as others had to wait

    def _lay_over(self) -> None:
        """Apply the verdicts in a catalogue of an earlier version to their lines."""
        with self._writing() as db:
            if db.execute(f"DELETE {_TO_LAY_OVER}").rowcount:
                pages = db.execute("SELECT DISTINCT page_id FROM page_verdicts WHERE undone_at IS NULL").fetchall()
                for page in pages:
                    apply_verdicts(db, page["page_id"], self.thresholds)

    # For showing lines and keeping verdicts.

    def page_lines(self, path: Path, page: int) -> list[StoredLine]:
        """The lines of a page in reading order; raises ``MissingError`` for a page that was not read."""
        row = self._one(
            "SELECT pages.id FROM pages JOIN places USING (file_id) WHERE path = ? AND number = ?",
            self._key(path),
            page,
        )
        if row is None:
            raise MissingError(
                _("page %(page)s of %(path)s is not in the index", page=page, path=path),
                _("notes documents lists what is."),
            )
        lines = [replace(line, path=path) for line in self._stored("page_id IN ({})", [row["id"]])]
        return sorted(lines, key=lambda line: line.number)

    def readings(self, line_id: int) -> list[Reading]:
        """All readings of a line and verdicts on it: first the transcription, then the newest."""
        line = self.line(line_id)
        rows = self._all(
            """SELECT text, confidence, replaced, engine, version, settings
            FROM readings JOIN origins ON origins.id = origin_id
            WHERE line_id = ? ORDER BY chosen DESC, replaced, readings.id DESC""",
            line_id,
        )
        return [
            Reading(
                Line(row["text"], row["confidence"], line.box),
                Origin(row["engine"], row["version"], row["settings"]),
                bool(row["replaced"]),
            )
            for row in rows
        ]

    def posteriorgram(self, line_id: int) -> bytes | None:
        """The packed posteriorgram of a line's newest reading that has one."""
        row = self._one(
            """SELECT posteriorgram FROM readings WHERE line_id = ? AND posteriorgram IS NOT NULL
            ORDER BY id DESC LIMIT 1""",
            line_id,
        )
        return None if row is None else bytes(row["posteriorgram"])

    def page(self, path: Path, number: int) -> KnownPage | None:
        """What is known of a page; ``None`` if it was not read."""
        row = self._one(
            """SELECT pages.width, pages.height, seconds, turned FROM pages JOIN places USING (file_id)
            WHERE path = ? AND number = ?""",
            *(self._key(path), number),
        )
        return None if row is None else KnownPage(row["width"], row["height"], row["seconds"], row["turned"])

    def page_size(self, line_id: int) -> tuple[int, int]:
        """Width and height in pixels of the page with a line."""
        row = self._one(
            "SELECT pages.width, pages.height FROM lines JOIN pages ON pages.id = page_id WHERE lines.id = ?", line_id
        )
        if row is None:
            raise MissingError(
                _("there is no line %(line_id)s", line_id=line_id), _("notes search and notes review show the ids.")
            )
        return (row["width"], row["height"])

    def waiting(self, limit: int | None, skip: int = 0) -> tuple[int, list[StoredLine]]:
        """How many lines wait for review, and some of them: the least confident first, those of unknown confidence
        last."""
        rows = self._all(
            "SELECT line_id FROM waiting ORDER BY confidence, line_id LIMIT ? OFFSET ?",
            *(-1 if limit is None else limit, skip),
        )
        ids = [row["line_id"] for row in rows]
        lines = self.lines_at(ids)
        return self.counts().waiting, [lines[each] for each in ids if each in lines]

    def waiting_among(self, lines: Sequence[int]) -> frozenset[int]:
        """The lines among these that wait for review."""
        return frozenset(r["line_id"] for r in self._in("SELECT line_id FROM waiting WHERE line_id IN ({})", lines))

    def say(self, line_id: int, kind: Kind, text: str | None = None, seen: str | None = None) -> StoredLine:
        """Keep a person's verdict on a line, as ``say_all`` does."""
        return self.say_all([Said(line_id, kind, text, seen)])[0]

    def say_all(self, said: Sequence[Said]) -> list[StoredLine]:
        """Keep verdicts, all or none; returns the lines as they are then.

        Raises ``MissingError`` when there is no such line, ``ConflictError`` when a line is not as the person saw it,
        and ``UsageError`` for a correction that cannot be stored.
        """
        with self._writing() as db:
            return [say(db, each, self.thresholds, self.home, self.who) for each in said]

    def draw(self, page: DocumentPage, drawn: DrawnLine) -> StoredLine:
        """Keep a line that a person drew on a page, as ``drawing.draw`` does."""
        with self._writing() as db:
            return draw(db, page.id, drawn, self.thresholds, self.home, self.who)

    def take_back(self, line_id: int, verdict: int | None = None) -> StoredLine | None:
        """Undo the newest verdict on a line; returns the line, or ``None`` if only the verdict had kept it.

        Raises ``MissingError`` without a verdict, and ``ConflictError`` if the newest is not ``verdict``.
        """
        with self._writing() as db:
            return take_back(db, line_id, verdict, self.thresholds, self.home)

    def orphans(self, limit: int | None = None, offset: int = 0) -> list[Orphan]:
        """Verdicts that lie on no line, by path."""
        rows = self._all(ORPHANS.format(more=""), -1 if limit is None else limit, offset)
        return orphans(rows, self.home)

    def orphan(self, line: int) -> Orphan:
        """The verdict on a line that does not exist any more; raises ``MissingError`` when there is none."""
        found = orphans(self._all(ORPHANS.format(more="AND said.line_id = ?"), line, 1, 0), self.home)
        if not found:
            raise no_orphan(line)
        return found[0]

    def suggestions(self, orphans: Iterable[Orphan]) -> dict[int, StoredLine]:
        """For verdicts on no line, by their numbers, the line on which each may lie. Nobody has confirmed it yet."""
        with explained(self.folder):
            found = suggested(self._db, [each.line for each in orphans])
        lines = self.lines(sorted(set(found.values())))
        return {orphan: lines[line] for orphan, line in found.items() if line in lines}

    def attach(self, orphan: int, line: int, seen: str | None = None) -> StoredLine:
        """Attach an orphan to a line; returns the line as it is then.

        Raises ``MissingError`` when there is no such orphan or line, ``ConflictError`` when it is not as the person saw
        it.
        """
        with self._writing() as db:
            return attach(db, orphan, line, seen, self.thresholds, self.home)

    def counts(self) -> Counts:
        """How much there is of everything. The numbers are kept up to date, so nothing is counted here."""
        totals: dict[str, dict[str, int]] = {}
        for row in self._all("SELECT kind, name, number FROM totals WHERE number > 0"):
            totals.setdefault(row["kind"], {})[row["name"]] = row["number"]

        def total(kind: str) -> int:
            return totals.get(kind, {}).get("", 0)

        engines = totals.get("engine", {})
        return Counts(
            documents=total("documents"),
            files=total("files"),
            pages=total("pages"),
            empty=total("empty"),
            incomplete=totals.get("incomplete", {}),
            lines={status: totals.get("lines", {}).get(status.value, 0) for status in Status},
            verdicts=total("verdicts"),
            orphans=total("orphans"),
            failures=total("failures"),
            engines=dict(sorted(engines.items(), key=lambda engine: -engine[1])),
            languages=_spoken(totals.get("languages", {})),
            right=total("right") / total("words") / SURE if total("words") else None,
        )

    def check(self) -> str | None:
        """The first damage in the catalogue, or ``None``. All of it is looked through, which may take seconds."""
        return self._looked_up(first_damage)

    def line(self, line_id: int) -> StoredLine:
        """The line with this id; raises ``MissingError`` when there is none."""
        line = self.lines_at([line_id]).get(line_id)
        if line is None:
            raise MissingError(
                _("there is no line %(line_id)s", line_id=line_id), _("notes search and notes review show the ids.")
            )
        return line

    def _stored(self, where: str, values: Sequence[int]) -> Iterator[StoredLine]:
        for row in self._in(f"SELECT * FROM stored_lines WHERE {where}", values):  # noqa: S608
            yield stored_line(row, self.home)


def _spoken(counted: Mapping[str, int]) -> dict[str, float]:
    """How much of all lines is in which language, from how many were read in which weights of these (JSON)."""
    found: dict[str, float] = {}
    for said, number in counted.items():
        try:
            weights = Origin("", settings=f'{{"languages": {said or "{}"}}}').languages
        except ValueError:  # a catalogue may come from anybody, and these totals are made anew with every version
            continue
        total = sum(weights.values())
        for name, weight in weights.items() if total > 0 else ():
            found[name] = found.get(name, 0.0) + number * weight / total
    whole = sum(found.values())
    return {name: share / whole for name, share in sorted(found.items(), key=lambda each: -each[1])}


def _thresholds_text(thresholds: Thresholds) -> str:
    return json.dumps({"default": thresholds.default, "engines": dict(sorted(thresholds.engines.items()))})
