"""Lists of hits of other programs: the task that they get, and what their hits are worth."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.catalog import Catalog
from indexer.evaluation import spotting

MISSING = "tantivy is not installed, so it is not measured: pip install tantivy"
ARCHIVE = Path(__file__).parents[1] / "data" / "archive"


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one page and its ground truth."""
    monkeypatch.setenv("NOTES_PLUGIN_PATH", "")
    folder = tmp_path / "letters"
    folder.mkdir()
    for name in ("poilus-06.jpg", "poilus-06.xml"):
        shutil.copy(ARCHIVE / "poilus" / name, folder)
    return folder


def figures(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert spotting.main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)["ways"]


def asked(pages: Path, capsys: pytest.CaptureFixture[str]) -> list[dict]:
    assert figures(capsys, pages, "--task", pages.parent / "task.jsonl") == {}
    return [json.loads(line) for line in (pages.parent / "task.jsonl").read_text(encoding="utf-8").splitlines()]


def written(path: Path, hits: list[dict]) -> Path:
    path.write_text("".join(json.dumps(hit) + "\n" for hit in hits), encoding="utf-8")
    return path


def test_who_finds_just_what_was_asked_for_is_perfect(pages: Path, capsys) -> None:
    task = asked(pages, capsys)
    assert "testament" in {each["query"] for each in task}
    places = [(each["query"], place) for each in task for place in each["lines"]]
    assert {place["file"] for _, place in places} == {"letters/poilus-06.jpg"}
    perfect = [{"query": query, **place, "score": 0.9} for query, place in places]
    made = figures(capsys, pages, "--hits", written(pages.parent / "perfect.jsonl", perfect))["perfect.jsonl"]
    assert (made["map"], made["gap"], made["precision"], made["recall"]) == (1, 1, 1, 1)
    assert made["queries"] == len(task)
    assert "relevance" not in made, "nothing was promised"


def test_half_of_it_with_what_stands_nowhere_is_worth_less(pages: Path, capsys) -> None:
    places = [(each["query"], place) for each in asked(pages, capsys) for place in each["lines"]]
    hits = [{"query": query, **place, "score": 0.5} for query, place in places[::2]]
    wrong = [{"query": query, **place, "box": [-50, -50, 9, 9], "score": 0.5} for query, place in places[::2]]
    missed = [{"query": places[0][0], "expected_missed": 7.5}]
    made = figures(capsys, pages, "--hits", written(pages.parent / "half.jsonl", hits + wrong + missed))["half.jsonl"]
    assert made["recall"] == pytest.approx(len(hits) / len(places))
    assert made["precision"] == pytest.approx(0.5)
    assert (made["expected_missed"], made["true_missed"]) == (7.5, len(places) - len(hits))
    assert made["relevance"]["ece"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"query": "soit"}', "line 2 is no hit: it has no file"),
        ("[1, 2]", "line 2 is no hit: it is"),
        ("{", "line 2 is no hit"),
        ("[" * 100_000, "line 2 is no hit"),
        ('{"query": "soit", "file": "b.jpg", "box": [1, 2, 3, 4], "score": 1}', "no ground truth of b.jpg, page 1"),
        ('{"query": "soit", "file": "b.jpg", "box": [1, 2, 3], "score": 1}', "the four of its box have to be numbers"),
        ('{"query": "soit", "file": "b.jpg", "box": [1, 2, 3, 4], "score": NaN}', "have to be numbers"),
    ],
)
def test_a_line_that_is_no_hit_is_named(pages: Path, capsys, line: str, said: str) -> None:
    file = pages.parent / "odd.jsonl"
    file.write_text(f"\n{line}\n", encoding="utf-8")
    assert spotting.main([str(pages), "--hits", str(file)]) == 2
    assert said in capsys.readouterr().err


def test_an_index_is_measured_beside_other_ways_of_searching_it(notes, pages: Path) -> None:
    notes.run("index", pages)
    command = [sys.executable, "-m", "indexer.evaluation.spotting", pages, "--index", notes.index]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True, env=notes.environ)
    rows = {line[:24].strip(): line[24:].split() for line in done.stdout.splitlines()}
    assert {"notes, ink", "notes, transcript", "Whoosh fuzzy", "FTS5 trigrams"} <= rows.keys()
    assert float(rows["notes, ink"][0]) > max(float(rows["Whoosh fuzzy"][0]), 0.8)
    assert float(rows["FTS5 trigrams"][-1]) > 0
    assert "notes, ink      the ink with --reach high" in done.stdout
    has_tantivy = any(name.startswith("tantivy") for name in rows)
    assert done.stderr == (
        "" if has_tantivy else "tantivy is not installed, so it is not measured: pip install tantivy\n"
    )


def test_pages_that_the_index_does_not_have_are_told(notes, pages: Path, capsys) -> None:
    with Catalog(notes.index, create=True):
        pass
    assert spotting.main([str(pages), "--index", str(notes.index)]) == 2
    assert "none of these pages was read" in capsys.readouterr().err


def test_where_nothing_is_measured_that_is_said(pages: Path, capsys) -> None:
    assert spotting.main([str(pages)]) == 2
    assert "--index, or lists of hits with --hits" in capsys.readouterr().err
