"""Files in the catalogue: where their contents lie, what is known of each, and what could not be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from indexer.catalog.as_read import page_as_read
from indexer.catalog.database import Database
from indexer.catalog.following import FORMER, UNSEEN, leave, leave_pages, recognise_among_all
from indexer.catalog.held import note_held, put, take_out
from indexer.catalog.records import KnownFile
from indexer.catalog.rows import sidecar_of
from indexer.catalog.sketches import draw
from indexer.catalog.storing import apply_verdicts, next_revision
from indexer.system.originals import original
from indexer.values import Failure, Inside, SourceFile
from indexer.values.errors import MissingError
from indexer.values.thresholds import Thresholds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from indexer.catalog.records import DocumentPage
    from indexer.values import PageReading


_AS_SAID = """
SELECT number, recipe, sidecar FROM pages WHERE file_id = ?1 AND NOT EXISTS (
    SELECT 1 FROM turns WHERE sha256 = ?2 AND page = number AND turns.turned <> pages.turned)
"""
"""The pages of a content that were read the way up that a person said, if one did."""


class Places(Database):
    """The part of the catalogue that keeps files."""

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds in force."""
        row = self._one("SELECT value FROM meta WHERE key = 'thresholds'")
        return Thresholds() if row is None else Thresholds(**json.loads(row["value"]))

    def known(self, sha256: str) -> KnownFile | None:
        """What is known of a content; ``None`` if it was never seen."""
        row = self._one("SELECT id, pages FROM files WHERE sha256 = ?", sha256)
        if row is None:
            return None
        pages = self._all(_AS_SAID, row["id"], sha256)
        unseen = frozenset(page["page"] for page in self._all(UNSEEN, sha256))
        unopened = self._one("SELECT 1 FROM unopened WHERE sha256 = ?", sha256) is not None
        recipes = {page["number"]: page["recipe"] for page in pages}
        sidecars = {page["number"]: found for page in pages if (found := sidecar_of(page["sidecar"])) is not None}
        return KnownFile(row["pages"], recipes, unseen, unopened, sidecars)

    def as_read(self, sha256: str, page: int) -> PageReading | None:
        """A page of a content as it was read, without what people said of it; ``None`` if it was not."""
        return self._looked_up(lambda db: page_as_read(db, sha256, page))

    def recipes(self) -> frozenset[str]:
        """How the pages were read: each recipe that one has."""
        return frozenset(row["recipe"] for row in self._all("SELECT DISTINCT recipe FROM pages"))

    def turns(self, sha256: str) -> dict[int, int]:
        """By how many degrees clockwise pages of a content are to be turned, as far as a person said so."""
        rows = self._all("SELECT page, turned FROM turns WHERE sha256 = ?", sha256)
        return {row["page"]: row["turned"] for row in rows}

    def turn(self, page: DocumentPage, degrees: int) -> None:
        """Keep that a page is to be turned so, clockwise from how its file has it. The next run reads it again if it
        was read otherwise."""
        with self._writing() as db:
            said = (page.sha256, page.number, degrees, self._key(page.path))
            db.execute(
                """INSERT INTO turns VALUES (?, ?, ?, ?)
                ON CONFLICT (sha256, page) DO UPDATE SET turned = excluded.turned, path = excluded.path""",
                said,
            )

    def unturned(self) -> list[str]:
        """The hashes of contents with a page that a person turned and that was not read so yet."""
        rows = self._all(
            """SELECT DISTINCT sha256 FROM turns JOIN files USING (sha256)
            JOIN pages ON file_id = files.id AND number = page WHERE turns.turned <> pages.turned ORDER BY sha256"""
        )
        return [row["sha256"] for row in rows]

    def seen(self, path: Path) -> SourceFile | None:
        """The file as it was when it was last seen at this path."""
        row = self._one(
            """SELECT sha256, size, modified FROM places JOIN files ON files.id = file_id WHERE path = ?1
            UNION ALL SELECT sha256, size, modified FROM forgotten_places WHERE path = ?1""",
            self._key(path),
        )
        return None if row is None else SourceFile(path, row["sha256"], row["size"], row["modified"])

    def place(self, file: SourceFile) -> None:
        """Note that a content lies at a path now, unless a person forgot it. The content that lay there before is
        forgotten if it lies nowhere else."""
        key = self._key(file.path)
        with self._writing() as db:
            if db.execute("SELECT 1 FROM forgotten WHERE sha256 = ?", (file.sha256,)).fetchone():
                return
            before = {row[0]: key for row in db.execute("SELECT file_id FROM places WHERE path = ?", (key,))}
            put(db, key, file)
            db.execute("DELETE FROM held_places WHERE path = ?", (key,))
            before |= take_out(db, key)
            self._put_inside(db, file)
            forget_placeless(db, before, self.thresholds)

    def counted(self, sha256: str, pages: int, last: int | None = None) -> None:
        """Note how many pages a content has. Pages after the ``last`` one, from an earlier count, are forgotten."""
        with self._writing() as db:
            db.execute("UPDATE files SET pages = ? WHERE sha256 = ?", (pages, sha256))
            last = pages if last is None else last
            which = "file_id = (SELECT id FROM files WHERE sha256 = ?) AND number > ?"
            gone = db.execute(f"SELECT id FROM pages WHERE {which}", (sha256, last)).fetchall()  # noqa: S608
            if gone:
                note_removed(db, gone)
                db.execute(f"DELETE FROM pages WHERE {which}", (sha256, last))  # noqa: S608
                for page_id in leave_pages(db, sha256, last):
                    apply_verdicts(db, page_id, self.thresholds)

    def hold(self, file: SourceFile, inside: Sequence[Inside] | None) -> None:
        """Note which files a content holds, at all its places. ``None`` means that nobody looked into it.

        Files that it held before and that lie nowhere else are forgotten, with their failures. Nothing is noted of a
        content that was forgotten meanwhile.
        """
        with self._writing() as db:
            if db.execute("SELECT 1 FROM files WHERE sha256 = ?", (file.sha256,)).fetchone() is None:
                return
            if inside is None or any(each.trouble for each in inside):
                db.execute("INSERT INTO unopened VALUES (?) ON CONFLICT DO NOTHING", (file.sha256,))
            else:
                db.execute("DELETE FROM unopened WHERE sha256 = ?", (file.sha256,))
            if inside is None:
                return
            note_held(db, file.sha256, inside)
            lost: dict[int, bytes] = {}
            for place in self.originals(file.sha256):
                if place.holder is None:
                    lost |= take_out(db, self._key(place.path))
                    self._put_inside(db, place)
                    self._forget_failures(db, place.path, {place.path.joinpath(*each.names) for each in inside})
            forget_placeless(db, lost, self.thresholds)

    def held(self, file: SourceFile) -> list[SourceFile]:
        """The documents known to be in a file, by name. Forgotten ones are none."""
        rows = self._all(
            """SELECT name, sha256, size FROM held WHERE holder = ?
            AND sha256 NOT IN (SELECT sha256 FROM forgotten) ORDER BY name""",
            file.sha256,
        )
        return [
            SourceFile(file.path / row["name"], row["sha256"], row["size"], file.modified, file.stamp, file)
            for row in rows
        ]

    def texts_in(self, sha256: str) -> list[Inside]:
        """The files of text known to be in a content, by name."""
        rows = self._all("SELECT name, sha256, size FROM held_texts WHERE holder = ? ORDER BY name", sha256)
        return [Inside(tuple(row["name"].split("/")), row["sha256"], row["size"], is_text=True) for row in rows]

    def _put_inside(self, db: sqlite3.Connection, holder: SourceFile) -> None:
        """Note the places of the documents inside a file."""
        for each in self.held(holder):
            key = self._key(each.path)
            put(db, key, each)
            db.execute(
                """INSERT INTO held_places VALUES (?, ?, ?)
                ON CONFLICT (path) DO UPDATE SET holder = excluded.holder, holder_sha256 = excluded.holder_sha256""",
                (key, self._key(holder.path), holder.sha256),
            )

    def _forget_failures(self, db: sqlite3.Connection, holder: Path, kept: Collection[Path] = ()) -> None:
        """Forget the failures of files inside another one, except those to be kept."""
        start = self._key(holder / "a")[:-1]
        rows = db.execute("SELECT path FROM failures WHERE path > ? AND path < ?", (start, start[:-1] + b"\xff"))
        gone = {bytes(row["path"]) for row in rows} - {self._key(path) for path in kept}
        db.executemany("DELETE FROM failures WHERE path = ?", [(key,) for key in gone if key.startswith(start)])

    def former(self) -> dict[Path, int]:
        """Places whose content has changed since people gave verdicts on it, and on how many lines they did."""
        return {self._path(row["path"]): row["lines"] for row in self._all(FORMER)}

    def holds(self, sha256: str) -> bool:
        """Whether a content was read whole and lies in a file that can be opened now: then it need not be added
        again."""
        known = self.known(sha256)
        if known is None or not known.pages or known.pages > len(known.recipes):
            return False
        try:
            return original(self.originals(sha256)).sha256 == sha256
        except MissingError:
            return False

    def originals(self, sha256: str) -> list[SourceFile]:
        """The files with a content, as they were when last looked at."""
        rows = self._all(
            """SELECT path, size, modified, holder, holder_sha256
            FROM places JOIN files ON files.id = file_id LEFT JOIN held_places USING (path)
            WHERE sha256 = ? ORDER BY path""",
            sha256,
        )
        return [
            SourceFile(self._path(row["path"]), sha256, row["size"], row["modified"], holder=self._holder(row))
            for row in rows
        ]

    def _holder(self, row: sqlite3.Row) -> SourceFile | None:
        if row["holder"] is None:
            return None
        return SourceFile(self._path(row["holder"]), row["holder_sha256"], 0, row["modified"])

    def set_failures(self, path: Path, failures: Sequence[Failure]) -> None:
        """Replace the failures of a file. If they are the same, nothing is written."""
        if not failures and self._one("SELECT 1 FROM failures WHERE path = ?", self._key(path)) is None:
            return
        with self._writing() as db:
            db.execute("DELETE FROM failures WHERE path = ?", (self._key(path),))
            db.executemany(
                "INSERT INTO failures VALUES (?, ?, ?, ?)",
                [(self._key(f.path), f.page, f.kind, f.message) for f in failures],
            )

    def failures_of(self, path: Path) -> list[Failure]:
        """The failures of a file."""
        return self.failures_at([path])

    def failures_at(self, paths: Sequence[Path]) -> list[Failure]:
        """The failures of each of the files."""
        keys = [self._key(path) for path in paths]
        return [self._failure(row) for row in self._in("SELECT * FROM failures WHERE path IN ({})", keys)]

    def places(self, *, inside: bool = False) -> list[Path]:
        """Every path at which a file was found, even if it is gone now; with ``inside`` also files inside others."""
        where = "" if inside else "WHERE path NOT IN (SELECT path FROM held_places)"
        return [self._path(row["path"]) for row in self._all(f"SELECT path FROM places {where} ORDER BY path")]  # noqa: S608

    def forget(self, paths: Iterable[Path]) -> None:
        """Forget files with their pages, lines and failures. Verdicts are kept in case the files come back."""
        keys = [self._key(path) for path in paths]
        if not keys:
            return
        with self._writing() as db:
            files: dict[int, bytes] = {}
            for key in keys:
                rows = db.execute("SELECT file_id FROM places WHERE path = ?", (key,)).fetchall()
                files.update((row["file_id"], key) for row in rows)
                files |= take_out(db, key)
                db.execute("DELETE FROM places WHERE path = ?", (key,))
                db.execute("DELETE FROM failures WHERE path = ?", (key,))
                self._forget_failures(db, self._path(key))
            forgotten = forget_placeless(db, files, self.thresholds)
            for page_id in recognise_among_all(db, forgotten):
                apply_verdicts(db, page_id, self.thresholds)

    def same_content(self, sha256: str) -> list[Path]:
        """The paths at which a file with this content was found."""
        return [file.path for file in self.originals(sha256) if file.holder is None]

    def failures(self, limit: int | None = None, offset: int = 0) -> list[Failure]:
        """Failures by path: at most ``limit``, from ``offset`` on. See ``Counts.failures``."""
        sql = "SELECT * FROM failures ORDER BY path, page LIMIT ? OFFSET ?"
        return [self._failure(row) for row in self._all(sql, -1 if limit is None else limit, offset)]

    def _failure(self, row: sqlite3.Row) -> Failure:
        return Failure(self._path(row["path"]), row["page"], row["kind"], row["message"])


def forget_placeless(db: sqlite3.Connection, files: Mapping[int, bytes], thresholds: Thresholds) -> list[str]:
    """Forget those of the contents that lie nowhere any more, and note it for the search index.

    ``files`` gives for each the place where it lay. Returns the hashes of the forgotten contents.
    """
    forgotten: list[str] = []
    for file_id, path in files.items():
        if db.execute("SELECT 1 FROM places WHERE file_id = ?", (file_id,)).fetchone() is None:
            pages = db.execute("SELECT id FROM pages WHERE file_id = ?", (file_id,)).fetchall()
            note_removed(db, pages)
            (sha256,) = db.execute("SELECT sha256 FROM files WHERE id = ?", (file_id,)).fetchone()
            draw(db, file_id)
            db.execute("DELETE FROM files WHERE id = ?", (file_id,))
            forgotten.append(sha256)
            for page_id in leave(db, sha256, path):
                apply_verdicts(db, page_id, thresholds)
    return forgotten


def note_removed(db: sqlite3.Connection, pages: Sequence[sqlite3.Row]) -> None:
    """Note for the search index that pages go."""
    if pages:
        revision = next_revision(db)
        db.executemany("INSERT INTO removed_pages VALUES (?, ?)", [(page["id"], revision) for page in pages])
