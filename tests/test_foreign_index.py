"""An index folder from somebody else: whatever lies in it, nothing of it runs, and what is derived is made anew."""

from __future__ import annotations

import json
import pickle
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from whoosh import fields, formats, index
from whoosh.codec import whoosh3
from whoosh.filedb import structfile

from indexer.archive import searching
from indexer.archive.opening import Voice
from indexer.catalog import Catalog
from indexer.catalog.trouble import explained
from indexer.search import SearchIndex, find
from indexer.search.spotting import segment
from indexer.search.words import segments, tables, vocabulary
from indexer.search.words.documents import COLUMNS
from indexer.search.words.lookup import FIELDS
from indexer.values import SearchOptions
from indexer.values.errors import IndexFolderError

QUERIES = ("alpha", '"alpha page300"', "alph*", "alpah~2", "doubtful300 OR nothing", "alhpa")
COMMANDS = (
    ("search", '"alpha page300"'),
    ("status",),
    ("show", "1"),
    ("review",),
    ("models",),
    ("doctor",),
    ("index", "new.png"),
    ("search", "page302"),
)


PAGES = Path(__file__).parent / "data" / "archive" / "poilus"
FLIPS = 120


class Bomb:
    """Once it is unpickled a file RAN is made."""

    def __init__(self, ran: Path) -> None:
        self.ran = ran

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.ran,)


@pytest.fixture(scope="module")
def made(notes_factory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    notes = notes_factory(tmp_path_factory.mktemp("made"))
    notes.fake_engine()
    for width in (300, 301):
        Image.new("L", (width, 100), 255).save(notes.home / f"{width}.png")
    notes.run("index", "--workers", "1", "300.png", "301.png")
    return notes.index


@pytest.fixture
def gift(notes, made: Path, make_page: Callable[..., Path], tmp_path: Path) -> Iterator[Any]:
    """An index, and a page that is not in it yet; at the end nothing has run."""
    notes.fake_engine()
    shutil.copytree(made, notes.index)
    make_page(tmp_path / "new.png", 302)
    yield notes
    assert not (tmp_path / "RAN").exists()


def use(folder: Path) -> None:
    """Search an index and change it: nothing but a sentence about damage comes of it, and in the end all is found."""
    with Catalog(folder) as catalog:
        for query in QUERIES:
            with suppress(IndexFolderError):
                find(up_to_date(catalog), catalog, query, SearchOptions())
        for line in catalog.lines([1, 2, 3]):
            catalog.say(line, "correct", "gamma rays")
        for _ in range(3):
            with suppress(IndexFolderError):
                find(up_to_date(catalog), catalog, "gamma", SearchOptions())
        assert find(up_to_date(catalog), catalog, '"gamma rays"', SearchOptions()).total == 3
        assert find(up_to_date(catalog), catalog, "gam*", SearchOptions(limit=1)).total == 3


def up_to_date(catalog: Catalog) -> SearchIndex:
    return searching.up_to_date(SearchIndex(catalog.folder / "search"), catalog, Voice())[0]


def derived(folder: Path) -> list[Path]:
    return [path for path in sorted((folder / "search").rglob("*")) if path.is_file()]


def test_every_derived_file_is_a_bomb(gift, tmp_path: Path) -> None:
    for path in derived(gift.index):
        path.write_bytes(pickle.dumps(Bomb(tmp_path / "RAN")))
    for command in COMMANDS:
        gift.run(*command, rc=(0, 1, 3, 4, 5))
    assert gift.json("search", "alpha")["total"] == 3


def test_every_derived_file_is_a_bomb_of_its_own_size(gift, tmp_path: Path) -> None:
    bomb = pickle.dumps(Bomb(tmp_path / "RAN"))
    for path in derived(gift.index):
        if path.suffix in (".seg", ".ink"):
            path.write_bytes((bomb + bytes(path.stat().st_size))[: max(len(bomb), path.stat().st_size)])
    use(gift.index)


def test_the_pickles_inside_are_bombs(gift, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is written as ours is, but for what Whoosh pickles."""

    def armed(_value: object, file: Any, protocol: int = -1) -> None:
        pickle.dump(Bomb(tmp_path / "RAN"), file, protocol)

    def no_words(folder: Path, _: object, segment: Any) -> None:
        """What is written so cannot be read back to look what words it has."""
        none = vocabulary.Words(np.zeros(0, np.uint8), *(np.zeros(each, np.uint32) for each in (0, 1, 0)))
        kept = {name: np.zeros(segment.doc_count_all(), kind) for name, kind in COLUMNS.items()}
        words = vocabulary.Vocabulary(dict.fromkeys(FIELDS, none), kept)
        vocabulary.save(words, segments.words_file(folder, segment))

    shutil.rmtree(gift.index / "search")
    monkeypatch.setattr(structfile, "dump_pickle", armed)
    monkeypatch.setattr(segments, "write_words", no_words)
    with Catalog(gift.index) as catalog:
        SearchIndex(gift.index / "search").sync(catalog)
    monkeypatch.undo()
    use(gift.index)


@pytest.mark.parametrize("what", ["schema", "segments", "everything"])
def test_the_index_is_whooshs_own_with_bombs_in_it(
    gift, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    search = gift.index / "search"
    stamp = json.loads(next(search.glob("stamp-*.json")).read_text())
    shutil.rmtree(search)
    search.mkdir()
    bomb = Bomb(tmp_path / "RAN")
    schema = fields.Schema(text=fields.TEXT(stored=True), page=fields.NUMERIC(stored=True), line=fields.STORED())
    made = index.create_in(str(search), schema)
    if what == "everything":
        monkeypatch.setattr(structfile, "dump_pickle", lambda _value, file, protocol=-1: pickle.dump(bomb, file))
        monkeypatch.setattr(whoosh3, "dumps", lambda *_: pickle.dumps(bomb))
        monkeypatch.setattr(formats, "dumps", lambda *_: pickle.dumps(bomb))
    writer = made.writer()
    writer.add_document(text="alpha page300", page=1, line=1)
    if what == "schema":
        writer.schema.bomb = bomb
    if what == "segments":
        writer.newsegment.bomb = bomb
    writer.commit()
    (search / "stamp-1.json").write_text(json.dumps(stamp))
    (tmp_path / "RAN").unlink(missing_ok=True)
    monkeypatch.undo()
    use(gift.index)


def test_nothing_is_unpickled_but_names_and_numbers(gift, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoosh's own ways to a pickle are all shut, and everything that an index does works."""

    def refused(*_: object) -> None:
        raise AssertionError("something is unpickled")

    for module in (structfile, whoosh3, formats):
        for name in ("loads", "load_pickle"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, refused)
    monkeypatch.setattr(index.pickle, "loads", refused)
    use(gift.index)


def test_positions_and_postings_come_back_as_they_were() -> None:
    kept = tables.Positions()
    for places in ([0], [0, 1, 7], list(range(0, 70_000, 7))):
        assert kept.decode_positions(kept.encode(places)) == places
        assert kept.decode_frequency(kept.encode(places)) == len(places)


@pytest.mark.parametrize("text", ["[]", "{}", "null", '{"generation": 1, "segments": 3}', "[" * 100_000, "\0", "{"])
def test_tables_of_contents_that_are_none(gift, text: str) -> None:
    for path in derived(gift.index):
        if path.suffix in (".toc", ".json"):
            path.write_text(text)
    use(gift.index)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "../../../etc/passwd"),
        ("id", 3),
        ("documents", -1),
        ("documents", 10**9),
        ("deleted", [[0, 10**12]]),
        ("deleted", "x"),
        ("lengths", []),
        ("size", 1),
    ],
)
def test_a_segment_that_cannot_be(gift, key: str, value: object) -> None:
    (path,) = (gift.index / "search").glob("*.toc")
    toc = json.loads(path.read_text())
    toc["segments"][0][key] = value
    path.write_text(json.dumps(toc))
    use(gift.index)


@pytest.mark.parametrize("revision", ['"3"', "null", "[]", "1e400", "-5"])
def test_stamps_that_are_none(gift, revision: str) -> None:
    for path in derived(gift.index):
        if path.suffix == ".json":
            path.write_text(path.read_text().replace('"revision": ', f'"revision": {revision}, "x": '))
            path.write_text(path.read_text().split(', "x"')[0] + "}")
    use(gift.index)


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("CREATE TRIGGER gift AFTER INSERT ON lines BEGIN SELECT load_extension('gift'); END", "trigger gift"),
        (
            "DROP VIEW stored_lines; CREATE VIEW stored_lines AS SELECT load_extension('gift') AS id",
            "view stored_lines",
        ),
        ("CREATE TEMP VIEW lines AS SELECT 1; CREATE VIEW mine AS SELECT 1 AS one", ""),
    ],
)
def test_parts_of_a_catalogue_that_are_not_ours(gift, script: str, named: str) -> None:
    connection = sqlite3.connect(gift.index / "catalog.sqlite")
    connection.executescript(script)
    connection.close()
    if named:
        for command in (("search", "alpha"), ("index", "new.png")):
            assert f"parts that notes did not make: {named}" in gift.run(*command, rc=5).stderr
    else:
        use(gift.index)


def test_a_catalogue_that_is_something_else(gift, tmp_path: Path) -> None:
    (gift.index / "catalog.sqlite").write_bytes(pickle.dumps(Bomb(tmp_path / "RAN")) * 200)
    for command in (("search", "alpha"), ("status",), ("index", "new.png"), ("review", "accept", "1")):
        assert "is damaged" in gift.run(*command, rc=5).stderr


@pytest.fixture(scope="module")
def inked(notes_factory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of a page that was really read, with ink, in two parts."""
    notes = notes_factory(tmp_path_factory.mktemp("inked"))
    notes.run("index", "--workers", "1", PAGES / "poilus-06.jpg")
    notes.run("index", "--workers", "1", PAGES.parent / "stanford" / "stanford-04.jpg")
    return notes.index


def searched(folder: Path) -> list[int]:
    """What a few searches find, after as many attempts as damage takes; nothing but sentences comes of it."""
    for _ in range(4):
        try:
            with Catalog(folder) as catalog:
                index = up_to_date(catalog)
                asked = ("testament", "testa*", '"le testament"', "tesatment~2", "stanford -paris")
                options = [SearchOptions(reach="high", all_states=True), SearchOptions(limit=3)]
                return [find(index, catalog, each, option).total for each in asked for option in options]
        except IndexFolderError:
            continue
    raise AssertionError("it is never made anew")


@pytest.mark.filterwarnings("error")
def test_bytes_that_change_anywhere_end_in_no_bug(inked: Path, tmp_path: Path) -> None:
    """Many times: heads and arrays that can still be read and do not agree any more, above all."""
    whole = searched(inked)
    draw = random.Random(7)
    files = [path.relative_to(inked) for path in derived(inked)]
    folder = tmp_path / "index"
    for turn in range(FLIPS):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(inked, folder)
        path = folder / files[turn % len(files)]
        data = bytearray(path.read_bytes())
        for _ in range(draw.choice((1, 3, 30))):
            at = draw.randrange(min(len(data), draw.choice((400, 4000, len(data))))) if data else None
            if at is not None:
                data[at] = draw.choice((0, 255, data[at] ^ 1 << draw.randrange(8)))
        path.write_bytes(data)
        try:
            found = searched(folder)
        except Exception as error:
            raise AssertionError(f"{path.name} in turn {turn}") from error
        assert len(found) == len(whole)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("place_key", lambda array: array[::-1]),
        ("place_start", lambda array: array + np.uint32(1)),
        ("place_line", lambda array: np.full_like(array, 60_000)),
        ("frame", lambda array: np.full_like(array, 60_000)),
        ("bigram_line", lambda array: np.full_like(array, 60_000)),
        ("bigram", lambda array: np.full_like(array, 1 << 31)),
        ("frequent", lambda array: np.full_like(array, 1 << 31)),
        ("frequent_cost", lambda array: array[:, :-1]),
        ("lengths", lambda array: array[::-1]),
        ("blank", lambda array: array[:-1]),
        ("path_probability", lambda array: np.full_like(array, np.nan)),
        ("lines", lambda array: array.astype(np.float32)),
        ("lines", lambda array: array[:-1]),
    ],
)
@pytest.mark.parametrize("small", [True, False])
def test_arrays_that_do_not_agree_are_made_anew(
    inked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[..., Any], small: bool
) -> None:
    """A part that can be read, of arrays that cannot be; a large one is looked through only when a search breaks."""
    whole = searched(inked)
    folder = tmp_path / "index"
    shutil.copytree(inked, folder)
    manifest = folder / "search" / "ink" / "manifest.json"
    told = json.loads(manifest.read_text())
    for part in told["parts"]:
        path = folder / "search" / "ink" / part["file"]
        segment.save([replace(each, **{name: change(getattr(each, name))}) for each in segment.load(path)], path)
        part["size"] = path.stat().st_size
    manifest.write_text(json.dumps(told))
    monkeypatch.setattr(segment, "_SMALL", 1 << 22 if small else 0)
    found = searched(folder)
    assert len(found) == len(whole)
    assert found == whole or not small


def test_what_sqlite_says_in_letters_that_are_none_is_damage(tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match="damaged"), explained(tmp_path):
        b"malformed database schema (\xff)".decode()


@pytest.mark.parametrize("key", ["uuid", "revision"])
def test_a_catalogue_that_does_not_say_what_it_is_is_damaged(tmp_path: Path, key: str) -> None:
    with Catalog(tmp_path, create=True) as catalog, catalog._writing() as db:
        db.execute("DELETE FROM meta WHERE key = ?", (key,))
    with pytest.raises(IndexFolderError, match="damaged"), Catalog(tmp_path) as catalog:
        assert catalog.revision
