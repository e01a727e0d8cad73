"""The plots of ``notes evaluate``: files that open, and what is said before anything is read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from indexer.evaluation.evaluate import WAYS
from indexer.evaluation.plots import _WAYS, draw, prepare
from indexer.values.errors import UsageError

FILES = {"precision-recall.png", "precision-recall-collections.png", "calibration.png"}


@pytest.fixture
def box(notes: Any, make_page: Any) -> Path:
    """A folder with two collections of a page each, of names that matplotlib would take for formulas or lacks."""
    notes.fake_engine()
    for page in (notes.home / "box" / "$\\x$" / "one.png", notes.home / "box" / ("手紙" * 20) / "two.png"):
        make_page(page).with_suffix(".xml").write_text(
            '<alto><Page WIDTH="200" HEIGHT="100"><TextLine HPOS="0" VPOS="0" WIDTH="200" HEIGHT="30">'
            '<String CONTENT="alpha"/><String CONTENT="page200"/></TextLine></Page></alto>'
        )
    return notes.home / "box"  # type: ignore[no-any-return]


def test_the_figures_are_drawn_beside_the_same_json(notes: Any, box: Path) -> None:
    plots = notes.home / "new" / "plots"
    plain = json.loads(notes.run("evaluate", box, "--json").stdout)
    done = notes.run("evaluate", box, "--json", "--plot", plots)
    drawn = json.loads(done.stdout)
    assert drawn["search"] == plain["search"]
    assert set(drawn) == set(plain)
    assert "Warning" not in done.stderr
    assert {file.name for file in plots.iterdir()} == FILES
    for name in FILES:
        with Image.open(plots / name) as image:
            assert image.width == 1200
            image.load()
            assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 5
        assert str(Path("new", "plots", name)) in done.stderr
    (plots / "calibration.png").write_text("an older one")
    notes.run("evaluate", box, "--plot", plots)
    assert (plots / "calibration.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_nothing_is_read(notes: Any, box: Path) -> None:
    fake = notes.home / "without" / "matplotlib"
    fake.mkdir(parents=True)
    (fake / "__init__.py").write_text('raise ImportError("No module named matplotlib")')
    notes.environ["PYTHONPATH"] = os.pathsep.join([str(fake.parent), notes.environ.get("PYTHONPATH", "")])
    done = notes.run("evaluate", box, "--plot", "plots", rc=4)
    assert 'pip install ".[plot]"' in done.stderr
    assert done.stdout == ""
    assert not (notes.home / "plots").exists()
    done = notes.run("evaluate", box)
    header, *_ = done.stdout.splitlines()
    explained = {line.split()[0]: line.split(maxsplit=1)[1] for line in done.stderr.splitlines() if "  " in line}
    assert [explained.get(column, "") for column in header.split()].count("") == 0, done.stderr
    assert "the ink, reach normal" in done.stdout


def test_a_folder_that_cannot_be_made_is_named_before_anything_is_read(notes: Any, box: Path) -> None:
    (notes.home / "file").write_text("")
    for folder in ("file", "file/plots"):
        done = notes.run("evaluate", box, "--plot", folder, rc=2)
        assert f"cannot write plots to {folder}" in done.stderr
        assert done.stdout == ""


def test_a_file_that_cannot_be_written_is_named_after_the_figures(notes: Any, box: Path) -> None:
    (notes.home / "plots" / "calibration.png").mkdir(parents=True)
    done = notes.run("evaluate", box, "--json", "--plot", "plots", rc=2)
    assert json.loads(done.stdout)["pages"] == 2
    assert "calibration.png" in done.stderr


def test_nothing_measured_and_ways_that_nobody_named_are_drawn_too(tmp_path: Path) -> None:
    nothing = {"map": None, "gap": None}
    figures = {
        "pages": 0,
        "lines": 0,
        "confidence": {"ece": None, "bins": []},
        "search": {"new": nothing, "ink": nothing},
    }
    prepare(tmp_path)
    curves: dict[str, list[tuple[float, float]]] = {"new": [(0.5, 1.0), (1.0, 0.5)], "ink": []}
    files = draw(tmp_path, {**figures, "collections": {"one": figures}}, curves, {"one": curves})
    assert {file.name for file in files} == FILES


def test_every_way_has_its_own_look() -> None:
    assert set(_WAYS) == {*WAYS, "fuzzy", "ink_exhaustive"}
    assert len({style.colour for style in _WAYS.values()}) == len(_WAYS)
    assert len({(style.dash, style.width) for style in _WAYS.values()}) == len(_WAYS)


@pytest.mark.skipif("os.name == 'nt' or os.geteuid() == 0", reason="whoever may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="not writable"):
        prepare(tmp_path)
