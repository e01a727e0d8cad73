"""The library: what a notebook does, through ``import indexer`` alone."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

import indexer
from indexer.values.thresholds import judge

if TYPE_CHECKING:
    from conftest import Notes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def box(notes: Notes, make_page: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two pages, and settings that have them read by an engine that knows what stands on them."""
    notes.fake_engine()
    for name in [name for name in notes.environ if name.startswith(("NOTES_", "XDG_", "HOME"))]:
        monkeypatch.setenv(name, notes.environ[name])
    monkeypatch.chdir(notes.home)
    for width in (300, 400):
        make_page(notes.home / "box" / f"{width}.png", width)
    return notes.home / "box"


@pytest.fixture
def archive(notes: Notes, box: Path) -> Iterator[indexer.Archive]:
    with indexer.open_archive(notes.index, workers=1) as opened:
        opened.index(box)
        yield opened


def test_pages_are_read_found_and_named(notes: Notes, box: Path) -> None:
    with indexer.open_archive(str(notes.index), workers=1) as archive:
        with pytest.raises(indexer.IndexFolderError, match="no index in"):
            archive.search("alpha")
        told: list[object] = []
        assert archive.plan(box).files["read"] == 2
        report = archive.index(box, hear=told.append)
        assert (report.files["read"], report.pages, report.lines[indexer.Status.ACCEPTED]) == (2, 2, 2)
        assert {box / "300.png", box / "400.png"} == set(report.read)
        assert told
        assert not report.failures
        result = archive.search("page300")
        (hit,) = result.hits
        assert (hit.line.text, hit.line.path, hit.read) == ("alpha page300", box / "300.png", True)
        assert archive.in_words(result).startswith("1 found")
        assert archive.search("alpha", indexer.SearchOptions(limit=1)).total == 2
        with pytest.raises(indexer.UsageError):
            archive.search('"left open')
        assert [each.name for each in archive.documents()] == ["300.png", "400.png"]
        assert [(page.name, page.number) for page in archive.pages()] == [("300.png", 1), ("400.png", 1)]
        (page,) = archive.pages(archive.documents()[1])
        assert [line.text for line in archive.lines(page)] == ["alpha page400", "doubtful400 word"]
        assert archive.counts().waiting == 2
        assert archive.index(box).files["skipped"] == 2
    assert not notes.index.joinpath("searches.txt").exists(), "a program that searches is no person who asks"


def test_what_is_said_is_found_kept_and_taken_back(archive: indexer.Archive) -> None:
    (line, _) = archive.waiting(order="confidence")
    assert {each.id for each in archive.waiting()} == {each.id for each in archive.waiting(order="confidence")}
    settled = archive.line(line).correct("certain word")
    assert (settled.text, settled.status) == ("certain word", indexer.Status.ACCEPTED)
    (hit,) = archive.search("certain").hits
    assert hit.line.id == line.id
    assert [reading.origin.engine for reading in settled.readings()] == ["human", "fake"]
    undone = settled.undo()
    assert undone is not None
    assert undone.text == line.text
    assert not archive.search("certain").total
    assert undone.accept().status is indexer.Status.ACCEPTED
    assert archive.line(line.id).reject().status is indexer.Status.REJECTED
    with pytest.raises(indexer.MissingError):
        archive.line(99)
    with pytest.raises(indexer.UsageError, match="needs some text"):
        archive.line(line.id).correct(" ")


def test_words_that_were_read_and_corrected_complete_a_query(archive: indexer.Archive) -> None:
    found = archive.completions("dear ALP")
    assert [(each.query, each.word) for each in found] == [("dear alpha", "alpha")]
    assert 1.5 < found[0].lines <= 2
    (hit,) = archive.search("page300").hits
    archive.line(hit.line).correct("Alphons Père", sure=True)
    assert [each.word for each in archive.completions("alph")] == ["Alphons", "alpha"]
    assert [each.query for each in archive.completions('"Alphons per')] == ['"Alphons Père']
    for query in ("", " ", "a", "alpha ", '"alpha"', "alp*", "alpha_b", "x*alp", "alpha OR", "alphazzz", "\0"):
        assert archive.completions(query) == [], query


def test_a_line_that_changed_meanwhile_is_not_settled_unseen(archive: indexer.Archive) -> None:
    one, other = archive.line(2), archive.line(2)
    one.correct("what the first person read")
    for verdict in (other.accept, other.reject, lambda: other.correct("something else"), other.undo):
        with pytest.raises(indexer.ConflictError):
            verdict()
    assert archive.line(2).text == "what the first person read"
    lines = [archive.line(1), archive.line(2, seen="what stood there before")]
    with pytest.raises(indexer.ConflictError):
        archive.say([line.said("reject") for line in lines])
    assert archive.line(1).status is indexer.Status.ACCEPTED, "all of it is kept, or nothing"


def test_pages_are_exported_and_shown(archive: indexer.Archive, tmp_path: Path) -> None:
    page = next(archive.pages())
    assert archive.export(page).decode() == "alpha page300\ndoubtful300 word\n"
    alto = archive.export(page, "alto", to=tmp_path / "page.xml")
    assert (tmp_path / "page.xml").read_bytes() == alto
    words = [node.get("CONTENT") for node in ElementTree.fromstring(alto).iter() if node.tag.endswith("}String")]
    assert words == ["alpha", "page300", "doubtful300", "word"]
    assert archive.export(page, "pdf").startswith(b"%PDF")
    with pytest.raises(indexer.UsageError, match="is there already"):
        archive.export(page, "alto", to=tmp_path / "page.xml")
    with pytest.raises(indexer.UsageError, match="cannot be exported"):
        archive.export(page, "docx")  # type: ignore[arg-type]
    assert archive.picture(page).size == (300, 100)
    assert archive.line(1).picture().size == (300, 30)


def test_a_threshold_judges_all_lines_by_one_rule(archive: indexer.Archive, tmp_path: Path) -> None:
    archive.line(1).reject()
    archive.line(3).accept()
    for percent, waiting in ((40, 0), ("95%", 2), (75, 2), (40, 0)):
        archive.set_threshold(percent)
        lines = [line for page in archive.pages() for line in archive.lines(page)]
        expected = [
            each.seen.status
            if each.seen.status is indexer.Status.REJECTED
            else judge(each.confidence, each.seen.origin, archive.thresholds)
            for each in lines
        ]
        assert [each.status for each in lines] == expected
        assert len(archive.waiting()) == archive.counts().waiting == sum(each.status.waits for each in lines)
        assert archive.counts().waiting == waiting
    archive.set_threshold(90, "fake")
    assert archive.counts().waiting == 2
    assert archive.set_threshold(None, "fake").engines == {}
    assert archive.counts().waiting == 0
    assert archive.backup(tmp_path / "kept.zip").size > 0


def test_what_cannot_be_read_is_in_the_report(archive: indexer.Archive, box: Path) -> None:
    (box / "broken.png").write_bytes(b"no picture")
    report = archive.index(box, "nowhere")
    assert {failure.path.name for failure in report.new_failures} == {"broken.png", "nowhere"}
    assert [failure.path.name for failure in archive.failures()] == ["broken.png"]
    (box / "300.png").unlink()
    assert archive.index(box, prune=True).pruned.gone == (box / "300.png",)
    assert not archive.search("page300").total
    with pytest.raises(indexer.UnavailableError, match="nosuch"), indexer.open_archive(engine="nosuch") as other:
        other.index(box)


def test_pages_are_read_without_being_kept(archive: indexer.Archive, box: Path) -> None:
    before = archive.counts()
    read = list(archive.read(box / "400.png"))
    assert [line[0].line.text for line in read[0].reading.lines] == ["alpha page400", "doubtful400 word"]
    assert archive.counts() == before


def test_the_command_line_and_the_library_share_an_index(archive: indexer.Archive, notes: Notes) -> None:
    notes.run("review", "correct", 2, "said elsewhere", "--sure")
    assert archive.search("elsewhere").total == 1
    archive.line(2).correct("said here")
    assert notes.json("search", "said here")["total"] == 1


def test_an_archive_is_backed_up_and_made_again(archive: indexer.Archive, notes: Notes) -> None:
    found = archive.search("page300").hits[0].line
    archive.line(found).correct("what it says", sure=True)
    kept = archive.backup(notes.home / "kept.zip")
    assert (kept.documents, kept.left_out) == (0, ())
    held = indexer.restore_archive(notes.home / "kept.zip", notes.home / "again")
    assert held.size == kept.size
    with indexer.open_archive(notes.home / "again") as again:
        assert [hit.line.text for hit in again.search("says").hits] == ["what it says"]
    with pytest.raises(indexer.UsageError, match="an index in"):
        indexer.restore_archive(notes.home / "kept.zip", notes.home / "again")
    archive.line(found.id).correct("what it said", sure=True)
    archive.restore(notes.home / "kept.zip", replace=True)  # also while it is open
    assert [hit.line.text for hit in archive.search("what").hits] == ["what it says"]


def test_pages_with_ground_truth_are_measured_without_an_index(notes: Notes, box: Path, transcribed) -> None:
    transcribed(box / "300.png", ["alpha page300", "doubtful300 word"], width=300)
    (box / "400.xml").write_text("<broken")
    told: list[object] = []
    with indexer.open_archive(notes.home / "nowhere", workers=1) as archive:
        measured = archive.evaluate(box, hear=told.append)
        assert isinstance(measured, indexer.Evaluation)
        assert measured.figures()["reading"]["cer"] == 0
        with pytest.raises(indexer.UsageError, match="reads without models"):
            archive.evaluate(box, before="original")
    (failure,) = [each for event in told for each in getattr(event, "failures", ())]
    assert "400.xml cannot be read" in failure.message
    assert not (notes.home / "nowhere").exists()


def test_what_cannot_be_trained_is_said_before_anything_is_loaded(archive: indexer.Archive) -> None:
    with pytest.raises(indexer.UsageError, match="nothing to learn from"):
        archive.train("mine", from_index=False)
    with pytest.raises(indexer.UsageError, match="cannot be the name of a model"):
        archive.train("../mine")
    with pytest.raises(indexer.UsageError, match="the engine fake cannot be trained"):
        archive.train("mine")


def test_importing_is_light_and_everything_public_is_there() -> None:
    code = "import indexer, sys; print(sorted(name for name in sys.modules if name.startswith('indexer.')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "['indexer.plugins']\n"
    assert all(getattr(indexer, name).__doc__ for name in indexer.__all__)
    assert set(indexer.__all__) <= set(dir(indexer))
    with pytest.raises(AttributeError):
        _ = indexer.nothing  # type: ignore[attr-defined]


def test_whatever_an_archive_offers_is_typed_and_documented() -> None:
    for owner in (indexer.Archive, indexer.ArchiveLine):
        for name, member in vars(owner).items():
            if name.startswith("_"):
                continue
            function = getattr(member, "fget", None) or getattr(member, "func", None) or member
            if inspect.isfunction(function):
                assert function.__doc__, name
                assert "return" in function.__annotations__, name


def test_the_commands_and_the_server_decide_nothing() -> None:
    """What the archive does has one home: commands neither open search indexes nor judge or keep what is said."""
    doors = {path for part in ("cli", "web") for path in (ROOT / "indexer" / part).glob("*.py")}
    used = {
        f"{node.module}.{alias.name}"
        for path in doors - {ROOT / "indexer" / "cli" / "doctor.py", ROOT / "indexer" / "web" / "finders.py"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    own = (
        *("indexer.search.SearchIndex", "indexer.search.find", "indexer.recognition.pipeline", "indexer.system.lock"),
        *("indexer.training.run", "indexer.training.trainer", "indexer.evaluation.evaluate"),
        *("indexer.archive.backup.backup", "indexer.archive.backup.restore"),
    )
    assert not {name for name in used if name.startswith(own) and not name.endswith(".ReadPage")}


def test_what_was_found_on_a_page_is_drawn_over_its_picture(archive: indexer.Archive, notes: Notes, box: Path) -> None:
    page = next(archive.pages())
    picture, drawn = archive.picture(page).convert("RGB"), archive.overlay(page)
    assert drawn.size == picture.size
    block = archive.lines(page)[0].seen.block
    assert block is not None
    assert (block.number, block.kind) == (1, "main")
    before, after = ({colour for _, colour in each.getcolors(1 << 16) or ()} for each in (picture, drawn))
    assert (0, 0x72, 0xB2) in after - before  # a block of text
    target = notes.home / "overlay.png"
    told = notes.run("show", box / "300.png", "--overlay", target)
    assert "overlay.png" in told.stderr
    assert target.read_bytes().startswith(b"\x89PNG")
    assert "is there already" in notes.run("show", box / "300.png", "--overlay", target, rc=2).stderr
    shown = notes.json("show", box / "300.png")
    assert shown["blocks"] == [{"block": 1, "kind": "main", "box": [*block.box.xywh]}]
    assert shown["lines"][0]["block"] == 1
