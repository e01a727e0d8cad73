"""What bad input gets: a clear message, the right exit code, the rest of the run unharmed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from indexer.catalog import Catalog
from indexer.search import SearchIndex
from indexer.system.children import begin

ARCHIVE = Path(__file__).parent / "data" / "archive"
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


def failures(report: dict) -> dict[str, str]:
    return {Path(failure["path"]).name: failure["kind"] for failure in report["failures"]}


def test_images_that_are_none(notes, make_page, bomb, tmp_path) -> None:
    notes.fake_engine()
    box = tmp_path / "box"
    make_page(box / "good one.png", width=210)
    make_page(box / "dot.png", width=1, height=1)
    (box / "zero.jpg").write_bytes(b"")
    jpeg = (ARCHIVE / "copiste" / "copiste-06.jpg").read_bytes()
    (box / "cut.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (box / "text.png").write_text("just some text")
    shutil.copy(ARCHIVE / "mss19" / "manuscripts.pdf", box / "scan.jpg")
    (box / "wrong.png").write_bytes(jpeg)
    (box / "bomb.png").write_bytes(bomb)
    report = notes.json("index", "box", rc=3)
    assert failures(report) == {
        "zero.jpg": "empty",
        "cut.jpg": "truncated",
        "text.png": "not-an-image",
        "scan.jpg": "not-an-image",
        "bomb.png": "too-large",
    }
    assert report["files"] == {"read": 3, "skipped": 0, "failed": 5, "unreached": 0}
    assert any("PDF" in failure["message"] for failure in report["failures"])
    assert notes.json("search", "page210")["total"] == 1
    assert len(notes.json("status")["failures"]) == 5
    for name in failures(report):
        (box / name).unlink()
    assert notes.json("index", "box", "--prune")["files"]["failed"] == 0


def test_frames_and_animations(notes, tmp_path) -> None:
    notes.fake_engine()
    box = tmp_path / "box"
    box.mkdir()
    frames = [Image.new("L", (100 + n, 50), 255) for n in range(300)]
    frames[0].save(box / "many.tif", save_all=True, append_images=frames[1:])
    moving = [Image.new("L", (90, 50), n * 60) for n in range(4)]
    moving[0].save(box / "moving.gif", save_all=True, append_images=moving[1:])
    report = notes.json("index", "box")
    assert report["pages"] == 301
    hit = notes.json("search", "page399")["hits"][0]
    assert hit["page"] == 300


def test_pdfs(notes, tmp_path) -> None:
    notes.fake_engine()
    box = tmp_path / "box"
    box.mkdir()
    good = pymupdf.open(ARCHIVE / "mss19" / "manuscripts.pdf")
    good.save(box / "locked.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="geheim", owner_pw="x")
    data = (ARCHIVE / "mss19" / "manuscripts.pdf").read_bytes()
    start = data.rindex(b"startxref")
    (box / "broken.pdf").write_bytes(data[:start] + b"startxref\n99\n%%EOF")
    (box / "junk.pdf").write_bytes(b"%PDF-1.7\nnothing of the kind\n")
    huge = pymupdf.open()
    huge.new_page(width=14_000, height=14_000)
    huge.save(box / "huge.pdf")
    typed = pymupdf.open()
    typed.new_page().insert_text((72, 100), "The minutes of the Linnean Society were read and confirmed.")
    typed.save(box / "typed.pdf")
    report = notes.json("index", "box", rc=3)
    assert failures(report).keys() == {"locked.pdf", "junk.pdf"}
    assert failures(report)["locked.pdf"] == "encrypted"
    assert any("--password-file" in failure["message"] for failure in report["failures"])
    assert report["pages"] == 4
    hit = notes.json("search", "Linnean")["hits"][0]
    assert hit["confidence"] is None
    assert hit["status"] == "accepted"
    assert abs(hit["box"][0] - 300) < 10  # 72 points from the left at 300 dpi
    (tmp_path / "wrong.txt").write_text("falsch\n")
    notes.run("index", "box", "--password-file", "wrong.txt", rc=3)
    (tmp_path / "right.txt").write_text("falsch\ngeheim\n")
    assert notes.json("index", box / "locked.pdf", "--password-file", "right.txt")["pages"] == 2


def test_strange_names(notes, make_page, tmp_path) -> None:
    notes.fake_engine()
    box = tmp_path / "box"
    make_page(box / "plain.png", width=220)
    data = (box / "plain.png").read_bytes()
    image = Image.new("L", (230, 60), 255)
    image.save(box / "two words.png")
    Image.new("L", (231, 60), 255).save(box / "new\nline.png")
    odd = os.fsencode(box) + b"/\xff\xe9.png"
    Image.new("L", (232, 60), 255).save(box / "t.png")
    os.rename(box / "t.png", odd)  # noqa: PTH104 - bytes
    assert data
    assert notes.json("index", "box")["files"]["read"] == 4
    hit = notes.json("search", "page232")["hits"][0]
    assert os.fsencode(hit["path"]) == odd
    assert "\\n" in notes.run("search", "page231").stdout
    notes.run("search", "page232")


@linux
def test_links_pipes_and_missing_paths(notes, make_page, tmp_path) -> None:
    notes.fake_engine()
    box = tmp_path / "box"
    make_page(box / "inner" / "a.png", width=240)
    (box / "inner" / "loop").symlink_to(box)
    (box / "nowhere.png").symlink_to(box / "not there.png")
    for name in ("pipe.png", "pipe.xml", "pipe.json"):  # the last two are of kinds that are told by what is in them
        os.mkfifo(box / name)
    (box / "folder.png").mkdir()
    report = notes.json("index", "box", "no such folder", rc=3)
    assert failures(report) == {"nowhere.png": "missing", "pipe.png": "not-a-file", "no such folder": "missing"}
    assert report["files"]["read"] == 1


def powerless(command: list[str]) -> list[str]:
    """The command without the right to override permissions, which root has."""
    if os.geteuid() != 0:
        return command
    dropped = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={dropped}", f"--inh-caps={dropped}", *command]


@linux
@pytest.mark.skipif(os.name != "nt" and os.geteuid() == 0 and not shutil.which("setpriv"), reason="needs setpriv")
def test_files_and_folders_without_permission(notes, make_page, tmp_path) -> None:
    notes.fake_engine()
    box = tmp_path / "box"
    make_page(box / "open.png", width=250)
    make_page(box / "shut.png", width=251).chmod(0)

    def run(*args: object) -> subprocess.CompletedProcess[str]:
        command = powerless(notes.command(*args))
        return subprocess.run(
            command, cwd=tmp_path, env=notes.environ, capture_output=True, text=True, timeout=60, check=False
        )

    done = run("index", "box")
    assert done.returncode == 3, done.stderr
    assert "shut.png: it cannot be opened: permission denied" in done.stderr
    notes.index.chmod(0o555)
    for each in notes.index.iterdir():
        each.chmod(0o444 if each.is_file() else 0o555)
    try:
        assert run("search", "page250").returncode == 0
        refused = run("index", "box")
        assert refused.returncode == 5
        assert "permission" in refused.stderr.lower()
        assert run("review", "accept", "1").returncode == 5
    finally:
        notes.index.chmod(0o755)
        for each in notes.index.iterdir():
            each.chmod(0o644 if each.is_file() else 0o755)


def test_an_engine_that_raises_hangs_or_dies_loses_only_its_page(notes, make_page, tmp_path) -> None:
    notes.fake_engine(raise_at=301, hang_at=302, die_at=303)
    notes.environ["NOTES_PAGE_TIMEOUT"] = "3"
    frames = [Image.new("L", (300 + n, 60), 255) for n in range(6)]
    (tmp_path / "box").mkdir()
    frames[0].save(tmp_path / "box" / "a.tif", save_all=True, append_images=frames[1:])
    report = notes.json("index", "box", rc=3)
    assert {f["page"]: f["kind"] for f in report["failures"]} == {2: "engine", 3: "timeout", 4: "crashed"}
    assert "SIGSEGV" in str(report["failures"])
    assert report["pages"] == 3
    notes.fake_engine()
    assert notes.json("index", "box")["pages"] == 3  # only what failed is read again


def test_an_engine_that_cannot_be_opened_or_found(notes, make_page, tmp_path) -> None:
    notes.fake_engine(no_open=True)
    make_page(tmp_path / "box" / "a.png")
    assert "the model is not there" in notes.run("index", "box", rc=4).stderr
    assert "there is no engine 'nobody'" in notes.run("index", "box", "--engine", "nobody", rc=4).stderr
    notes.fake_engine()
    assert "does not read the language 'xx'" in notes.run("index", "box", "--language", "xx", rc=2).stderr


def test_two_runs_at_once_and_searching_meanwhile(notes, make_page, tmp_path, until) -> None:
    notes.fake_engine(seconds=0.5)
    for n in range(12):
        make_page(tmp_path / "box" / f"{n}.png", width=300 + n)
    first = notes.begin("index", "box", stderr=subprocess.PIPE)
    until(lambda: (notes.index / "indexing.txt").is_file())
    second = notes.run("index", "box", rc=5)
    assert f"process {first.pid}" in second.stderr
    notes.run("search", "nothing", rc=1)
    _, talk = first.communicate(timeout=60)
    assert first.returncode == 0, talk
    assert notes.json("status")["pages"] == 12


@linux
def test_ctrl_c_keeps_what_was_read(notes, make_page, tmp_path, until) -> None:
    told = tmp_path / "read.txt"
    notes.fake_engine(seconds=0.4, tell=str(told))
    for n in range(60):
        make_page(tmp_path / "box" / f"{n}.png", width=300 + n)
    run = notes.begin("index", "box", stderr=subprocess.PIPE, start_new_session=True)
    until(lambda: told.is_file() and len(told.read_text().split()) > 3)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: the workers get it too
    _, talk = run.communicate(timeout=60)
    assert run.returncode == 130, talk
    assert "interrupted" in talk
    kept = notes.json("status")["pages"]
    assert 0 < kept < 60
    assert notes.json("index", "box")["pages"] == 60 - kept


@linux
@pytest.mark.parametrize("seconds", [0, 0.02, 0.05, 0.1])  # no worker says how far its Python has begun
def test_ctrl_c_is_for_the_parent_also_while_a_worker_starts(seconds: float) -> None:
    child = begin(Connection.send, "alive")
    try:
        time.sleep(seconds)
        os.kill(child._process.pid, signal.SIGINT)
        assert child.connection.recv() == "alive"
    finally:
        child.end()


@linux
def test_a_full_disk_is_named_and_loses_nothing(notes, make_page, tmp_path) -> None:
    notes.fake_engine()
    for n in range(3):
        make_page(tmp_path / "box" / f"{n}.png", width=300 + n)
    notes.run("index", "box")
    for n in range(3, 200):
        make_page(tmp_path / "box" / f"{n}.png", width=300 + n)
    size = (notes.index / "catalog.sqlite").stat().st_size // 1024 + 40
    limited = ["bash", "-c", f'ulimit -f {size}; exec "$@"', "bash", *notes.command("index", "box")]
    done = subprocess.run(
        limited, cwd=tmp_path, env=notes.environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 5, (done.returncode, done.stderr)
    assert re.search("space left|no room", done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert notes.json("search", "page301")["total"] == 1
    assert notes.json("index", "box")["files"]["failed"] == 0
    assert notes.json("status")["pages"] == 200


@linux
def test_kill_at_any_moment_then_a_run_that_completes(notes, make_page, tmp_path, notes_factory, until) -> None:
    import random

    (tmp_path / "calm").mkdir()
    calm = notes_factory(tmp_path / "calm")
    for n in range(24):
        make_page(tmp_path / "box" / f"{n:02}.png", width=300 + n)
    frames = [Image.new("L", (400 + n, 60), 255) for n in range(24)]
    frames[0].save(tmp_path / "box" / "many.tif", save_all=True, append_images=frames[1:])
    told = tmp_path / "told.txt"
    calm.fake_engine()
    calm.run("index", tmp_path / "box")
    notes.fake_engine(seconds=0.01, tell=str(told))
    wanted = everything(calm)
    assert len(wanted) == 96
    chance = random.Random(7)
    for _ in range(12):
        shutil.rmtree(notes.index, ignore_errors=True)
        told.write_text("")
        run = notes.begin("index", "box", stderr=subprocess.DEVNULL)
        begun = chance.randint(0, 48)
        until(lambda: run.poll() is not None or len(told.read_text().split()) >= begun)  # noqa: B023 - not kept
        run.kill()
        run.wait()
        notes.run("index", "box")
        assert everything(notes) == wanted


def everything(notes) -> list[tuple[object, ...]]:
    """What can be found, line for line, once it is sure that catalogue and search index agree."""
    with Catalog(notes.index) as catalog:  # as notes doctor asks, which opens every engine besides
        assert catalog.check() is None
        assert SearchIndex(notes.index / "search").agrees(catalog)
    found = notes.json("search", "page* OR doubtful*", "--all", "--limit", "1000")["hits"]
    return sorted((Path(h["path"]).name, h["page"], h["line"], h["text"], h["confidence"], h["status"]) for h in found)


def test_failures_are_new_once_and_clear_when_their_cause_does(notes, make_page, tmp_path) -> None:
    notes.fake_engine()
    box = tmp_path / "box"
    make_page(box / "good.png", width=270)
    (box / "bad.png").write_text("no picture")
    (box / "empty.jpg").write_bytes(b"")
    first = notes.json("index", "box", rc=3)
    assert [each["new"] for each in first["failures"]] == [True, True]
    again = notes.json("index", "box")
    assert [each["new"] for each in again["failures"]] == [False, False]
    assert "2 failures as before" in notes.run("index", "box").stderr
    assert len(notes.json("status")["failures"]) == 2
    (box / "bad.png").write_text("no picture, and another one")  # a new content that fails is news
    assert sum(each["new"] for each in notes.json("index", "box", rc=3)["failures"]) == 1
    (box / "bad.png").unlink()
    make_page(box / "empty.jpg", width=271)
    assert notes.json("index", "box")["failures"] == []
    assert notes.json("status")["failures"] == []


def test_nothing_is_kept_of_a_name_that_was_typed_wrongly(notes, make_page, tmp_path) -> None:
    notes.fake_engine()
    make_page(tmp_path / "box" / "good.png", width=272)
    (tmp_path / "box" / "bad.png").write_text("no picture")
    (tmp_path / "letter.docx").write_text("no picture")
    notes.run("index", "box", rc=3)
    for _ in range(2):
        assert failures(notes.json("index", "nosuch", "letter.docx", rc=3)) == {
            "nosuch": "missing",
            "letter.docx": "unsupported",
        }
    (tmp_path / "box").rename(tmp_path / "away")  # a folder that is gone says nothing of what was in it
    notes.run("index", "box", rc=3)
    assert [Path(each["path"]).name for each in notes.json("status")["failures"]] == ["bad.png"]


@linux
def test_what_an_interrupted_run_did_not_reach_is_counted(notes, make_page, tmp_path, until) -> None:
    told = tmp_path / "read.txt"
    notes.fake_engine(seconds=3, tell=str(told))
    for width in (280, 281, 282):
        make_page(tmp_path / "box" / f"{width}.png", width=width)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    run = notes.begin("index", "box", "--workers", "1", "--json", **pipes)
    until(told.is_file)  # it reads the first page
    run.send_signal(signal.SIGINT)
    out, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    files = json.loads(out)["files"]
    assert files["skipped"] == 0
    assert files["read"] + files["unreached"] == 3
    assert files["unreached"] >= 1


def test_a_drawing_that_takes_the_processor_too_long_is_given_up_and_the_rest_goes_on(notes) -> None:
    notes.fake_engine()
    settings = notes.home / "notes.toml"
    settings.write_text(f"page_timeout = 25\nworkers = 1\n{settings.read_text()}")
    drawn = "/G gs\n" + "\n".join(f"0 0 {at % 10 / 10} rg {at % 97} {at % 89} 500 500 re f" for at in range(200_000))
    with pymupdf.open() as document:
        for _ in range(3):
            document.new_page(width=600, height=800)
        stream = document.get_new_xref()
        document.update_object(stream, "<<>>")
        document.update_stream(stream, drawn.encode())
        document[1].set_contents(stream)
        document.save(notes.home / "drawing.pdf")
    said = notes.json("index", "drawing.pdf", rc=3)
    (failure,) = said["failures"]
    assert (failure["page"], failure["kind"]) == (2, "timeout")
    assert "took longer than 2.5 s" in failure["message"]
    assert "page_timeout" in failure["message"]
    assert said["pages"] == 2
