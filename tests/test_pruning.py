"""Files that are gone are forgotten; a drive that is not attached is not."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
