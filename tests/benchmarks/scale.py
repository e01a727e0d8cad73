"""How search and commit hold up at 200,000 lines, against SQLite's FTS5 on the same lines in the same run.

python tests/benchmarks/scale.py [LINES]
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from indexer.catalog import Catalog
from indexer.model import Box, Line, Origin, PageReading, Reading, SearchOptions, SourceFile
from indexer.search import SearchIndex, find

LINES_A_PAGE = 30
WORDS = 60_000


def vocabulary(chance: random.Random) -> list[str]:
    """Made-up words of two to five syllables."""
    syllables = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "u", "er", "on")]
    return sorted({"".join(chance.choices(syllables, k=chance.randint(2, 5))) for _ in range(WORDS)})


def line_texts(chance: random.Random, words: list[str], number: int) -> list[str]:
    """Lines of eight words, frequent ones as frequent as in a language."""
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    drawn = chance.choices(words, weights, k=number * 8)
    return [" ".join(drawn[start : start + 8]) for start in range(0, len(drawn), 8)]


def pages(texts: list[str], first: int = 0) -> list[tuple[SourceFile, PageReading, str]]:
    made = []
    for start in range(0, len(texts), LINES_A_PAGE):
        name = f"{first + start}"
        lines = tuple(
            (Reading(Line(text, 0.9, Box(0, 40 * n, 900, 36)), Origin("e")),)
            for n, text in enumerate(texts[start : start + LINES_A_PAGE])
        )
        made.append((SourceFile(Path(f"/a/{name}.png"), name, 1, 0.0), PageReading(1, 1000, 1400, lines, 1), "{}"))
    return made


def timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def median(what: Callable[[], object], times: int = 7) -> float:
    return statistics.median(timed(what) for _ in range(times))


def main(number: int) -> None:
    chance = random.Random(3)
    words = vocabulary(chance)
    chance.shuffle(words)
    texts = line_texts(chance, words, number)
    with tempfile.TemporaryDirectory() as name, Catalog(Path(name), create=True) as catalog:
        folder = Path(name)
        for file, _, _ in (made := pages(texts)):
            catalog._db.execute("INSERT INTO files (sha256, size) VALUES (?, 1)", (file.sha256,))
            catalog._db.execute(
                "INSERT INTO places SELECT ?, id, 0 FROM files WHERE sha256 = ?", (str(file.path).encode(), file.sha256)
            )
        catalog.store(made)
        index = SearchIndex(folder / "search")
        bulk = timed(lambda: index.sync(catalog))
        peer = sqlite3.connect(folder / "peer.sqlite")
        peer.execute("CREATE VIRTUAL TABLE lines USING fts5 (text)")
        peer_bulk = timed(lambda: peer.executemany("INSERT INTO lines VALUES (?)", [(text,) for text in texts]))
        print(f"bulk: {number / bulk:.0f} lines/s, {bulk / peer_bulk:.1f} x the time of FTS5")

        def add_page(extra: int) -> float:
            (row,) = pages(line_texts(chance, words, LINES_A_PAGE), 10_000_000 + extra)
            catalog.place(row[0])

            def commit() -> None:
                catalog.store([row])
                index.sync(catalog)

            return timed(commit)

        times = [add_page(extra) for extra in range(40)]
        print(f"a page more: median {statistics.median(times) * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms")
        common, rare = words[0], words[-1]
        for kind, query, match in (
            ("rare word", rare, rare),
            ("common word", common, common),
            ("two words", f"{words[20]} {words[30]}", f"{words[20]} {words[30]}"),
            ("phrase", f'"{words[0]} {words[1]}"', f'"{words[0]} {words[1]}"'),
            ("prefix", f"{words[50][:4]}*", f"{words[50][:4]}*"),
            ("one letter wrong", f"{words[500]}~", None),
        ):
            ours = median(lambda query=query: find(index, catalog, query, SearchOptions()))
            ratio = ""
            if match:
                sql = "SELECT rowid FROM lines WHERE lines MATCH ? ORDER BY rank LIMIT 20"
                theirs = median(lambda sql=sql, match=match: peer.execute(sql, (match,)).fetchall())
                ratio = f", {ours / theirs:.0f} x the time of FTS5"
            print(f"{kind}: {ours * 1000:.0f} ms{ratio}")
        command = [sys.executable, "-m", "indexer", "search", "--index", name, rare]
        process = median(lambda: subprocess.run(command, capture_output=True, check=True), 5)
        nothing = median(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), 5)
        print(f"notes search, whole process: {process:.2f} s ({process / nothing:.0f} x an empty Python)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
