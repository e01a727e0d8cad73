"""Files that are gone are forgotten; a drive that is not attached is not."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indexer.recognition.pruning import gone_of, prunable

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Notes


@pytest.fixture
def box(notes: Notes, make_page: Callable[..., Path]) -> Path:
    """A folder with a page, and two folders of two pages in it."""
    notes.fake_engine()
    box = notes.home / "box"
    make_page(box / "single.png", 200)
    for number, folder in enumerate(("drive", "letters")):
        for page in range(2):
            make_page(box / folder / f"{page}.png", 210 + 2 * number + page)
    notes.run("index", "box")
    return box


def files(notes: Notes) -> int:
    return int(notes.json("status")["files"])


def test_a_dry_run_names_what_would_be_forgotten_and_forgets_nothing(notes: Notes, box: Path) -> None:
    (box / "single.png").unlink()
    said = notes.run("index", "--dry-run", "--prune", "box")
    assert "would be forgotten: box/single.png" in said.stderr
    assert notes.json("index", "--dry-run", "--prune", "box")["would_forget"] == [str(box / "single.png")]
    assert files(notes) == 5
    report = notes.json("index", "--prune", "box")
    assert (report["forgotten"], report["away"]) == ([str(box / "single.png")], [])
    assert files(notes) == 4


@pytest.mark.parametrize("away", ["box", "box/drive"])
def test_a_folder_of_which_nothing_is_left_is_only_forgotten_when_told(notes: Notes, box: Path, away: str) -> None:
    folder = notes.home / away
    held = 5 if away == "box" else 2
    folder.rename(notes.home / "elsewhere")
    folder.mkdir()
    for words in (("--dry-run", "--prune"), ("--prune",)):
        said = notes.run("index", *words, "box", rc=3)
        assert f"{away}: nothing is left of what was read here ({held} files)" in said.stderr
        assert "would be forgotten" not in said.stderr
    assert notes.json("index", "--prune", "box", rc=3)["away"] == [{"folder": str(folder), "files": held}]
    assert files(notes) == 5
    assert len(notes.json("index", "--dry-run", "--prune-emptied", "box")["would_forget"]) == held
    assert files(notes) == 5
    notes.run("index", "--prune-emptied", "box")
    assert files(notes) == 5 - held


def test_files_that_are_gone_are_counted_and_named_without_being_asked_about(notes: Notes, box: Path) -> None:
    gone = [box / "letters" / "0.png", box / "single.png"]
    for file in gone:
        file.unlink()
    assert notes.json("index", "--dry-run", "box")["gone"] == [str(file) for file in gone]
    done = notes.run("index", "box", "--json")
    assert "2 files in the index are gone: box/letters/0.png, box/single.png; " in done.stderr
    assert "--prune" in done.stderr
    report = json.loads(done.stdout)
    assert (report["gone"], report["away"], report["forgotten"]) == ([str(file) for file in gone], [], [])
    assert notes.json("status")["gone"] == [str(file) for file in gone]
    status = notes.run("status").stdout
    assert "2 files in the index are gone: box/letters/0.png, box/single.png; notes index --prune" in status
    assert "gone" not in notes.run("index", "box/drive").stderr  # nobody looked for the others there
    assert notes.json("index", "--prune", "box")["gone"] == []
    assert notes.json("status")["gone"] == []


def test_a_folder_of_which_nothing_is_left_is_no_failure_where_nothing_is_to_be_forgotten(
    notes: Notes, box: Path
) -> None:
    shutil.rmtree(box / "drive")
    (box / "drive").mkdir()
    done = notes.run("index", "box", "--json")
    assert "box/drive: nothing is left of what was read here (2 files)" in done.stderr
    assert "--prune-emptied" in done.stderr
    assert json.loads(done.stdout)["away"] == [{"folder": str(box / "drive"), "files": 2}]


def test_a_file_that_moved_or_that_nobody_can_look_at_is_not_gone(notes: Notes, box: Path) -> None:
    (box / "single.png").rename(box / "moved.png")
    assert "gone" not in notes.run("index", "box").stderr
    (notes.home / "loop").symlink_to("loop")  # nobody can look into it, whoever runs this
    assert gone_of([notes.home / "loop" / "a.png", box / "single.png"]) == [box / "single.png"]


def test_of_many_paths_and_places_each_is_looked_at_once() -> None:
    """A shell gives every file by its name."""
    places = [Path(f"/nowhere/{at // 100}/{at}.jpg") for at in range(5_000)]
    began = time.process_time()
    found = prunable([*places, Path("/nowhere")], places)
    assert time.process_time() - began < 3
    assert set(found.gone) == set(places)
    assert dict(found.away) == {Path("/nowhere"): tuple(places)}


def test_what_was_deleted_is_forgotten_as_ever(notes: Notes, box: Path) -> None:
    shutil.rmtree(box / "letters")
    (box / "drive" / "0.png").unlink()
    notes.run("index", "--prune", "box/../box/")
    assert files(notes) == 2


def test_a_folder_that_is_not_there_at_all_forgets_nothing(notes: Notes, box: Path) -> None:
    box.rename(notes.home / "elsewhere")
    said = notes.run("index", "--prune", "box", rc=3)
    assert "nothing is left" in said.stderr
    assert files(notes) == 5
