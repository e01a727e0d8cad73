"""The engine aspose for real, in evaluation mode: it starts, reads, fails and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image

from indexer.api.registry import load_registry
from indexer.api.testing import check_engine
from indexer.recognition.choice import decide
from indexer.system.settings import load
from indexer.values import EngineOptions, Partial
from indexer.values.errors import PluginError

ROOT = Path(__file__).parents[2]
ARCHIVE = ROOT / "tests" / "data" / "archive"
ENGINE = load_registry(Path("no plugins"), {}).engine("aspose")


def trouble() -> str | None:
    """Why the engine cannot be tested here."""
    try:
        with ENGINE.open(EngineOptions()):
            return None
    except PluginError as error:
        if sys.platform == "linux" and error.kind != "absent":
            raise
        return error.message


WHY_NOT = trouble()
needs_engine = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


@pytest.fixture(scope="module")
def page() -> Image.Image:
    """The head of a typed letter."""
    letter = Image.open(ARCHIVE / "stanford" / "stanford-04.jpg").convert("RGB")
    return letter.crop((0, 0, letter.width, 700))


def children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(number) for task in tasks for number in task.read_text().split()]


def vendors() -> list[int]:
    """The vendor's processes that we started."""
    mine = children(os.getpid())
    return [each for each in mine if b"aspose" in Path(f"/proc/{each}/cmdline").read_bytes()]


def scratch() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob(f"notes-aspose-{os.getpid()}-*"))


@needs_engine
def test_it_reads_whole_lines_says_that_more_is_missing_and_leaves_nothing_behind(page, capfd, tmp_path) -> None:
    before = set(tmp_path.parent.iterdir()), set(Path.cwd().iterdir())
    with ENGINE.open(EngineOptions()) as recogniser:
        assert len(vendors()) == 1
        read = recogniser.read(page)
        large = recogniser.read(page.resize((page.width * 2, page.height * 2)))
    assert isinstance(read, Partial)
    assert "licence" in read.reason
    texts = [line.text for line in read.lines]
    assert any("UNIVERSITY" in text for text in texts)
    assert not any("Trial" in text or "*" in text for text in texts)
    for line in read.lines:
        assert line.confidence is None
        assert 0 <= line.box.x < line.box.x + line.box.width <= page.width
        assert 0 <= line.box.y < line.box.y + line.box.height <= page.height
    twice = large.lines[0].box
    assert abs(twice.x / 2 - read.lines[0].box.x) < 30
    assert abs(twice.width / 2 - read.lines[0].box.width) < 60
    assert not vendors()
    assert not scratch()
    assert (set(tmp_path.parent.iterdir()), set(Path.cwd().iterdir())) == before
    assert capfd.readouterr() == ("", "")


@needs_engine
def test_it_keeps_the_contract_of_engines() -> None:
    check_engine(ENGINE)


@needs_engine
def test_print_is_read_in_a_language_with_filters(page) -> None:
    options = EngineOptions(language="en", settings={"mode": "printed", "filters": ["contrast", "deskew"]})
    with ENGINE.open(options) as recogniser:
        read = recogniser.read(page)
    assert isinstance(read, Partial)
    assert any("OFFICE" in line.text for line in read.lines)


@needs_engine
def test_every_language_is_one_of_the_vendors() -> None:
    plugin = sys.modules[ENGINE.open.__module__]
    script = "import aspose.ocr, sys; [getattr(aspose.ocr.Language, name) for name in sys.argv[1:]]"
    environment = import_module(f"{plugin.__name__}.environment")
    with tempfile.TemporaryDirectory() as folder:
        env = environment.prepare(Path(folder), environment.runtime(None))
        subprocess.run([sys.executable, "-c", script, *plugin.LANGUAGES.values()], env=env, check=True)


@needs_engine
@pytest.mark.parametrize(
    ("signal_number", "kind", "seconds"), [(signal.SIGKILL, "crashed", 120), (signal.SIGSTOP, "timeout", 15)]
)
def test_a_crash_or_a_hang_loses_one_page(signal_number, kind, seconds) -> None:
    blank = Image.new("L", (300, 200), 255)
    with ENGINE.open(EngineOptions(settings={"timeout": seconds})) as recogniser:  # enough for one that starts anew
        (before,) = vendors()
        os.kill(before, signal_number)
        with pytest.raises(PluginError) as raised:
            recogniser.read(blank)
        assert raised.value.kind == kind
        assert list(recogniser.read(blank)) == []
        (after,) = vendors()
        assert after != before
    assert not vendors()
    assert not scratch()


@needs_engine
def test_after_so_many_pages_the_process_is_a_fresh_one() -> None:
    with ENGINE.open(EngineOptions(settings={"pages_a_process": 2})) as recogniser:
        seen = []
        for _ in range(3):
            recogniser.read(Image.new("L", (100, 100), 255))
            seen += vendors()
    first, second = seen  # after two pages the first one has ended; it is the third page that begins another
    assert first != second


@needs_engine
def test_it_dies_with_its_owner_and_the_next_one_clears_up(until) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from indexer.api.registry import load_registry\nfrom indexer.values import EngineOptions\n"
        "with load_registry(Path('none'), {}).engine('aspose').open(EngineOptions()):\n"
        "    print('open', flush=True)\n    time.sleep(600)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "open\n"
    (vendor,) = children(owner.pid)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    until(lambda: not Path(f"/proc/{vendor}").exists())
    left = f"notes-aspose-{owner.pid}-*"
    assert list(Path(tempfile.gettempdir()).glob(left))
    with ENGINE.open(EngineOptions()):
        assert not list(Path(tempfile.gettempdir()).glob(left))


@needs_engine
@pytest.mark.parametrize(("content", "reason"), [("", "Root element is missing"), ("<x/>", "set license")])
def test_a_bad_licence_is_named_with_the_vendors_reason(content, reason, tmp_path) -> None:
    licence = tmp_path / "bad.lic"
    licence.write_text(content)
    with pytest.raises(PluginError, match=reason) as raised, ENGINE.open(EngineOptions(settings={"license": licence})):
        pass
    assert str(licence) in raised.value.message
    assert raised.value.kind == "licence"


@needs_engine
def test_auto_takes_it_only_with_a_licence_that_works(notes, tmp_path) -> None:
    registry = load_registry(Path("no plugins"), {})
    plain = decide(load({}, environ={}, cwd=tmp_path), registry)
    assert ([each.engine.name for each in plain.engines], plain.reason) == (["embedded"], "auto: aspose has no licence")
    licence = tmp_path / "bad.lic"
    licence.write_text("<x/>")
    bad = decide(load({}, environ={"NOTES_ASPOSE_LICENSE": str(licence)}, cwd=tmp_path), registry)
    assert [each.engine.name for each in bad.engines] == ["embedded"]
    assert "aspose cannot be used" in bad.reason


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    """The client on version 26.10, installed into a folder of its own."""
    folder = tmp_path_factory.mktemp("newer")
    packages = ["aspose-ocr-python-net==26.10.0", "psycopg2-binary==2.9.10"]
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", folder, *packages], check=True)
    door = sys.modules[ENGINE.open.__module__].__name__
    client, environment, options = (import_module(f"{door}.{name}") for name in ("client", "environment", "options"))
    libraries = {
        f"{name}.so.1.1": next((folder / "psycopg2_binary.libs").glob(f"{name}-*")) for name in ("libssl", "libcrypto")
    }
    found = environment.Runtime(folder, "the folder", libraries)
    return lambda **settings: client.AsposeRecogniser(found, options.parsed(EngineOptions("en", settings=settings)))


@pytest.mark.newer_aspose
def test_a_newer_version_reads_print_with_its_own_boxes(newer, page, tmp_path) -> None:
    with newer(mode="printed", models=str(tmp_path)) as recogniser:
        read = recogniser.read(page)
    assert isinstance(read, Partial)
    (line,) = [line for line in read.lines if "california" in line.text.casefold()]
    assert line.confidence is None
    assert line.box.width > 5 * line.box.height


@pytest.mark.newer_aspose
def test_a_newer_version_without_its_model_names_the_file_and_fetches_nothing(newer, page, tmp_path) -> None:
    with (
        newer(models=str(tmp_path)) as recogniser,
        pytest.raises(PluginError, match=r"advanced-recognition-v1\.ocr") as lacks,
    ):
        recogniser.read(page)
    assert lacks.value.kind == "model"
    assert "models" in lacks.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"colour": 1}, "'colour'"),
        ({"mode": "sung"}, "handwritten or printed"),
        ({"filters": ["blur"]}, "'blur'"),
        ({"timeout": 0}, "timeout"),
        ({"license": "nowhere.lic"}, "nowhere.lic"),
        ({"metered_public": "x"}, "both keys"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(settings, message) -> None:
    with pytest.raises(PluginError) as raised, ENGINE.open(EngineOptions(settings=settings)):
        pass
    assert message in f"{raised.value.message} {raised.value.hint}"
    assert raised.value.kind == "settings"


@needs_engine
def test_without_openssl_it_is_unavailable_and_nothing_aborts(notes, tmp_path, page) -> None:
    page.save(notes.home / "page.png")
    notes.environ["NOTES_ASPOSE_OPENSSL"] = str(tmp_path)
    done = notes.run("index", "--engine", "aspose", "page.png", rc=4)
    assert "OpenSSL 1.1" in done.stderr
    doctor = {row["name"]: row for row in notes.json("doctor", rc=4)["checks"]}
    assert doctor["engine aspose"]["state"] == "broken"
    assert doctor["engine embedded"]["state"] == "ok"


@needs_engine
def test_an_unlicensed_page_is_incomplete_and_its_lines_wait_for_review(notes, page) -> None:
    page.save(notes.home / "page.png")
    (notes.home / "empty.jpg").touch()
    (notes.home / "cut.jpg").write_bytes((ARCHIVE / "stanford" / "stanford-04.jpg").read_bytes()[:90_000])
    done = notes.run("index", "--engine", "aspose", "cut.jpg", "empty.jpg", "page.png", rc=3)
    assert "cut.jpg" in done.stderr
    assert "empty.jpg" in done.stderr
    assert "1 page incomplete" in done.stderr
    assert "NOTES_ASPOSE_LICENSE" in done.stderr
    status = notes.json("status")
    assert (status["incomplete"], status["lines"]["accepted"]) == (1, 0)
    assert status["lines"]["unknown"] >= 1
    assert notes.json("search", "university", rc=1)["more_in_review"] == 1
    (hit,) = notes.json("search", "--all", "university")["hits"]
    assert (hit["confidence"], hit["status"]) == (None, "unknown")


@needs_engine
def test_the_pair_keeps_both_readings_and_accepts_the_confident_one(notes, page) -> None:
    page.save(notes.home / "page.png")
    read = notes.json("read", "--engine", "aspose+embedded", "page.png")
    assert list(read) == ["schema", "pages"]
    (only,) = read["pages"]
    assert list(only) == ["path", "page", "engine", "turned", "incomplete", "lines", "blocks"]
    assert (only["engine"], only["incomplete"]) == ("aspose+embedded", True)
    notes.run("index", "--engine", "aspose+embedded", "page.png")
    assert notes.json("search", "president")["total"] == 1
    (hit,) = notes.json("search", "president")["hits"]
    (line,) = notes.json("show", hit["id"])["lines"]
    assert [reading["origin"] for reading in line["readings"]] == ["embedded", "aspose"]
    assert "aspose read" in notes.run("show", hit["id"]).stdout
    engines = notes.json("status")["engines"]
    assert engines["embedded"] > engines.get("aspose", 0)
    assert notes.json("index", "page.png")["files"]["skipped"] == 1
    assert notes.json("index", "--reread", "--engine", "embedded", "page.png")["files"]["read"] == 1
    assert notes.json("status")["incomplete"] == 0
