"""Documents that a person forgets: what was read and said of them is set aside, and can be brought back.

Each deed has a folder in ``forgotten/`` with a small catalogue of the same kind, which newer versions bring forward as
they do the large one. What was said lies there whole: nothing of it is left on no line.
"""

# ruff: noqa: S608

from __future__ import annotations

import shutil
from contextlib import closing, contextmanager, nullcontext
from typing import TYPE_CHECKING

from indexer.catalog.database import Database
from indexer.catalog.dialects import attached, columns_of, heed_numbers, key_of
from indexer.catalog.places import forget_placeless, note_removed
from indexer.catalog.records import Forgotten
from indexer.catalog.rows import ADDED
from indexer.catalog.schema import connect
from indexer.catalog.settled_descriptions import DERIVED
from indexer.catalog.storing import NOTED, apply_verdicts, next_revision, now
from indexer.catalog.trouble import FILE_NAME, explained
from indexer.system.files import make_folder, move
from indexer.system.links import is_link
from indexer.translation import _
from indexer.values.errors import IndexFolderError, MissingError
from indexer.values.thresholds import Thresholds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from indexer.catalog.records import Document

FOLDER = "forgotten"
"""The folder in an index for what is set aside: in it a folder a deed, with its number."""
_FILE = "SELECT id FROM {0}.files WHERE sha256 = ?1"
_PLACES = f"SELECT path FROM {{0}}.places WHERE file_id = ({_FILE})"
_PAGES = f"SELECT id FROM {{0}}.pages WHERE file_id = ({_FILE})"
_LINES = f"SELECT id FROM {{0}}.lines WHERE page_id IN ({_PAGES})"
PARTS = {
    "files": "sha256 = ?1",
    "places": f"file_id = ({_FILE})",
    "held_places": f"path IN ({_PLACES})",
    "held": "holder = ?1",
    "held_texts": "holder = ?1",
    "unopened": "sha256 = ?1",
    "pages": f"file_id = ({_FILE})",
    "rulings": f"page_id IN ({_PAGES})",
    "blocks": f"page_id IN ({_PAGES})",
    "lines": f"page_id IN ({_PAGES})",
    "readings": f"line_id IN ({_LINES})",
    "verdicts": "sha256 = ?1",
    "word_verdicts": "sha256 = ?1",
    "pictures": "sha256 = ?1",
    "sketches": "sha256 = ?1",
    "turns": "sha256 = ?1",
    "orders": "sha256 = ?1",
    "titles": "sha256 = ?1",
    "descriptions": "sha256 = ?1",
    **dict.fromkeys(DERIVED, "sha256 = ?1"),
    "jobs": "sha256 = ?1",
    "failures": f"path IN ({_PLACES})",
}
"""The tables that tell of a content, each with the condition for its rows; a row comes after those it depends on."""
_DESCRIBED = ("descriptions", *DERIVED)
_SAID = ("verdicts", "word_verdicts", "turns", "orders")
_OUTLIVES = ("failures", *_SAID, "pictures", "sketches", "titles", "jobs", *_DESCRIBED)
"""Those of them whose rows do not go with their file."""
_BLOCK = """(SELECT there.id FROM main.blocks there JOIN aside.blocks here USING (page_id, number)
    WHERE here.id = own.{})"""
_NEW: dict[str, dict[str, str | None]] = {
    "places": {"file_id": f"({_FILE.format('main')})"},
    "pages": {"file_id": f"({_FILE.format('main')})"},
    "blocks": {"id": None},
    "lines": {column: _BLOCK.format(column) for column in ("block_id", "read_block")},
    "readings": {
        "id": None,
        "origin_id": """(SELECT there.id FROM main.origins there
            JOIN aside.origins here USING (engine, version, settings) WHERE here.id = own.origin_id)""",
    },
    "verdicts": {"id": None},
    "orders": {"id": None},
    "word_verdicts": {"id": None},
    "descriptions": {"id": None},
}
"""Columns whose numbers may be those of others by now: what stands there in the large catalogue, ``None`` for a new
number."""
_TAKEN = "SELECT 1 FROM main.files JOIN aside.files own USING (id) WHERE own.sha256 = ?"
_WITH_BATCH = """
UPDATE word_verdicts SET undone_at = (SELECT undone_at FROM word_batches WHERE word_batches.id = batch)
WHERE sha256 = ? AND undone_at IS NULL
"""
"""Batches are taken back as a whole, also while a document of theirs is set aside."""


class Forgetting(Database):
    """The part of the catalogue that sets documents aside and brings them back."""

    def set_aside(self, documents: Sequence[Document]) -> int:
        """Forget documents: what was read and said of them is set aside, and their contents are not read again.

        Returns the number of the deed.
        """
        with self._writing() as db:  # until all is done nobody says anything of them, and no folder is tidied away
            contents = [each for each in documents if db.execute(_FILE.format("main"), (each.sha256,)).fetchone()]
            if not contents:
                raise MissingError(_("that is not in the index any more"), _("notes documents lists what is."))
            deed = self._new_deed(db)
            try:
                self._copy_aside(deed, contents)
                for each in contents:
                    self._forget_one(db, deed, each)
            except BaseException:
                shutil.rmtree(self._place(deed), ignore_errors=True)
                raise
        self.set_added_aside()
        return deed

    def set_added_aside(self) -> None:
        """Set aside the files of what is forgotten that were added in the browser, and lie where these do.

        Whoever forgot it may have been interrupted before that. In a transaction nobody brings it back meanwhile.
        """
        with self._writing() as db:
            self._set_added_aside(db)

    def _set_added_aside(self, db: sqlite3.Connection) -> None:
        deeds = dict(db.execute("SELECT sha256, deed FROM forgotten WHERE deed <> 0").fetchall())
        for path in (self.folder / ADDED).glob("*") if deeds else ():
            deed = deeds.get(path.name.partition(".")[0])
            if deed and path.is_file() and not self._leads_out(deed):
                self._move(path, self._place(deed) / ADDED)

    def _bring_added_back(self, forgotten: Forgotten) -> None:
        place = self._place(forgotten.deed) / ADDED
        for path in () if self._leads_out(forgotten.deed) else place.glob(f"{forgotten.sha256}.*"):
            self._move(path, self.folder / ADDED)

    def _move(self, path: Path, folder: Path) -> None:
        """Move a file within the index. Raises ``IndexFolderError`` where that cannot be."""
        try:
            make_folder(folder)
            move(path, folder / path.name)
        except OSError as error:
            raise IndexFolderError(
                _(
                    "%(path)s cannot be moved to %(folder)s: %(why)s",
                    path=path,
                    folder=folder,
                    why=(error.strerror or str(error)).lower(),
                ),
                _("Is there room, and may the folder be written? The next notes forget does it, also with --undo."),
            ) from error

    def _copy_aside(self, deed: int, documents: Sequence[Document]) -> None:
        """Copy what is there of documents. It is whole and in one file on the disk before anything goes."""
        with closing(connect(self.folder, create=False)) as reader, self._attached(reader, deed, create=True):
            reader.execute("BEGIN")
            _copy_origins(reader, "main", "aside")
            for each in documents:
                for table in PARTS:
                    _copy(reader, table, each.sha256, ("main", "aside"))
            reader.execute("COMMIT")

    def _forget_one(self, db: sqlite3.Connection, deed: int, document: Document) -> None:
        sha256 = document.sha256
        said = "SELECT count(DISTINCT line_id) FROM main.verdicts WHERE sha256 = ? AND undone_at IS NULL"
        about = (sha256, deed, document.name, self._key(document.path), document.read)
        verdicts = db.execute(said, (sha256,)).fetchone()[0]
        db.execute("INSERT INTO main.forgotten VALUES (?, ?, ?, ?, ?, ?, ?)", (*about, verdicts, now()))
        db.execute(
            """INSERT INTO main.forgotten_places SELECT path, sha256, size, modified
            FROM main.places JOIN main.files ON files.id = file_id WHERE sha256 = ?
            ON CONFLICT (path) DO UPDATE SET sha256 = excluded.sha256, size = excluded.size,
                modified = excluded.modified""",
            (sha256,),
        )
        note_removed(db, db.execute(_PAGES.format("main"), (sha256,)).fetchall())
        for table in _OUTLIVES:
            db.execute(f"DELETE FROM main.{table} WHERE {PARTS[table].format('main')}", (sha256,))
        db.execute("DELETE FROM main.files WHERE sha256 = ?", (sha256,))

    def bring_back(self, forgotten: Forgotten, thresholds: Thresholds) -> None:
        """Bring back what was read and said of a document; what was deleted for good may at least be read again.

        Where other files lie at all its places by now, what people said of it stays for their lines and for orphans.
        Raises ``MissingError`` when it is not forgotten any more, or what was set aside is not there.
        """
        if forgotten.deed and not (self._place(forgotten.deed) / FILE_NAME).exists():
            raise MissingError(
                _(
                    "what was set aside of %(name)s is not in %(place)s any more",
                    name=forgotten.name,
                    place=self._place(forgotten.deed),
                ),
                _("Restore that folder from a backup."),
            )
        with self._attached(self._db, forgotten.deed) if forgotten.deed else nullcontext(), self._writing() as db:
            stands = (forgotten.sha256, forgotten.deed)
            if not db.execute("DELETE FROM main.forgotten WHERE sha256 = ? AND deed = ?", stands).rowcount:
                raise MissingError(
                    _("%(name)s is not forgotten any more", name=forgotten.name), _("It may have been brought back.")
                )
            if forgotten.deed:
                self._bring_back(db, forgotten, thresholds)
                self._bring_added_back(forgotten)
        self._tidy_up()

    def _bring_back(self, db: sqlite3.Connection, forgotten: Forgotten, thresholds: Thresholds) -> None:
        sha256 = forgotten.sha256
        _copy_origins(db, "aside", "main")
        for table in PARTS:
            _copy(db, table, sha256, ("aside", "main"))
        db.execute(_WITH_BATCH, (sha256,))
        pages = [row["id"] for row in db.execute(_PAGES.format("main"), (sha256,)).fetchall()]
        db.executemany("DELETE FROM main.removed_pages WHERE id = ?", [(page,) for page in pages])
        if not db.execute(_PLACES.format("main"), (sha256,)).fetchone():  # it is as if its file had changed since
            (file_id,) = db.execute(_FILE.format("main"), (sha256,)).fetchone()
            forget_placeless(db, {file_id: self._key(forgotten.path)}, thresholds)
            return
        for page in pages:
            apply_verdicts(db, page, thresholds)
        next_revision(db)

    def delete_for_good(self, forgotten: Iterable[Forgotten]) -> None:
        """Delete what was set aside of documents. They are not read again all the same."""
        with self._writing() as db:
            self._set_added_aside(db)
            rows = [(each.sha256, each.deed) for each in forgotten]
            db.executemany("UPDATE forgotten SET deed = 0 WHERE sha256 = ? AND deed = ?", rows)
        self._tidy_up()

    def forgotten(self) -> list[Forgotten]:
        """The documents that are forgotten, the last ones first."""
        rows = self._all("SELECT * FROM forgotten ORDER BY deed = 0, deed DESC, path")
        return [
            Forgotten(
                *(row["sha256"], row["deed"], row["name"], self._path(row["path"])),
                *(row["pages"], row["said"], row["forgotten_at"]),
            )
            for row in rows
        ]

    def is_forgotten(self, sha256: str) -> bool:
        """Whether a content is forgotten: it is not read."""
        return self._one("SELECT 1 FROM forgotten WHERE sha256 = ?", sha256) is not None

    def _place(self, deed: int) -> Path:
        return self.folder / FOLDER / str(deed)

    def _leads_out(self, deed: int) -> bool:
        """Whether the folder for the files of a deed is a link, or lies in one."""
        return is_link(self._place(deed)) or is_link(self._place(deed) / ADDED)

    def _new_deed(self, db: sqlite3.Connection) -> int:
        """The number of a new deed, whose folder is made. No number is given twice: a backup that is brought back puts
        the folder of an earlier deed in no other one's place."""
        numbers = [int(path.name) for path in (self.folder / FOLDER).glob("*") if path.name.isdecimal()]
        last = "SELECT max(deed) FROM forgotten UNION ALL SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'deeds'"
        deed = max([*numbers, *(row[0] or 0 for row in db.execute(last))], default=0) + 1
        db.execute(NOTED, ("deeds", deed))
        try:
            make_folder(self._place(deed))
        except OSError as error:
            raise IndexFolderError(
                _(
                    "nothing can be set aside in %(folder)s: %(why)s",
                    folder=self.folder / FOLDER,
                    why=(error.strerror or str(error)).lower(),
                ),
                _("Nothing was changed. Is there room, and may the folder be written?"),
            ) from error
        return deed

    @contextmanager
    def _attached(self, db: sqlite3.Connection, deed: int, *, create: bool = False) -> Iterator[None]:
        """The catalogue of a deed as ``aside``, brought up to this version."""
        place = self._place(deed)
        if is_link(place):
            raise IndexFolderError(
                _("%(place)s is a link to another place", place=place), _("Put there what it leads to.")
            )
        with closing(connect(place, create=create, spare=False)):
            pass
        with explained(place), attached(db, place / FILE_NAME, create=create):
            yield

    def _tidy_up(self) -> None:
        """Delete the folders of deeds of which nothing is set aside any more."""
        with self._writing() as db:  # a deed that is being done has a folder and no row yet
            left = {str(row["deed"]) for row in db.execute("SELECT DISTINCT deed FROM forgotten")}
            for path in (self.folder / FOLDER).glob("*"):
                if path.name.isdecimal() and path.name not in left and path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)


def _copy(db: sqlite3.Connection, table: str, sha256: str, way: tuple[str, str]) -> None:
    """Copy the rows of a table that tell of a content from one catalogue to the other."""
    start, to = way
    new = dict(_NEW.get(table, {})) if to == "main" else {}
    if table == "files" and to == "main" and db.execute(_TAKEN, (sha256,)).fetchone():
        new["id"] = None
    columns = {each: new.get(each, f'own."{each}"') for each in columns_of(db, table)}
    values = {name: value for name, value in columns.items() if value is not None}
    order = "ORDER BY own.id" if "id" in columns else ""
    names = ", ".join(f'"{each}"' for each in values)
    insert = f"INSERT INTO {to}.{table} ({names}) SELECT {', '.join(values.values())} FROM {start}.{table} own"
    wanted, otherwise = PARTS[table].format(start), _otherwise(db, table, values, new)
    if table == "lines":  # one by one: whether it is the first of its page is asked of each when it comes
        lines = db.execute(f"SELECT id FROM {start}.lines own WHERE {wanted} ORDER BY id", (sha256,)).fetchall()
        db.executemany(f"{insert} WHERE {wanted} AND own.id = ?2 {otherwise}", [(sha256, row[0]) for row in lines])
    else:
        db.execute(f"{insert} WHERE {wanted} {order} {otherwise}", (sha256,))
    if to == "main" and "id" in values:
        heed_numbers(db, table)


def _otherwise(db: sqlite3.Connection, table: str, columns: Iterable[str], new: Mapping[str, str | None]) -> str:
    """What becomes of a row that is there already."""
    if table in ("places", "held_places"):
        return "ON CONFLICT DO NOTHING"
    key = key_of(db, table)
    if new or not key:
        return ""
    changed = ", ".join(f'"{each}" = excluded."{each}"' for each in columns if each not in key)
    return f"ON CONFLICT ({', '.join(key)}) DO " + (f"UPDATE SET {changed}" if changed else "NOTHING")


def _copy_origins(db: sqlite3.Connection, start: str, to: str) -> None:
    names = ", ".join(each for each in columns_of(db, "origins") if each != "id" or to == "aside")
    db.execute(
        f"INSERT INTO {to}.origins ({names}) SELECT {names} FROM {start}.origins WHERE TRUE ON CONFLICT DO NOTHING"
    )
