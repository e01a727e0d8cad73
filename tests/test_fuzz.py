"""Whatever comes in at a door is answered or refused with a sentence: queries, command lines, settings, damaged files.

About a thousand inputs; ``python tests/benchmarks/fuzz.py`` tries as many as one likes. The pages and the API of the
server have tests of their own (``test_serve_odd.py``, ``test_api.py``), which grow in the same way.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import os
import re
import resource
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pymupdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from indexer.api.registry import load_registry
from indexer.catalog import Catalog
from indexer.cli import main
from indexer.formats import iiif, json_lines, line_table, markdown, tropy
from indexer.formats.beside import Beside
from indexer.formats.document import TextBlock, TextDocument, TextLine, TextPage, TextReading
from indexer.formats.groundtruth import fitted, truth_for
from indexer.formats.reading import SUFFIXES, read_document
from indexer.image.decoding import FORMATS
from indexer.search import Finder, SearchIndex
from indexer.system.originals import source_file
from indexer.system.settings import load
from indexer.values import SearchOptions, SourceOptions
from indexer.values.errors import Exit, IndexFolderError, NotesError, PluginError, UsageError

FACTOR = float(os.environ.get("FUZZ_FACTOR", "1"))
"""How many times as many inputs as usual."""
_SECONDS, _BYTES = 30, 1 << 30
"""What one input may take."""
OPTIONS = SourceOptions(max_pixels=20_000_000)


def tried(number: int) -> Callable:
    """So many inputs: the same ones every time, others when there are more."""
    return settings(
        max_examples=max(1, round(number * FACTOR)),
        deadline=_SECONDS * 1000,
        derandomize=FACTOR == 1,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    """An input that hangs ends the tests with a traceback; one that takes a gigabyte fails."""
    faulthandler.dump_traceback_later(3600 * max(1.0, FACTOR / 10), exit=True)
    before = _peak(anew=True)
    yield
    faulthandler.cancel_dump_traceback_later()
    assert _peak() - before < _BYTES


def _peak(*, anew: bool = False) -> int:
    """The most memory that this process had, in bytes; ``anew`` from now on, where the system can."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if anew:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024


SIGNS = "\"*?~()-+:^[]{}!&|/\\'<>.,;#@§%$0123456789 "
WORDS = ("alpha", "beta", "OR", "NOT", "AND", "testament", "œuvre", "東京", "हिन्दी", "ไทย", "a", "")
texts = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from([*WORDS, *SIGNS]), max_size=12).map("".join),
    st.sampled_from(["\0", "\ud800", "\udcff", "\uffff", "²", "٣", "9" * 40, "-1", "1e9", "0001-01-01", "9999-12-31"]),
)


# ── queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def indexed(notes_factory, tmp_path_factory):
    """A small archive that was read by an engine of the tests."""
    notes = notes_factory(tmp_path_factory.mktemp("fuzzed"))
    notes.fake_engine()
    for width in (300, 310, 320):
        Image.new("L", (width, 100), 255).save(notes.home / f"{width}.png")
    notes.run("index", *sorted(notes.home.glob("*.png")))
    return notes


def test_queries(indexed) -> None:
    with Catalog(indexed.index) as catalog:
        index = SearchIndex(indexed.index / "search")
        index.sync(catalog)
        with Finder(index, catalog) as finder:

            @tried(150)
            @given(texts, st.sampled_from(["low", "normal", "high", None]), st.booleans())
            def each(query: str, reach, states: bool) -> None:
                with contextlib.suppress(UsageError):
                    finder.find(query, SearchOptions(reach=reach, all_states=states))

            each()


# ── command lines ───────────────────────────────────────────────────────────────────────────────────────────────────

COMMANDS = {
    "search": ("--in", "--since", "--until", "--min-confidence", "--sort", "--limit", "--offset", "--reach", "--all"),
    "show": ("--json",),
    "review": ("--order", "--limit", "--undo", "--json", "accept", "correct", "reject", "--orphans"),
    "threshold": ("--engine", "--json"),
    "status": ("--json",),
    "models": ("--json",),
    "plugins": ("--json",),
    "config": ("--json",),
    "evaluate": ("--engine", "--language", "--workers", "--json"),
    "index": ("--engine", "--language", "--model", "--threshold", "--workers", "--pdf-text", "--reread"),
    "read": ("--engine", "--threshold", "--language", "--pdf-text", "--json"),
}
words = texts.map(lambda text: re.sub(r"[/\\\0\ud800-\udc7f\udd00-\udfff]|\.\.", "", text))
"""Arguments as a shell can pass them; never a path that leads out of the folder of the test."""


def run(*args: str) -> tuple[int, str]:
    """A command in this process: its exit code, and what it said."""
    said, before = io.StringIO(), sys.argv
    sys.argv = ["notes", *args]
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        return code, said.getvalue()
    finally:
        sys.argv = before
    return 0, said.getvalue()


def test_command_lines(indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(indexed.home)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    for name, value in indexed.environ.items():
        monkeypatch.setenv(name, value)

    @tried(150)
    @given(st.sampled_from([*COMMANDS, "nosuch", "-x"]), st.data())
    def each(command: str, data: st.DataObject) -> None:
        options = st.sampled_from(COMMANDS.get(command, ("--json",)))
        args = data.draw(st.lists(st.one_of(options, words), max_size=5))
        only_planned = ["--dry-run"] if command == "index" else []
        code, said = run(command, *only_planned, *args)
        assert code in {each.value for each in Exit} - {Exit.BUG, Exit.INTERRUPTED}, (command, args, said)
        assert code == 0 or said or command == "search", (command, args)

    each()


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────────

SETTINGS = b"""threshold = 80
language = "fr"
workers = 2
page_timeout = 120
pdf_text = "check"
index = "index"
[engines.embedded]
threshold = 85
"""


def test_settings_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    @tried(100)
    @given(st.one_of(damaged(SETTINGS), texts.map(lambda text: text.encode("utf-8", "surrogatepass"))))
    def each(data: bytes) -> None:
        (tmp_path / "notes.toml").write_bytes(data)
        with contextlib.suppress(UsageError):
            load({}, environ={}, cwd=tmp_path)

    each()


# ── damaged files ───────────────────────────────────────────────────────────────────────────────────────────────────


class Damaged(bytes):
    """Bytes that say of themselves what was done to them: a file as it is would fill the screen."""

    done: tuple[tuple[str, int, int], ...] = ()

    def __repr__(self) -> str:
        return f"{len(self)} bytes after {self.done}"


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes of a file with some of them flipped, cut out, doubled or put elsewhere."""
    made = bytearray(data)
    done = []
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(made) - 1)))
        span = draw(st.integers(1, 64))
        what = draw(st.sampled_from(("flip", "cut", "drop", "double", "swap", "fill")))
        done.append((what, at, span))
        match what:
            case "flip" if made:
                made[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del made[at:]
            case "drop":
                del made[at : at + span]
            case "double":
                made[at:at] = made[at : at + span]
            case "swap":
                other = draw(st.integers(0, max(0, len(made) - 1)))
                made[at : at + span], made[other : other + span] = made[other : other + span], made[at : at + span]
            case "fill":
                made[at : at + span] = draw(st.sampled_from((b"\0", b"\xff", b"\x80"))) * span
    found = Damaged(made)
    found.done = tuple(done)
    return found


def pictures() -> dict[str, bytes]:
    """A small picture in every format that can be written here, by suffix."""
    Image.init()
    found = {}
    picture = Image.linear_gradient("L").resize((48, 40)).convert("RGB")
    for kind, suffixes in FORMATS.items():
        if kind not in Image.SAVE or not suffixes or kind in ("IM", "PDF"):
            continue
        for mode in ("RGB", "L", "1", "P", "RGBA"):
            stream = io.BytesIO()
            try:
                picture.convert(mode).save(stream, kind)
            except (OSError, ValueError, KeyError):
                continue
            found[suffixes[0] if mode == "RGB" else f".{mode}{suffixes[0]}"] = stream.getvalue()
    frames = io.BytesIO()
    picture.save(frames, "TIFF", save_all=True, append_images=[picture.convert("L")], compression="tiff_lzw")
    return {**found, ".frames.tif": frames.getvalue()}


def read_all(source: str, path: Path) -> None:
    """Take everything that a source gives of a file; only ``PluginError`` may come of it."""
    file = source_file(path, None)
    with contextlib.suppress(PluginError):
        for page in REGISTRY.sources[source].pages(file, OPTIONS):
            with contextlib.suppress(PluginError):
                if page.text is not None:
                    page.text()
                page.image()


REGISTRY = load_registry(Path("none"), {})


def test_damaged_pictures(tmp_path: Path) -> None:
    kinds = pictures()
    assert len(kinds) > 15

    @tried(250)
    @given(st.sampled_from(sorted(kinds)).flatmap(lambda kind: st.tuples(st.just(kind), damaged(kinds[kind]))))
    def each(drawn: tuple[str, bytes]) -> None:
        path = tmp_path / f"a.{drawn[0].rpartition('.')[2]}"
        path.write_bytes(drawn[1])
        read_all("images", path)

    each()


def pdf() -> bytes:
    """A page of type, a page with a picture and a page with a note, with their streams laid open."""
    with pymupdf.open() as document:
        document.new_page(width=200, height=100).insert_text((10, 40), "The minutes were read and confirmed.")
        page = document.new_page(width=200, height=100)
        picture = io.BytesIO()
        Image.linear_gradient("L").resize((60, 40)).save(picture, "JPEG")
        page.insert_image(page.rect, stream=picture.getvalue())
        document.new_page(width=200, height=100).add_freetext_annot((10, 10, 90, 40), "a note")
        document.embfile_add("letter.txt", b"Dear Sir")
        return document.tobytes(expand=True, deflate=False)


def test_damaged_pdfs(tmp_path: Path) -> None:
    whole = pdf()

    @tried(80)
    @given(damaged(whole))
    def each(data: bytes) -> None:
        (tmp_path / "a.pdf").write_bytes(data)
        read_all("pdf", tmp_path / "a.pdf")

    each()


ALTO = b"""<?xml version="1.0" encoding="UTF-8"?><alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description>
<MeasurementUnit>pixel</MeasurementUnit></Description><Layout><Page WIDTH="100" HEIGHT="80"><PrintSpace><TextBlock>
<TextLine HPOS="10" VPOS="20" WIDTH="30" HEIGHT="5" BASELINE="10,24 40,24"><Shape><Polygon POINTS="10,20 40,20 40,25"/>
</Shape><String CONTENT="Cher"/><SP/><String CONTENT="mon"/></TextLine>
</TextBlock></PrintSpace></Page></Layout></alto>"""
PAGE = b"""<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Page imageWidth="100"
imageHeight="80"><TextRegion id="r"><Coords points="0,0 99,0 99,79"/><TextLine><Coords points="1,2 9,2 9,8"/><Baseline
points="1,7 9,7"/><Word><Coords points="1,2 9,2 9,8"/><TextEquiv><Unicode>mon</Unicode></TextEquiv></Word><TextEquiv
index="0"><Unicode>mon</Unicode></TextEquiv></TextLine></TextRegion></Page></PcGts>"""


def test_damaged_ground_truth(tmp_path: Path) -> None:
    @tried(150)
    @given(st.one_of(damaged(ALTO), damaged(PAGE)), st.integers(1, 8))
    def each(data: bytes, orientation: int) -> None:
        (tmp_path / "a.xml").write_bytes(data)
        with contextlib.suppress(UsageError):
            for page in truth_for(tmp_path / "a.png") or ():
                fitted(page, 100, 80, orientation)

    each()


HOCR = b"""<!DOCTYPE html><html><body><div class="ocr_page" title='image "a.png"; bbox 0 0 100 80'><span
class="ocr_line" title="bbox 10 20 40 25; baseline 0.01 -2; poly 10 20 40 20 40 25; x_wconf 80"><span class="ocrx_word"
title="bbox 10 20 40 25; x_wconf 96">Cher</span></span></div></body></html>"""
TEI = b"""<TEI xmlns="http://www.tei-c.org/ns/1.0"><facsimile><surface xml:id="f" ulx="0" uly="0" lrx="100" lry="80">
<zone xml:id="z" points="1,2 9,2 9,8"><path type="baseline" points="1,7 9,7"/></zone></surface></facsimile><text><body>
<ab><pb facs="#f"/><lb facs="#z" cert="0.5"/><app><lem><w>mon</w></lem><rdg>men</rdg></app></ab></body></text></TEI>"""


METS = b"""<mets xmlns="http://www.loc.gov/METS/" xmlns:l="http://www.w3.org/1999/xlink"><fileSec><fileGrp><file ID="f">
<FLocat l:href="b.xml"/></file></fileGrp></fileSec><structMap TYPE="PHYSICAL"><div TYPE="page"><fptr FILEID="f"/></div>
</structMap></mets>"""
SAID = TextDocument(
    (
        TextPage(
            *(100, 80, (TextLine((TextReading("Cher *mon*", 0.5),), ((1, 2), (9, 2), (9, 8)), block=0),)),
            (TextBlock(),),
        ),
    )
)
AROUND = Beside(names=("b.jpg",), after="c.md", address="http://a/1", shown=("http://a/1.jpg",))
TEXTS = {
    ".jsonl": json_lines.write(SAID),
    ".csv": line_table.write(SAID),
    ".md": markdown.write(SAID, AROUND),
    ".json": iiif.write(SAID, AROUND),
    ".JSON": tropy.write(SAID),
}


def test_damaged_files_of_text(tmp_path: Path) -> None:
    (tmp_path / "b.xml").write_bytes(ALTO)
    marked = st.tuples(st.sampled_from([ALTO, PAGE, HOCR, TEI, METS]).flatmap(damaged), st.sampled_from(SUFFIXES))
    plain = st.sampled_from(sorted(TEXTS)).flatmap(lambda name: st.tuples(damaged(TEXTS[name]), st.just(name)))

    @tried(300)
    @given(st.one_of(marked, plain))
    def each(told: tuple[bytes, str]) -> None:
        data, suffix = told
        (tmp_path / f"a{suffix}").write_bytes(data)
        with contextlib.suppress(UsageError):
            for page in read_document(tmp_path / f"a{suffix}").pages:
                assert all(line.block is None or page.blocks[line.block] for line in page.lines)

    each()


def test_damaged_catalogues(indexed, tmp_path: Path) -> None:
    whole = (indexed.index / "catalog.sqlite").read_bytes()
    (tmp_path / "index").mkdir()

    @tried(50)
    @given(damaged(whole))
    def each(data: bytes) -> None:
        for left in (tmp_path / "index").iterdir():
            left.unlink()
        (tmp_path / "index" / "catalog.sqlite").write_bytes(data)
        with contextlib.suppress(IndexFolderError, NotesError), Catalog(tmp_path / "index") as catalog:
            catalog.counts()
            catalog.failures()
            catalog.documents(10, 0)
            for line in catalog.waiting(10)[1]:
                catalog.readings(line.id)
            catalog.check()

    each()


def test_what_is_damaged_is_not_always_refused() -> None:
    """The strategies leave much of a file alone, so that what lies behind the first check is reached too."""
    kept = 0

    @settings(max_examples=50, database=None, derandomize=True)
    @given(damaged(ALTO))
    def each(data: bytes) -> None:
        nonlocal kept
        kept += zlib.crc32(data[:40]) == zlib.crc32(ALTO[:40])

    each()
    assert kept > 10
