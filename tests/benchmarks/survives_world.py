"""A small archive with everything in it that people may lose, the commands that write to it, and what has to be true
afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "catalog"))
sys.path.insert(0, str(Path(__file__).parents[1]))

import forking
from conftest import Notes, Served, wait_until
from PIL import Image
from test_versions import make_older

from indexer.catalog import Catalog
from indexer.catalog.damage import damaged
from indexer.search import SearchIndex
from indexer.values.errors import NotesError

PAGES = 5
HAS_FORGOTTEN = 22
"""The version from which on documents can be forgotten."""
NEW = "box/new.png"
Said = frozenset[tuple[str, str]]
"""What people said and made: each verdict that stands as its kind and text, a word and whether it stands, the width of
a page whose lines were put into another order, what documents are, and users with their roles."""
_SAID = (
    "SELECT kind, text FROM verdicts WHERE undone_at IS NULL",
    "SELECT iif(stands, 'word', 'no word'), word FROM word_verdicts WHERE undone_at IS NULL",
    "SELECT 'order', CAST(page_width AS TEXT) FROM orders WHERE undone_at IS NULL",
    "SELECT field, said FROM descriptions WHERE undone_at IS NULL",
    "SELECT role, name FROM users",
)


@dataclass(frozen=True, slots=True)
class Deed:
    """A command that writes: what makes ready for it, its words, and what it says of lines by the time it has ended."""

    name: str
    words: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    says: Said = frozenset()
    codes: tuple[int, ...] = (0,)
    """Its exit codes when nothing goes wrong."""
    fresh: bool = False
    """Whether it makes the index."""
    unsays: Said = frozenset()
    """What it takes back."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command gave, and the calls that were traced in it."""

    code: int
    out: str
    said: str


class World:
    """The archive, in one place for all that is tried."""

    def __init__(self, place: Path) -> None:
        self.place, self.home, self.base = place, place / "home", place / "base"
        self.told, self.trace, self.temporary = place / "told", place / "trace", place / "tmp"
        shutil.rmtree(place, ignore_errors=True)
        self.home.mkdir(parents=True)
        self.temporary.mkdir()
        self.notes = Notes(self.home)
        self.notes.environ |= {"TMPDIR": str(self.temporary), "XDG_CACHE_HOME": str(self.home / "cache")}
        self.notes.fake_engine(tell=str(self.told))
        self.index = self.notes.index
        self._make()
        self.said = said_in(self.index)
        """What people said that has to be there after a command, however it ends."""

    def _make(self) -> None:
        run = self.notes.run
        (self.home / "box").mkdir()
        for number in range(PAGES):
            page(self.home / "box" / f"{number}.png", 200 + number)
        run("index", "box")
        run("read", "box", "--bundle", "bundles")
        server = Served(self.notes)
        try:
            page(self.home / "added.png", 300)
            added = {"files": ("added.png", (self.home / "added.png").read_bytes())}
            assert server.client.post("/api/v1/documents", files=added).is_success
            server.wait()
        finally:
            server.close()
        for text, new in (("doubtful200", "alpha beta"), ("doubtful204", "forgotten words"), ("doubtful300", "added")):
            run("review", "correct", self.line(text), new, "--sure")
        run("review", "reject", self.line("doubtful201"))
        run("review", "accept", self.line("doubtful202"), "--sure")
        for text, word in (("alpha page201", "page201"), ("alpha page204", "page204")):
            run("order", self.line("doubtful" + text[-3:]), self.line(text))
            run("review", "word", word, "--accept", "--sure")
        run("describe", "box/1.png", "--title", "a title")
        run("user", "add", "anna", "--role", "review")
        run("forget", "box/4.png", "--yes")
        run("backup", "before.zip")
        shutil.copytree(self.home, self.base)

    def line(self, text: str) -> int:
        """The number of the line that was read so."""
        with closing(sqlite3.connect(self.index / "catalog.sqlite")) as db:
            return int(db.execute("SELECT line_id FROM readings WHERE text LIKE ?", (f"{text}%",)).fetchone()[0])

    def reset(self, deed: Deed) -> None:
        """Bring everything back to how it was before a command."""
        shutil.rmtree(self.home)
        shutil.copytree(self.base, self.home)
        if deed.fresh:
            shutil.rmtree(self.index)
        for words in deed.before:
            self.run(*words)
        self.said = said_in(self.index) - deed.unsays
        self.told.unlink(missing_ok=True)
        clear(self.temporary)

    def run(self, *words: str) -> Done:
        """A command as ever."""
        if words[0] == "make":
            page(self.home / words[1], int(words[2]))
            return Done(0, "", "")
        if words[0] == "older":
            make_older(self.index, int(words[1]))
            for aside in self.index.glob("forgotten/*"):
                if int(words[1]) >= HAS_FORGOTTEN:
                    make_older(aside, int(words[1]))
                else:
                    shutil.rmtree(aside)
            return Done(0, "", "")
        if words[0] == "remove":
            (self.home / words[1]).unlink()
            return Done(0, "", "")
        done = self.begin(words)
        out, said = done.communicate(timeout=120)
        return Done(done.wait(), out, said)

    def begin(self, words: Sequence[str], **more: object) -> forking.Fork:
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return forking.Fork(
            [self._named(each) for each in words], cwd=self.home, env=self.notes.environ, **pipes, **more
        )

    def _named(self, word: str) -> str:
        return str(self.line(word[1:])) if word.startswith("@") else word

    def traced(self, words: Sequence[str], *options: str) -> Done:
        """A command with every call told in ``trace``; ``options`` are those of strace."""
        process = self.begin(words, stopped=True)
        wait_until(lambda: Path(f"/proc/{process.pid}/stat").read_text().split()[2] == "T")
        tracer = subprocess.Popen(
            ["strace", "-f", "-p", str(process.pid), "-o", self.trace, *options], stderr=subprocess.PIPE, text=True
        )
        assert tracer.stderr
        attached = tracer.stderr.readline()
        assert "attached" in attached, attached
        os.kill(process.pid, signal.SIGCONT)
        try:
            out, said = process.communicate(timeout=120)
        finally:
            tracer.communicate()
        return Done(process.wait(), out, said)

    def pages_read(self) -> int:
        """How many pages the engine has read since the last reset."""
        return len(self.told.read_text().splitlines()) if self.told.exists() else 0


def page(path: Path, width: int) -> None:
    Image.new("L", (width, 100), 255).save(path)


def clear(folder: Path) -> None:
    for each in folder.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()


def said_in(index: Path, *, aside: bool = True) -> Said:
    """What people said, wherever in an index it is kept; without what is set ``aside`` only what counts now."""
    found: set[tuple[str, str]] = set()
    for file in (index / "catalog.sqlite", *(index.glob("forgotten/*/catalog.sqlite") if aside else ())):
        if file.exists():
            with closing(sqlite3.connect(file)) as db:
                for what in _SAID:
                    with suppress(sqlite3.DatabaseError):  # an earlier version had no such table
                        found.update(db.execute(what))
    return frozenset(found)


def lines_in(index: Path) -> list[tuple[str, str, str]]:
    """Every line of the catalogue: where it is, its text and its state."""
    with Catalog(index) as catalog:
        rows = [
            (str(line.path.name), line.text, line.status.value)
            for document in catalog.documents()
            for number in range(1, (document.pages or 0) + 1)
            for line in catalog.page_lines(document.path, number)
        ]
    return sorted(rows)


DEEDS = (
    Deed("index, the first time", ("index", "box"), fresh=True),
    Deed(
        "index, with changes",
        ("index", "box", "--prune"),
        (("make", NEW, "210"), ("make", "box/3.png", "211"), ("remove", "box/2.png")),
    ),
    Deed("review correct", ("review", "correct", "@doubtful203", "said now", "--sure"),
         says=frozenset({("correct", "said now")})),
    Deed("review reject", ("review", "reject", "@doubtful203")),
    Deed("order", ("order", "@doubtful203", "@alpha page203"), says=frozenset({("order", "203")})),
    Deed("review word", ("review", "word", "page203", "--accept", "--sure"), says=frozenset({("word", "page203")})),
    Deed("review word --undo", ("review", "word", "--undo", "1"), unsays=frozenset({("word", "page201")})),
    Deed("describe", ("describe", "box/0.png", "--title", "a name"), says=frozenset({("title", '["a name"]')})),
    Deed("user add", ("user", "add", "ben", "--role", "read"), says=frozenset({("read", "ben")})),
    Deed("user role", ("user", "role", "anna", "manage"), says=frozenset({("manage", "anna")}),
         unsays=frozenset({("review", "anna")})),
    Deed("user token", ("user", "token", "anna")),
    Deed("forget", ("forget", "box/0.png", "--yes")),
    Deed("forget what was added", ("forget", "*added*", "--yes")),
    Deed("forget --undo", ("forget", "--undo")),
    Deed("bring back what was added", ("forget", "--undo"), (("forget", "*added*", "--yes"),)),
    Deed("merge", ("merge", "bundles"), (("forget", "--undo"),)),
    Deed("merge into nothing", ("merge", "bundles", "--files", "box"), fresh=True),
    Deed("read --bundle", ("read", "box", "--bundle", "more"), (("make", NEW, "210"),)),
    Deed("index --cluster", ("index", "box", "--cluster", "local:1"), (("make", NEW, "210"),)),
    Deed("threshold", ("threshold", "40")),
    Deed("upgrade", ("status",), (("older", "24"),)),
    Deed("upgrade from the oldest", ("status",), (("older", "1"),)),
    Deed("upgrade of what is aside", ("forget", "--undo"), (("older", "22"),)),
    Deed("backup", ("backup", "now.zip")),
    Deed("restore", ("restore", "before.zip", "--replace")),
    Deed("restore into nothing", ("restore", "before.zip"), fresh=True),
)  # fmt: skip
"""The commands that write."""


def trouble(world: World, must: Said, *, reads: int | None = None) -> list[str]:
    """What is not as it has to be after a fault; the next run has to mend the rest. ``must`` is what people said, and
    ``reads`` how many pages the next run may read at most."""
    found: list[str] = []
    there = (world.index / "catalog.sqlite").exists()
    if there:
        harm = damaged(world.index)
        if harm:
            return [f"damaged: {harm}"]
    elif must:
        return ["no catalogue any more"]
    world.told.unlink(missing_ok=True)
    done = world.run("index", "box")
    if done.code != 0 or "Traceback" in done.said:
        return [f"the next run ends with {done.code}: {done.said.strip()[-300:]}"]
    lost = must - said_in(world.index)
    if lost:
        found.append(f"lost: {sorted(lost)}")
    if reads is not None and world.pages_read() > reads:
        found.append(f"{world.pages_read()} pages read again")
    found += _search_trouble(world)
    found += _forgotten_trouble(world, must)
    return found


def _search_trouble(world: World) -> list[str]:
    try:
        with Catalog(world.index) as catalog:
            search = SearchIndex(world.index / "search")
            if not search.agrees(catalog):
                return ["the search index does not agree with the catalogue"]
        lines = lines_in(world.index)
    except NotesError as error:
        return [f"{type(error).__name__}: {error.message}"]
    wrong = []
    words = {text.split()[0] for _, text, status in lines if status != "rejected"}
    for word in sorted(words):
        done = world.run("search", word, "--all", "--limit", "1000", "--json")
        hits = [hit["text"] for hit in json.loads(done.out)["hits"]] if done.code in (0, 1) and done.out else done.said
        should = sorted(text for _, text, status in lines if word in text.split() and status != "rejected")
        if not isinstance(hits, list) or sorted(text for text in hits if word in text.split()) != should:
            wrong.append(f"search {word}: {hits} instead of {should}")
    return wrong[:2]


def _forgotten_trouble(world: World, must: Said) -> list[str]:
    """What is forgotten can be brought back, and then everything said is on a line or an orphan."""
    for _ in range(5):
        done = world.run("forget", "--undo")
        if done.code:
            break
    if done.code not in (0, 1, 2) or "nothing is forgotten" not in done.said:
        return [f"forget --undo ends with {done.code}: {done.said.strip()[-300:]}"]
    world.run("index", "box")
    with Catalog(world.index) as catalog:
        shown = {each.text for each in catalog.orphans()} | {text for _, text, _ in lines_in(world.index)}
    hidden = {text for kind, text in must if kind == "correct"} - shown
    left = must - said_in(world.index, aside=False)
    missing = [p.name for p in _documents(world) if not p.exists()]
    found = {"not shown any more": sorted(hidden), "not brought back": sorted(left), "gone": missing}
    return [f"{what}: {which}" for what, which in found.items() if which]


def _documents(world: World) -> list[Path]:
    with Catalog(world.index) as catalog:
        return [each.path for each in catalog.documents() if each.path.parent.name == "documents"]
