"""The probabilistic index on disk: the same after many commits as after one, and made good whatever happened to its
files."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.posteriors.alignment import Batch
from indexer.posteriors.letters_wrong import nats
from indexer.posteriors.posteriorgram import PosteriorgramPacker, unpack
from indexer.search.spotting import ProbabilisticIndex, Spotter, Term, candidates, probabilistic_index
from indexer.values import IndexLine, Status

if TYPE_CHECKING:
    from conftest import MemoryCatalogue

CHARACTERS = ["", *"abcdehilmnorstu", " "]
PACKER = PosteriorgramPacker(CHARACTERS)
WORDS = ("alte", "baum", "mauer", "stein", "rathaus", "haus", "chaos", "molen")


def inked(number: int, line: tuple[str, Status]) -> IndexLine:
    """A line with the ink of its text, if it has one."""
    text, status = line
    return IndexLine(number, text, 0.5, status, posteriorgram=spelt(text) if text else None)


def spelt(text: str) -> bytes:
    table = np.full((2 * len(text), len(CHARACTERS)), 0.01, np.float32)
    for at, letter in enumerate(text):
        table[2 * at, CHARACTERS.index(letter)] = table[2 * at + 1, 0] = 0.8
    return PACKER.pack(table, len(table))


def found(index: ProbabilisticIndex) -> dict[str, dict[int, float]]:
    finder = Spotter(index.segments())
    return {
        word: dict(zip(finder.lines.tolist(), np.round(finder.relevance(Term(word)), 5).tolist(), strict=True))
        for word in WORDS
    }


@pytest.fixture
def grown(tmp_path: Path, memory_catalogue) -> tuple[MemoryCatalogue, ProbabilisticIndex]:
    """Pages put, changed and dropped over eighty commits."""
    shelf, index = memory_catalogue(inked), ProbabilisticIndex(tmp_path / "grown")
    states = (Status.ACCEPTED, Status.REVIEW, Status.REJECTED)

    def lines(chance: random.Random) -> list[tuple[str, Status]]:
        texts = [" ".join(chance.choices(WORDS, k=chance.randint(0, 4))) for _ in range(chance.randint(0, 9))]
        return [(text, chance.choice(states)) for text in texts]

    shelf.grow(index, 80, 30, lines)
    return shelf, index


def test_many_commits_leave_what_one_commit_would_in_few_files(grown, tmp_path: Path) -> None:
    shelf, index = grown
    assert index.agrees(shelf)
    fresh = ProbabilisticIndex(tmp_path / "fresh")
    fresh.sync(shelf)
    assert found(index) == found(fresh)
    lines = {line.id for page in shelf.pages.values() for line in page.lines if line.status is not Status.REJECTED}
    assert set(found(index)["haus"]) == lines
    assert len(list(index.folder.glob("*.ink"))) <= 24


def test_a_word_is_most_probable_in_the_lines_that_have_it(grown) -> None:
    shelf, index = grown
    texts = {line.id: line.text for page in shelf.pages.values() for line in page.lines}
    for word, relevances in found(index).items():
        those = [relevance for line, relevance in relevances.items() if word in texts[line].split()]
        others = [relevance for line, relevance in relevances.items() if word not in texts[line].split()]
        assert min(those) > max(others)


def test_lines_are_not_aligned_again_with_a_word_when_others_change(grown, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, index = grown
    aligned: list[int] = []

    def counted(term: Term, batch: Batch) -> np.ndarray:
        aligned.append(len(batch.lengths))
        return nats(term, batch)

    monkeypatch.setattr(candidates, "nats", counted)
    monkeypatch.setattr(probabilistic_index, "to_merge", lambda _sizes: [])
    index.finder().relevance(Term("haus"))
    assert sum(aligned) > 50
    aligned.clear()
    page = min(shelf.pages)
    shelf.put(page, [("haus rat", Status.ACCEPTED), ("", Status.ACCEPTED), ("rat", Status.ACCEPTED)])
    index.sync(shelf)
    finder = index.finder()
    again = finder.relevance(Term("haus"))
    assert sum(aligned) == 2, "those of the page that have ink"
    assert np.array_equal(again, Spotter(index.segments()).relevance(Term("haus")))
    assert again[finder.lines == shelf.pages[page].lines[0].id] > 0.5


@pytest.mark.parametrize("damage", ["junk", "short", "gone", "manifest", "foreign", "left over"])
def test_an_index_that_is_damaged_or_of_another_catalogue_is_made_again(grown, damage: str) -> None:
    shelf, index = grown
    whole = found(index)
    (file, *_) = sorted(index.folder.glob("*.ink"))
    if damage == "junk":
        file.write_bytes(b"junk")
    elif damage == "short":
        file.write_bytes(file.read_bytes()[:-100])
    elif damage == "gone":
        file.unlink()
    elif damage == "manifest":
        (index.folder / "manifest.json").write_text("{")
    elif damage == "foreign":
        shelf.uuid = "another"
    else:
        (index.folder / "999.ink").write_bytes(b"of a run that was killed")
    assert index.agrees(shelf) == (damage == "left over")
    shelf.revision += damage == "left over"
    index.sync(shelf)
    assert index.agrees(shelf)
    assert found(index) == whole
    assert not (index.folder / "999.ink").exists()


def test_pages_of_more_lines_than_a_segment_takes_are_spread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory_catalogue
) -> None:
    shelf = memory_catalogue(inked)
    whole, spread = ProbabilisticIndex(tmp_path / "whole"), ProbabilisticIndex(tmp_path / "spread")
    shelf.put(1, [(word, Status.ACCEPTED) for word in WORDS * 3])
    whole.sync(shelf)
    monkeypatch.setattr("indexer.search.spotting.probabilistic_index.MOST_LINES", 10)
    spread.sync(shelf)
    assert len(list(spread.folder.glob("*.ink"))) == 3
    assert found(spread) == found(whole)
    shelf.put(1, [("haus", Status.ACCEPTED)])
    spread.sync(shelf)
    assert len(found(spread)["haus"]) == 1


def many(shelf: MemoryCatalogue, lines: int) -> None:
    """A page of lines without ink."""
    shelf.put(shelf.revision + 1, [("", Status.ACCEPTED)] * lines)


def test_the_files_are_few_whatever_the_archive_holds(tmp_path: Path, memory_catalogue) -> None:
    shelf, index = memory_catalogue(inked), ProbabilisticIndex(tmp_path / "ink")
    for _ in range(60):
        many(shelf, 5_000)
        index.sync(shelf)
        assert len([file for file in index.folder.glob("*.ink") if file.stat().st_size > 100_000]) <= 7
    assert len(list(index.folder.iterdir())) <= 16
    assert len(Spotter(index.segments())) == 300_000


def test_what_is_open_is_opened_once(grown) -> None:
    shelf, index = grown
    before = index.segments()
    assert [each is other for (each, _), (other, _) in zip(before, index.segments(), strict=True)]
    shelf.put(1_000, [("haus", Status.ACCEPTED)])
    index.sync(shelf)
    kept = {id(segment) for segment, _ in before}
    assert sum(id(segment) in kept for segment, _ in index.segments()) >= 1


@pytest.mark.parametrize("change", ["changed", "dropped", "made anew"])
def test_what_happens_while_parts_are_joined_is_kept(
    tmp_path: Path, monkeypatch, change: str, memory_catalogue
) -> None:
    from indexer.search.spotting import probabilistic_index

    shelf, index = memory_catalogue(inked), ProbabilisticIndex(tmp_path / "ink")
    with monkeypatch.context() as apart:
        apart.setattr(probabilistic_index, "to_merge", lambda sizes: [])
        for page in range(1, 9):
            shelf.put(page, [("haus", Status.ACCEPTED), ("baum", Status.ACCEPTED)])
            index.sync(shelf)
        shelf.put(3, [("stein", Status.ACCEPTED)])  # page 3 is dead in one part and lives in another
        index.sync(shelf)

    def while_saved(segments, path, original=probabilistic_index.save) -> None:
        original(segments, path)
        if path.suffix == ".part":
            shelf.happens(change, [("mauer", Status.ACCEPTED)])
            ProbabilisticIndex(index.folder).sync(shelf)

    monkeypatch.setattr(probabilistic_index, "save", while_saved)
    index.tidy()
    monkeypatch.undo()
    fresh = ProbabilisticIndex(tmp_path / "fresh")
    fresh.sync(shelf)
    assert found(index) == found(fresh)


def test_too_many_open_files_are_told(grown, monkeypatch) -> None:
    from indexer.search.spotting import probabilistic_index
    from indexer.values.errors import IndexFolderError

    def full(_: Path) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(probabilistic_index, "load", full)
    with pytest.raises(IndexFolderError, match="too many open files") as told:
        ProbabilisticIndex(grown[1].folder).segments()
    assert "ulimit" in told.value.hint


@given(st.integers(1, 40), st.integers(1, 400), st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_what_is_packed_is_unpacked(frames: int, letters: int, seed: int, levels: int) -> None:
    """Whatever the number of letters and however many are as likely as each other."""
    random = np.random.default_rng(seed)
    values = random.integers(0, levels, (frames, letters + 1)).astype(np.float32) + 0.01
    values /= values.sum(axis=1, keepdims=True)
    packed = PosteriorgramPacker(["", *(chr(0x4E00 + number) for number in range(letters))]).pack(values, float(frames))
    unpacked = unpack(packed)
    table = len("".join(symbol or "\0" for symbol in unpacked.symbols).encode())
    head = struct.calcsize("<BHHfBB")
    entries = zlib.decompress(packed[head + table :], wbits=-15)
    assert len(entries) == frames + (2 if len(unpacked.symbols) <= 256 else 3) * len(unpacked.cost)
    counts = np.bincount(unpacked.frame, minlength=frames)
    assert counts.min() >= 1
    assert counts.max() <= 8
    for frame in range(frames):
        here = unpacked.frame == frame
        best = unpacked.symbols[unpacked.symbol[here][np.argmin(unpacked.cost[here])]]
        at = 0 if best == "" else ord(best) - 0x4E00 + 1
        assert values[frame, at] == values[frame].max()


def test_a_line_that_is_too_long_to_be_kept_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        PosteriorgramPacker(["", "a"]).pack(np.full((70_000, 2), 0.5, np.float32), 70_000.0)


def test_who_is_far_behind_joins_parts_on_the_way(tmp_path: Path, monkeypatch, memory_catalogue) -> None:
    from indexer.search import changes

    monkeypatch.setattr(changes, "_PAGES_A_COMMIT", 1)
    shelf, index, most = memory_catalogue(inked), ProbabilisticIndex(tmp_path / "ink"), 0
    for _ in range(80):
        many(shelf, 20)

    class Counting(memory_catalogue):
        def changed_pages(self, since: int):
            nonlocal most
            for page in memory_catalogue.changed_pages(self, since):
                most = max(most, len(list(index.folder.glob("*.ink"))))
                yield page

    shelf.__class__ = Counting
    index.sync(shelf)
    assert index.agrees(shelf)
    assert most <= 20
