"""Bundles: what is read on one machine and merged on another is what one machine reads, and nothing hostile gets in."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from indexer.recognition.bundle import Bundle, Head, Said, head_of, head_pages, opened, sealed
from indexer.recognition.bundling import Part
from indexer.recognition.messages import Failed, Read, Refused
from indexer.values import Block, Box, Line, Origin, PageReading, Picture, Reading, Word
from indexer.values.errors import UsageError

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"
LINES = """
SELECT files.sha256, pages.number AS page, pages.label, pages.width, pages.height, pages.turned, pages.recipe,
    pages.incomplete, lines.number, lines.x, lines.y, lines.width AS wide, lines.height AS high, lines.polygon,
    lines.baseline, lines.status, readings.text, readings.confidence, readings.words, readings.posteriorgram,
    readings.chosen, origins.engine, origins.version, origins.settings, blocks.number AS block, blocks.kind
FROM readings JOIN lines ON lines.id = line_id JOIN pages ON pages.id = lines.page_id
JOIN files ON files.id = pages.file_id JOIN origins ON origins.id = origin_id
LEFT JOIN blocks ON blocks.id = lines.block_id
WHERE files.sha256 IN ({}) ORDER BY files.sha256, page, lines.number, readings.id
"""


def lines_of(index: Path, *files: Path) -> list[tuple[Any, ...]]:
    """Every reading that an index has of the contents of files, with all that is kept of it but its number."""
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    db = sqlite3.connect(index / "catalog.sqlite")
    found = db.execute(LINES.format(",".join("?" * len(digests))), digests).fetchall()
    db.close()
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def box(notes, make_page) -> Path:
    """Five pages in folders, one of which cannot be read, and two of one content."""
    folder = notes.home / "box"
    for n in range(3):
        make_page(folder / f"{n}" / "page.png", 200 + n)
    make_page(folder / "bad.png", 300)
    shutil.copy(folder / "0" / "page.png", folder / "copy.png")
    (folder / "broken.png").write_text("no image")
    notes.fake_engine(raise_at=300)
    return folder


def test_real_pages_that_were_carried_are_what_one_machine_reads(notes, read_once) -> None:
    page = ARCHIVE / "stanford" / "stanford-09.jpg"
    elsewhere = notes.home / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(page, elsewhere / "renamed.jpg")
    made = notes.json("read", "--bundle", "bundles", page)
    assert (made["pages_read"], made["bundles"], made["failures"]) == (1, 1, [])
    assert not notes.index.exists()
    merged = notes.json("merge", "bundles", "--files", elsewhere)
    assert (merged["pages"], merged["pages_there"], merged["files_absent"]) == (1, 0, {})
    here = lines_of(notes.index, page)
    assert any(posteriorgram for *_, posteriorgram, _, _, _, _, _, _ in here)
    assert here == lines_of(read_once.index, page)
    assert "renamed.jpg" in notes.run("show", "1").stderr


def test_parts_have_every_page_once_and_merged_they_are_the_index(notes, box) -> None:
    for part in ("1/3", "2/3", "3/3"):
        notes.run("read", "--bundle", "bundles", "--part", part, "box", rc=(0, 3))
    heads = [head_of(path.read_bytes()) for path in (notes.home / "bundles").iterdir()]
    assert sorted(head.name for head in heads if head.pages)[:3] == ["0/page.png", "1/page.png", "2/page.png"]
    merged = notes.json("merge", "bundles", "--files", "box", rc=3)
    assert (merged["pages"], merged["bundles_refused"], merged["files_absent"]) == (3, [], {})
    carried, notes.index = notes.index, notes.home / "other"
    notes.environ["NOTES_INDEX"] = str(notes.index)
    indexed = notes.json("index", "box", rc=3)
    files = list(box.rglob("*.png"))
    assert lines_of(carried, *files) == lines_of(notes.index, *files)
    told = {(each["path"], each["page"], each["message"]) for each in indexed["failures"]}
    assert {(each["path"], each["page"], each["message"]) for each in merged["failures"]} < told
    assert len(told) == 2, "what is no image has no content that could be carried"


def test_merging_again_changes_nothing_and_only_the_files_of_bundles_are_touched(notes, box, make_page) -> None:
    notes.run("read", "--bundle", "bundles", "box/0", "box/1")
    make_page(box / "new.png", 250)
    notes.run("merge", "bundles", "--files", "box")
    before = lines_of(notes.index, *box.rglob("*.png"))
    assert len(before) == 4
    again = notes.json("merge", "bundles")
    assert (again["pages"], again["pages_there"], again["files"]["read"]) == (0, 2, 0)
    assert lines_of(notes.index, *box.rglob("*.png")) == before


def test_reading_goes_on_where_it_was(notes, box) -> None:
    notes.fake_engine(tell=str(notes.home / "told"))
    notes.run("read", "--bundle", "bundles", "box/0")
    kept = contents(notes.home / "bundles")
    (notes.home / "bundles" / ("0" * 16 + "-00001-00000000.bundle")).write_bytes(next(iter(kept.values()))[:-9])
    done = notes.json("read", "--bundle", "bundles", "box", rc=3)
    assert (done["pages_read"], done["pages_there"]) == (3, 1)
    assert sorted((notes.home / "told").read_text().split()) == ["200", "201", "202", "300"]
    assert kept.items() <= contents(notes.home / "bundles").items()


def test_the_pages_of_one_large_file_are_shared_out(notes) -> None:
    notes.fake_engine()
    pages = [Image.new("L", (200, 100), 255) for _ in range(20)]
    pages[0].save(notes.home / "long.tif", save_all=True, append_images=pages[1:])
    with (notes.home / "long.tif").open("r+b") as stream:
        stream.truncate(65 << 20)
    first, second = (
        notes.json("read", "--bundle", "bundles", "--part", part, "long.tif")["pages_read"] for part in ("1/2", "2/2")
    )
    assert sorted((first, second)) == [4, 16]
    assert notes.json("merge", "bundles", "--files", "long.tif")["pages"] == 20


def test_what_is_refused_is_named_and_the_rest_is_taken(notes, box) -> None:
    notes.run("read", "--bundle", "bundles", "box/0", "box/1", "box/2")
    one, two, three = sorted((notes.home / "bundles").iterdir())
    one.write_bytes(one.read_bytes()[:-20])
    two.write_bytes(two.read_bytes().replace(b"notes-bundle 1", b"notes-bundle 7"))
    (notes.home / "bundles" / "photo.bundle").write_bytes(b"\x89PNG\r\n")
    merged = notes.json("merge", "bundles", "--files", "box", rc=3)
    said = {Path(each["path"]).name: each["message"] for each in merged["bundles_refused"]}
    assert said.keys() == {one.name, two.name, "photo.bundle"}
    assert "checksum" in said[one.name]
    assert "made by a newer notes" in said[two.name]
    assert "Update notes" in said[two.name]
    assert (merged["pages"], merged["files_absent"]) == (1, {})
    assert three.exists()
    assert "no bundle" in notes.run("merge", box, rc=2).stderr


def test_what_was_read_otherwise_is_taken_when_that_is_asked_for(notes, box) -> None:
    notes.run("index", "box/0")
    notes.fake_engine(more=1)
    notes.run("read", "--bundle", "bundles", "box/0", "box/1")
    refused = notes.json("merge", "bundles", "--files", "box", rc=3)
    assert refused["pages"] == 0
    assert len(refused["bundles_refused"]) == 2
    assert '"more": 1' in refused["bundles_refused"][0]["message"]
    taken = notes.json("merge", "bundles", "--files", "box", "--other-settings")
    assert (taken["pages"], taken["bundles_refused"]) == (2, [])
    assert notes.json("merge", "bundles", "--other-settings")["pages"] == 0


def test_what_no_file_here_has_is_counted_and_named(notes, box) -> None:
    notes.run("read", "--bundle", "bundles", "box/0", "box/1")
    (box / "1" / "page.png").write_bytes((box / "2" / "page.png").read_bytes())
    merged = notes.json("merge", "bundles", "--files", "box", rc=3)
    assert (merged["pages"], merged["files_absent"]) == (1, {"page.png": 1})
    assert "no file here has the content of page.png" in notes.run("merge", "bundles", rc=3).stderr


def test_what_is_forgotten_is_not_taken_and_that_is_said(notes, box) -> None:
    notes.run("read", "--bundle", "bundles", "box/0", "box/1")
    notes.run("merge", "bundles", "--files", "box")
    notes.run("forget", "box/1/page.png", "--yes")
    merged = notes.json("merge", "bundles", "--files", "box")
    assert (merged["pages"], merged["passed_over"]) == (0, {"forgotten": 1})
    assert "notes forget --undo" in notes.run("merge", "bundles", "--files", "box").stderr


def test_a_page_that_a_person_turned_or_with_another_text_beside_it_is_not_taken(notes, box) -> None:
    del notes.environ["NOTES_SIDECAR_TEXT"]
    (box / "1" / "page.txt").write_text("alpha page201\n")
    notes.run("read", "--bundle", "bundles", "box/0", "box/1")
    (box / "1" / "page.txt").write_text("another text\n")
    notes.run("index", "box/0")
    notes.run("turn", "right", "box/0/page.png", "--json")
    merged = notes.json("merge", "bundles", "--files", "box", "--other-settings", rc=3)
    assert (merged["pages"], merged["pages_read_otherwise"]) == (0, 1)


def test_text_beside_pages_can_be_left_aside_in_bundles_too(notes, box) -> None:
    del notes.environ["NOTES_SIDECAR_TEXT"]
    (box / "1" / "page.txt").write_text("alpha page201\n")
    ignored = ("--sidecar-text", "ignore")
    notes.run("read", "--bundle", "bundles", *ignored, "box/1")
    assert notes.json("merge", "bundles", "--files", "box", rc=3)["pages_read_otherwise"] == 1
    assert notes.json("merge", "bundles", *ignored, "--files", "box")["pages"] == 1
    assert lines_of(notes.index, box / "1" / "page.png")
    assert "--bundle" in notes.run("read", *ignored, "box/1", rc=2).stderr


def test_failures_of_pages_that_no_bundle_has_are_still_told(notes, make_page) -> None:
    notes.fake_engine(raise_at=202)
    pages = [Image.new("L", (200 + n, 100), 255) for n in range(3)]
    pages[0].save(notes.home / "three.tif", save_all=True, append_images=pages[1:])
    notes.run("index", "three.tif", rc=3)
    notes.fake_engine(raise_at=201)
    notes.run("read", "--bundle", "bundles", "three.tif", rc=3)
    for path in (notes.home / "bundles").iterdir():
        bundle = opened(path.read_bytes())
        first = Said(tuple(each for each in bundle.said.read if each.reading.number == 1))
        path.write_bytes(
            sealed(replace(bundle.head, pages=head_pages(first)[0], texts=("",) * len(first.read), failed=()), first)
        )
    notes.run("merge", "bundles", "--other-settings", rc=(0, 3))
    assert [each["page"] for each in notes.json("status")["failures"]] == [3]


def test_a_part_that_is_none_and_a_folder_that_cannot_be_written_are_said(notes, box) -> None:
    for part in ("0/3", "4/3", "a/b", "3", "1/" + "9" * 30):
        assert "names no part" in notes.run("read", "--bundle", "bundles", "--part", part, "box", rc=2).stderr
    assert "--bundle" in notes.run("read", "--part", "1/2", "box", rc=2).stderr
    (notes.home / "file").touch()
    assert "no bundle can be written" in notes.run("read", "--bundle", "file", "box", rc=5).stderr
    assert "no such file or folder" in notes.run("merge", "box", "--files", "nowhere", rc=2).stderr


# ── round trips, and what comes from elsewhere ──────────────────────────────────────────────────────────────────────

RECIPE = '{"engine": "fake", "version": "1"}'
HEAD = Head("a" * 64, "a.png", RECIPE, "2026-01-01T00:00:00+00:00", "0.1")
points = st.tuples(st.floats(-100, 5000, allow_nan=False), st.integers(-100, 5000))
boxes = st.builds(Box, *[st.integers(-100, 5000)] * 4)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
sure = st.none() | st.floats(0, 1)
words = st.builds(Word, texts, sure, boxes)
blocks = st.none() | st.builds(Block, st.integers(1, 9), st.sampled_from(["main", "margin", "table"]), boxes)
made_lines = st.builds(
    Line, texts, sure, boxes, st.lists(points, max_size=3).map(tuple), st.lists(words, max_size=2).map(tuple),
    st.none() | st.binary(max_size=9).map(lambda data: b"\x00" + data), blocks, st.lists(points, max_size=3).map(tuple),
)  # fmt: skip
readings = st.builds(Reading, made_lines, st.builds(Origin, st.sampled_from(["fake", "sidecar", "text-layer"]), texts))
pictures = st.none() | st.builds(Picture, texts, st.sampled_from([b"", zlib.compress(bytes(64 * 64))]))
pages = st.builds(
    PageReading, st.integers(1, 99), st.integers(0, 5000), st.integers(0, 5000),
    st.lists(st.lists(readings, min_size=1, max_size=2).map(tuple), max_size=2).map(tuple), st.floats(0, 99),
    st.none() | texts, st.none() | texts, pictures, st.sampled_from([0, 90, 180, 270]),
    st.lists(st.tuples(points, points), max_size=2).map(tuple),
)  # fmt: skip
said = st.builds(
    Said,
    st.lists(pages, max_size=2, unique_by=lambda page: page.number).map(lambda read: tuple(map(Read, read))),
    st.lists(st.builds(Failed, st.none() | st.integers(1, 9), texts, texts), max_size=2).map(tuple),
    st.lists(st.builds(Refused, st.none() | st.integers(1, 9), texts), max_size=1).map(tuple),
)
small = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@small
@given(said)
def test_what_is_sealed_is_what_is_opened(given_said: Said) -> None:
    read, failed = head_pages(given_said)
    head = replace(HEAD, pages=read, failed=failed, texts=("",) * len(read))
    data = sealed(head, given_said)
    found = opened(data)
    assert found.said == given_said
    assert found == Bundle(replace(head, size=found.head.size), given_said)


def packed(head: object, body: object, size: int | None = None) -> bytes:
    """A bundle as somebody else may build it: any JSON in it, with a checksum that is right."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"sha256": "a" * 64, "name": "a", "recipe": RECIPE, "made": "", "program": "", "size": len(text)}
    if isinstance(head, dict):
        head = told | head
    if size is not None:
        head["size"] = size
    rest = json.dumps(head).encode() + b"\n" + zlib.compress(text)
    return b"notes-bundle 1\n" + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from(["human", "../../x", "\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["read", "failed", "reading", "number", "lines", "line", "text", "box", "x", "page", "origin", "engine"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@small
@given(plain, plain)
@example({}, b"[" * 100_000)
@example({}, b'{"read": ' * 20_000)
@example({"sha256": "../../etc/passwd"}, {})
@example({"pages": [1e400]}, {})
def test_whatever_stands_in_a_bundle_is_refused_with_a_sentence(head: object, body: object) -> None:
    with contextlib.suppress(UsageError):
        found = opened(packed(head, body))
        assert sealed(found.head, found.said)


@given(st.data())
@settings(max_examples=60)
def test_a_bundle_with_a_bit_changed_or_a_piece_lost_is_none(data: st.DataObject) -> None:
    page = PageReading(1, 9, 9, ((Reading(Line("a", 0.5, Box(1, 1, 5, 5)), Origin("fake")),),), 0.0)
    whole = sealed(replace(HEAD, pages=(1,), texts=("",)), Said((Read(page),)))
    at = data.draw(st.integers(0, len(whole) - 1))
    altered = whole[:at] if data.draw(st.booleans()) else bytes([*whole[:at], whole[at] ^ 1, *whole[at + 1 :]])
    with pytest.raises(UsageError):
        opened(altered)


def line_of(**more: object) -> dict[str, object]:
    line = {"text": "a", "confidence": None, "box": {"x": 0, "y": 0, "width": 5, "height": 5}}
    origin = {"engine": "fake"} | {name: more.pop(name) for name in ("engine", "settings") if name in more}
    reading = {"line": line | more, "origin": origin}
    return {"number": 1, "width": 9, "height": 9, "seconds": 0.1, "lines": [[reading]]}


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (line_of(engine="human"), "a person's word"),
        (line_of(confidence=7), "confidence"),
        (line_of(box={"x": 10**30, "y": 0, "width": 5, "height": 5}), "beyond"),
        (line_of(posteriorgram="AgAA"), "posteriorgram"),
        (line_of(polygon=[[0, "a"]]), "number"),
        (line_of() | {"number": -1}, "page"),
        (line_of() | {"picture": {"digest": "a", "look": "eJwDAAAAAAE="}}, "picture"),
        (line_of() | {"sidecar": {"path": "/etc/passwd"}}, "Sidecar"),
        (line_of() | {"turned": 45}, "askew"),
        (line_of() | {"label": "half\ud800"}, "surrogates"),
        (line_of(engine="half\ud800"), "surrogates"),
        (line_of() | {"picture": {"digest": "half\ud800", "look": ""}}, "surrogates"),
        (line_of(settings='{"languages": {"en": 0}}'), "languages"),
        (line_of() | {"lines": [[]]}, "without a reading"),
    ],
)
def test_values_that_no_worker_gives_are_refused(page: dict[str, object], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        opened(packed({"pages": [page["number"]], "texts": [""]}, {"read": [{"reading": page}]}))


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(bytes(80 << 20), 1)
    for size in (10, 80 << 20, -1):
        told = json.dumps({"sha256": "a" * 64, "name": "a", "recipe": RECIPE, "made": "", "program": "", "size": size})
        rest = told.encode() + b"\n" + bomb
        with pytest.raises(UsageError, match="unpack"):
            opened(b"notes-bundle 1\n" + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)


@given(st.lists(texts, max_size=20), st.integers(1, 50), st.integers(0, 9))
def test_every_page_is_in_one_part(places: list[str], of: int, chunk: int) -> None:
    for place in places:
        assert sum(Part(number, of).has(place, chunk) for number in range(1, of + 1)) == 1
    assert all(Part(1, 2).has(place) == Part(1, 2).has(place.upper()) for place in places if place.isascii())
