"""The log: one file of the index folder that every process writes to, and never more than that."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.system.logs import FILE_NAME, Log, configure, log_file


@pytest.fixture(autouse=True)
def _as_before():
    yield
    for name in ("indexer", "uvicorn.error"):
        logger = logging.getLogger(name)
        for handler in list(logger.handlers):
            logger.removeHandler(handler)


def test_what_workers_and_commands_do_stands_in_one_log(notes, make_page, tmp_path: Path) -> None:
    notes.fake_engine(raise_at=310)
    make_page(tmp_path / "box" / "good.png", width=300)
    make_page(tmp_path / "box" / "bad.png", width=310)
    said = notes.run("index", "box", rc=3)
    log = (notes.index / FILE_NAME).read_text(encoding="utf-8")
    assert "the engine fake failed" in log
    assert "RuntimeError: cannot read this" in log  # the worker's traceback
    assert "Traceback" in log
    assert f"{notes.index.name}/{FILE_NAME}" in said.stderr
    notes.run("search", "(", rc=2)
    assert "ERROR" in (notes.index / FILE_NAME).read_text(encoding="utf-8").removeprefix(log)


def test_how_much_is_said_on_the_terminal(notes, make_page, tmp_path: Path) -> None:
    notes.fake_engine()
    make_page(tmp_path / "box" / "a.png", width=300)
    quiet = notes.run("index", "box").stderr
    assert "index:" not in quiet
    loud = notes.run("-v", "search", "alpha").stderr
    assert f"index: {notes.index.relative_to(tmp_path)} (from NOTES_INDEX)" in loud
    assert "a.png: already in the index" not in notes.run("-v", "index", "box").stderr
    assert "a.png: already in the index" in notes.run("-vv", "index", "box").stderr


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    configure(Log(tmp_path / "not there"))
    logging.getLogger("indexer.x").error("lost")
    assert log_file() is None
    assert not (tmp_path / "not there").exists()
    (tmp_path / FILE_NAME).mkdir()
    configure(Log(tmp_path))
    logging.getLogger("indexer.x").error("lost as well")


def test_the_log_is_begun_anew_when_it_is_full(tmp_path: Path) -> None:
    configure(Log(tmp_path))
    entry = "x" * 100_000
    for _ in range(50):
        logging.getLogger("indexer.x").info(entry)
    files = sorted(each.name for each in tmp_path.glob(f"{FILE_NAME}*") if not each.name.endswith(".lock"))
    assert files == [FILE_NAME, *(f"{FILE_NAME}.{number}" for number in (1, 2, 3))]
    assert all((tmp_path / each).stat().st_size <= 1_100_000 for each in files)


def test_many_processes_write_whole_entries(tmp_path: Path) -> None:
    script = (
        "import logging, sys; from pathlib import Path; from indexer.system.logs import Log, configure\n"
        "configure(Log(Path(sys.argv[1])))\n"
        "for n in range(100): logging.getLogger('indexer.x').info('%s', sys.argv[2] * 200)\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), sign]) for sign in "abc"]
    assert [each.wait(60) for each in running] == [0, 0, 0]
    lines = (tmp_path / FILE_NAME).read_text(encoding="utf-8").splitlines()
    assert sorted(line[-200:] for line in lines) == sorted(sign * 200 for sign in "abc" for _ in range(100))
