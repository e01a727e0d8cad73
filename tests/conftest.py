"""Shared by the tests: the command line as a person runs it, engines that are plugin files, the small archive."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from PIL import Image, ImageDraw, ImageFont

from indexer.catalog import Catalog
from indexer.translation import preferred
from indexer.values import Box, IndexLine, IndexPage, Line, Origin, PageReading, Reading, SourceFile

LEARNING = find_spec("torch") is not None
collect_ignore = [] if LEARNING else ["training"]
ARCHIVE = Path(__file__).parent / "data" / "archive"

_spec = spec_from_file_location("forking", Path(__file__).with_name("forking.py"))
assert _spec
assert _spec.loader
forking = sys.modules["forking"] = module_from_spec(_spec)  # what the tests import lies beside them on no path
_spec.loader.exec_module(forking)

hypothesis.settings.register_profile("notes", deadline=None)  # how long an example takes says more of the machine
hypothesis.settings.load_profile("notes")


def pytest_report_header() -> str:
    return "" if LEARNING else 'without PyTorch: the tests of learning are left out (pip install ".[train]")'


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", type=Path, help="a folder for pictures of every page that the browser shows")


# An engine that reads what the tests write: the width of a page names it. Fast, and a real plugin.
FAKE_ENGINE = """
import os, signal, time
from contextlib import contextmanager
from indexer.api import Box, Engine, Line, hookimpl

class Recogniser:
    def __init__(self, settings):
        self.settings = settings
    def read(self, image):
        width = image.width
        if "tell" in self.settings:
            with open(self.settings["tell"], "a") as told:
                print(width, file=told)
        time.sleep(self.settings.get("seconds", 0.0))
        if width == self.settings.get("raise_at"):
            raise RuntimeError("cannot read this")
        if width == self.settings.get("hang_at"):
            time.sleep(3600)
        if width == self.settings.get("die_at"):
            os.kill(os.getpid(), signal.SIGSEGV)
        return [
            Line(f"alpha page{width}", 0.9, Box(5, 5, width - 10, 20)),
            Line(f"doubtful{width} word", 0.5, Box(5, 40, width - 10, 20)),
        ]

@contextmanager
def opened(options):
    if options.settings.get("no_open"):
        raise RuntimeError("the model is not there")
    print("a plugin that prints")
    yield Recogniser(options.settings)

@hookimpl
def notes_engines():
    yield Engine("fake", "reads the width", opened, version="1", languages=frozenset({"en"}))
"""


def in_english(name: str) -> bool:
    """Whether a variable of the environment leaves the program speaking English."""
    return name not in ("LC_ALL", "LC_MESSAGES", "LANG") or preferred([os.environ[name]]) == "en"


class Notes:
    """``notes`` in a place of its own: settings, plugins and index below one folder."""

    report: dict[str, Any]
    fresh = False
    """Whether each command begins in a fresh Python, since what it loads then is what is tested."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.index = home / "index-folder"
        self.plugins = home / "plugins"
        self.plugins.mkdir()
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("NOTES_") and in_english(name)},
            "NOTES_INDEX": str(self.index),
            "NOTES_PLUGIN_PATH": str(self.plugins),
            "NOTES_SIDECAR_TEXT": "ignore",  # the pages of the small archive lie beside what is to be read on them
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "HOME": str(home),
            "COLUMNS": "200",
        }

    def fake_engine(self, **settings: object) -> None:
        """Read with the fake engine from now on, with these settings."""
        (self.plugins / "fake.py").write_text(FAKE_ENGINE)
        options = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        (self.home / "notes.toml").write_text(f'engine = "fake"\n[engines.fake]\n{options}')

    def command(self, *args: object) -> list[str]:
        return [sys.executable, "-m", "indexer", *map(str, args)]

    def begin(self, *args: object, **more: Any) -> Any:
        """``notes`` in a process: a fork where that shows the same as a fresh Python, which takes a second to begin."""
        options = {"cwd": self.home, "env": self.environ, **more}
        fresh = self.fresh or "command" in vars(self) or not forking.can(options)
        if fresh:
            return subprocess.Popen(self.command(*args), text=True, **options)
        return forking.Fork([str(each) for each in args], **options)

    def run(
        self, *args: object, rc: int | Collection[int] = 0, timeout: float = 300, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with self.begin(*args, **pipes, **more) as process:
            out, said = process.communicate(timeout=timeout)
        assert "Traceback" not in said, said
        assert process.returncode in ((rc,) if isinstance(rc, int) else rc), (process.returncode, out, said)
        return subprocess.CompletedProcess([*args], process.returncode, out, said)

    def json(self, *args: object, rc: int | Collection[int] = 0) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.run(*args, "--json", rc=rc).stdout)
        assert next(iter(data)) == "schema"
        return data


def wait_until(happened: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something has happened; that it does not is a failure."""
    latest = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < latest, "it did not happen"
        time.sleep(0.05)


class Served:
    """A running ``notes serve``."""

    def __init__(self, notes: Notes, *options: str, **more: Any) -> None:
        self.process = notes.begin("serve", "--port", "0", *options, stderr=subprocess.PIPE, **more)
        assert self.process.stderr is not None
        self.said: list[str] = []
        while not (self.said and " at http" in self.said[-1]):
            line = self.process.stderr.readline()
            assert line, self.said
            self.said.append(line)
        address = re.search(r"at (http://\S+)/ ", self.said[-1])
        assert address
        self.client = httpx.Client(base_url=address[1].replace("0.0.0.0", "127.0.0.1"), timeout=30)

    def hits(self, query: str, **more: Any) -> list[dict[str, Any]]:
        answer = self.client.get("/api/v1/search", params={"q": query, **more})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["hits"])

    def wait(self) -> None:
        """Wait until all that was added is read, or could not be."""

        def is_done() -> bool:
            now = self.client.get("/api/v1/reading").json()
            return not now["waiting"] and not now["reading"]

        wait_until(is_done, 200)

    def close(self) -> None:
        """End the server, unless that was done before."""
        if self.client.is_closed:
            return
        self.client.close()
        self.process.terminate()
        _, rest = self.process.communicate(timeout=20)
        assert "Traceback" not in rest


@pytest.fixture(scope="session")
def read_once(tmp_path_factory: pytest.TempPathFactory) -> Notes:
    """The small archive, read once with the engine that people have; ``report`` says how that went. To be copied."""
    notes = Notes(tmp_path_factory.mktemp("read"))
    notes.report = notes.json("index", ARCHIVE)
    return notes


@pytest.fixture(scope="session")
def with_pages(read_once: Notes) -> Callable[..., Notes]:
    """Gives ``notes`` an index of some files and folders of the small archive, or of all, as if it had read them."""

    def copied(notes: Notes, *wanted: str) -> Notes:
        shutil.copytree(read_once.index, notes.index)
        kept = [ARCHIVE / each for each in wanted or ("",)]
        with Catalog(notes.index) as catalog:
            paths = [document.path for document in catalog.documents()]
            catalog.forget([path for path in paths if not any(path.is_relative_to(each) for each in kept)])
        return notes

    return copied


@pytest.fixture(scope="module")
def served(
    request: pytest.FixtureRequest, with_pages: Callable[..., Notes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A running ``notes serve`` for the tests of a module, on the pages that it names in ``INDEXED``."""
    server = Served(with_pages(Notes(tmp_path_factory.mktemp("served")), *request.module.INDEXED))
    yield server
    server.close()


class MemoryCatalogue:
    """A catalogue in memory, for a search index to follow; ``line`` makes a line of its number and what is put."""

    uuid = "one"

    def __init__(self, line: Callable[[int, Any], IndexLine]) -> None:
        self._line = line
        self.revision = 0
        self.pages: dict[int, IndexPage] = {}
        self.removed: list[tuple[int, int]] = []
        self.lines = 0

    def put(self, page: int, lines: Sequence[Any]) -> None:
        self.revision += 1
        first = self.lines + 1
        self.lines += len(lines)
        made = tuple(self._line(number, each) for number, each in enumerate(lines, first))
        self.pages[page] = IndexPage(page, self.revision, made)

    def drop(self, page: int) -> None:
        self.revision += 1
        if self.pages.pop(page, None):
            self.removed.append((self.revision, page))

    def grow(self, index: Any, commits: int, pages: int, lines: Callable[[random.Random], Sequence[Any]]) -> None:
        """Put, change and drop pages at random; the index follows after each."""
        chance = random.Random(11)
        for _ in range(commits):
            page = chance.randint(1, pages)
            if chance.random() < 0.15:
                self.drop(page)
            else:
                self.put(page, lines(chance))
            index.sync(self)

    def happens(self, change: str, lines: Sequence[Any]) -> None:
        """One of the things that may happen while parts of an index are joined."""
        match change:
            case "changed":
                self.put(2, lines)
            case "dropped":
                self.drop(3)
            case "made anew":
                self.uuid = "another"

    def changed_pages(self, since: int) -> Iterator[IndexPage]:
        return iter(sorted((p for p in self.pages.values() if p.revision > since), key=lambda page: page.revision))

    def removed_pages(self, since: int) -> Iterator[int]:
        return (page for revision, page in self.removed if revision > since)


@pytest.fixture(scope="session")
def memory_catalogue() -> type[MemoryCatalogue]:
    return MemoryCatalogue


@pytest.fixture(scope="session")
def put() -> Callable[..., None]:
    """Put a page of told lines into a catalogue: texts with their confidences and, if they are told, posteriorgrams."""

    def put_page(
        catalog: Catalog, name: str, lines: Sequence[tuple[str, float | None] | tuple[str, float | None, bytes]],
        modified: float = 0.0,
    ) -> None:  # fmt: skip
        file = SourceFile(Path("/box") / name, name, 1, modified)
        catalog.place(file)
        read = [
            Line(text, sure, Box(0, 50 * n, 500, 40), posteriorgram=next(iter(told), None))
            for n, (text, sure, *told) in enumerate(lines)
        ]
        readings = tuple((Reading(line, Origin("engine")),) for line in read)
        catalog.store([(file, PageReading(1, 600, 800, readings, 1.0), "{}")])

    return put_page


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    return wait_until


@pytest.fixture(scope="session")
def served_factory() -> type[Served]:
    return Served


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Begin a server on what ``notes`` has, with options of ``notes serve``. It ends with the test."""
    begun: list[Served] = []

    def begin(*args: Any, **more: Any) -> Served:
        begun.append(Served(*args, **more))
        return begun[-1]

    yield begin
    for server in begun:
        server.close()


@pytest.fixture(scope="session")
def notes_factory() -> type[Notes]:
    return Notes


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path)


@pytest.fixture(scope="session")
def make_page() -> Callable[..., Path]:
    """Write a white page of a width and height with some ink on it."""

    def make(path: Path, width: int = 200, height: int = 100, text: str = "") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.new("L", (width, height), 255)
        if text:
            ImageDraw.Draw(image).text((20, 20), text, fill=0, font=ImageFont.load_default(size=40))
        image.save(path)
        return path

    return make


@pytest.fixture
def indexed(notes: Notes, make_page: Callable[..., Path]) -> Notes:
    """A page that the fake engine has read: the first line is accepted, the second waits for review."""
    notes.fake_engine()
    notes.run("index", make_page(notes.home / "pages" / "a.png", 300))
    return notes


@pytest.fixture(scope="session")
def transcribed() -> Callable[..., Path]:
    """Write a page of lines in print, and the ALTO that says where each stands."""

    def write(path: Path, lines: Sequence[str], pitch: int = 30, width: int = 200) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.new("L", (width, pitch * len(lines)), 255)
        font, regions = ImageFont.load_default(size=18), []
        for row, text in enumerate(lines):
            ImageDraw.Draw(image).text((6, pitch * row + 3), text, fill=0, font=font)
            words = "".join(f'<String CONTENT="{word}"/>' for word in text.split())
            place = f'HPOS="0" VPOS="{pitch * row}" WIDTH="{width}" HEIGHT="{pitch}"'
            regions.append(f"<TextLine {place}>{words}</TextLine>")
        image.save(path)
        page = f'<Page WIDTH="{image.width}" HEIGHT="{image.height}">{"".join(regions)}</Page>'
        path.with_suffix(".xml").write_text(f"<alto>{page}</alto>")
        return path

    return write


@pytest.fixture(scope="session")
def bomb() -> bytes:
    """A PNG that says it has 30,000 x 30,000 pixels; there is no need for them to come."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
