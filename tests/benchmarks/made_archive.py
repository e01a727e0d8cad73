"""A made archive of any size for ``scale.py``: text and ink of 20,000 lines, used over and over for all others.

Lines stand on pages of twenty, five pages a document; a fifth of them wait for review. Documents are described: a date,
a person, a place and tags, as a card index has them. The catalogue is written by SQL, the search index by its own door.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from indexer.catalog import Catalog
from indexer.posteriors.posteriorgram import PosteriorgramPacker
from indexer.search import SearchIndex, changes
from indexer.search.spotting import probabilistic_index as probabilistic_index
from indexer.search.spotting.segment import Segment, SegmentLine
from indexer.values.thresholds import Thresholds

LINES_A_PAGE, PAGES_A_DOCUMENT, WORDS_A_LINE = 20, 5, 6
TEMPLATE = 20_000
"""Lines of which text and ink are made; the others have theirs."""
WORDS = 40_000
CHARACTERS = ["", *"abcdefghijklmnopqrstuvwxyz", " "]


def vocabulary() -> list[str]:
    chance = random.Random(1)
    syllables = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "u", "er", "on")]
    words = sorted({"".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(WORDS)})
    chance.shuffle(words)
    return words


def texts(number: int) -> list[str]:
    """Lines in which frequent words are as frequent as in a language."""
    words = vocabulary()
    drawn = random.Random(2).choices(words, [1 / rank for rank in range(1, len(words) + 1)], k=number * WORDS_A_LINE)
    return [" ".join(drawn[start : start + WORDS_A_LINE]) for start in range(0, len(drawn), WORDS_A_LINE)]


def inked(text: str, chance: np.random.Generator, packer: PosteriorgramPacker) -> bytes:
    """Frames in which each letter stands, mostly the likeliest one, with two others that look like it."""
    table = np.full((2 * len(text), len(CHARACTERS)), 0.0005, np.float32)
    table[1::2, 0] = 0.95
    letters = np.array([CHARACTERS.index(letter) for letter in text])
    at, others = 2 * np.arange(len(text)), chance.integers(1, 27, (len(text), 2))
    sure = chance.uniform(0.35, 0.95, len(text)).astype(np.float32)
    for column in range(2):
        table[at, others[:, column]] = (1 - sure) / 2
    table[at, letters] = sure
    table[at[text.count(" ") :: 9], 0] = 0.3
    return packer.pack(table, len(table))


def make(folder: Path, lines: int, lines_a_page: int = LINES_A_PAGE, pages_a_document: int = PAGES_A_DOCUMENT) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    chance, packer = np.random.default_rng(3), PosteriorgramPacker(CHARACTERS)
    template = texts(min(lines, TEMPLATE))
    frames = [inked(text, chance, packer) for text in template]
    sures = [
        None if at % 50 == 7 else round(float(sure), 3) for at, sure in enumerate(chance.beta(6, 1.6, len(template)))
    ]
    with Catalog(folder, create=True) as catalog:
        catalog.set_thresholds(Thresholds(0.6))
        fill(catalog._db, template, frames, sures, (lines, lines_a_page, pages_a_document))
        describe(catalog, lines // lines_a_page // pages_a_document)
        began = time.perf_counter()
        with batches(len(template), lines_a_page):
            SearchIndex(folder / "search").sync(catalog)
            while SearchIndex(folder / "search").tidy():
                pass
        print(f"search index in {time.perf_counter() - began:.0f} s", flush=True)
    (folder / "made").touch()


def fill(
    db: sqlite3.Connection,
    template: list[str],
    frames: list[bytes],
    sures: list[float | None],
    size: tuple[int, int, int],
) -> None:
    lines, lines_a_page, pages_a_document = size
    pages = lines // lines_a_page
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN")
    db.execute("INSERT INTO origins (id, engine, version, settings) VALUES (1, 'made', '1', '{}')")
    files = range(1, pages // pages_a_document + 1)
    db.executemany(
        "INSERT INTO files (id, sha256, size, pages) VALUES (?, ?, 1, ?)",
        ((n, f"{n:064x}", pages_a_document) for n in files),
    )
    db.executemany(
        "INSERT INTO places (path, file_id, modified) VALUES (?, ?, 0)",
        ((f"/archive/box{n % 100}/scan-{n}.pdf".encode(), n) for n in files),
    )
    db.executemany(
        """INSERT INTO pages (id, file_id, number, width, height, recipe, seconds, read_at, revision)
        VALUES (?, ?, ?, 2000, 3000, '{}', 1, '', ?)""",
        ((p, (p - 1) // pages_a_document + 1, (p - 1) % pages_a_document + 1, p) for p in range(1, pages + 1)),
    )
    boxes = [json.dumps([[100, y], [1600, y], [1600, y + 80], [100, y + 80]]) for y in range(100, 2100, 100)]
    judged = ["unknown" if sure is None else "accepted" if sure >= 0.6 else "review" for sure in sures]
    db.executemany(
        """INSERT INTO lines (id, page_id, number, x, y, width, height, polygon, status)
        VALUES (?, ?, ?, 100, ?, 1500, 80, ?, ?)""",
        (
            (n + 1, n // lines_a_page + 1, at + 1, 100 * at + 100, boxes[at], judged[n % len(template)])
            for n in range(pages * lines_a_page)
            for at in (n % lines_a_page,)
        ),
    )
    words = [
        json.dumps([[word, sure, 100 + 240 * at, 100, 220, 80] for at, word in enumerate(text.split())])
        for text, sure in zip(template, sures, strict=True)
    ]
    db.executemany(
        """INSERT INTO readings (line_id, origin_id, text, confidence, words, posteriorgram, chosen)
        VALUES (?, 1, ?, ?, ?, ?, 1)""",
        (
            (n + 1, template[at], sures[at], words[at], frames[at])
            for n in range(pages * lines_a_page)
            for at in (n % len(template),)
        ),
    )
    db.execute("UPDATE meta SET value = ? WHERE key = 'revision'", (pages,))
    db.execute("COMMIT")
    db.execute("PRAGMA synchronous = FULL")


def describe(catalog: Catalog, documents: int) -> None:
    """Say of each document what a card says: a date, a person, a place and tags."""
    words = vocabulary()
    people, places, tags = ([each.capitalize() for each in words[start : start + n]] for start, n in _CARDS)
    catalog.come_with(
        {
            f"{n:064x}": {
                "date": [str(1700 + n * 7 % 250)],
                "person": [people[n % 83 * (n % 6)]],
                "place": [places[n % 61]],
                "tag": [tags[n % 7], tags[n % 29]],
            }
            for n in range(1, documents + 1)
        },
        "table",
    )


_CARDS = ((1000, 500), (2000, 61), (3000, 29))
"""Where people, places and tags begin among the words, and how many there are."""


@contextmanager
def batches(lines: int, lines_a_page: int) -> Iterator[None]:
    """Take over so many lines at once, the ink of which is laid out only the first time."""
    first: list[Segment] = []
    before = changes._PAGES_A_COMMIT, probabilistic_index.packed

    def packed(given: Sequence[SegmentLine]) -> Segment:
        if len(given) != lines:
            return before[1](given)
        if not first:
            first.append(before[1](given))
        made, at = first[0], {each.id: each.page for each in given}
        moved = given[0].id - made.lines.min()
        ids, following = made.lines + moved, np.where(made.next > 0, made.next + moved, 0)
        return replace(made, lines=ids, next=following, pages=np.array([at[each] for each in ids.tolist()]))

    changes._PAGES_A_COMMIT, probabilistic_index.packed = lines // lines_a_page, packed
    try:
        yield
    finally:
        changes._PAGES_A_COMMIT, probabilistic_index.packed = before
