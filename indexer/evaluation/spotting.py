"""How well words are found on pages with ground truth, by an index of ours and by other programs.

    notes index --index INDEX --sidecar-text ignore FOLDER
    python -m indexer.evaluation.spotting FOLDER… [--index INDEX] [--task FILE] [--hits FILE…] [--json]

The queries are the words of the ground truth, the figures those of ``notes evaluate`` (``indexer.evaluation.metrics``).
With ``--index`` the pages are searched as they were read there: in the ink with each reach, in what was read, and by
peers (``indexer.evaluation.peers``); tantivy where it is installed. The times are those of the first 20 hits, without
opening. ``--task`` writes the queries and where they stand, ``--hits`` measures what another program found
(``indexer.evaluation.hit_lists``).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.api.registry import load_registry
from indexer.catalog import Catalog
from indexer.evaluation.evaluate import collection_of_lines, found_by_words, read_pages, with_truth
from indexer.evaluation.hit_lists import measured, task
from indexer.evaluation.metrics import Found, MeasuredPage, queries, search
from indexer.evaluation.peers import Peer, peers
from indexer.search import Finder, SearchIndex
from indexer.system.files import replacing
from indexer.system.settings import load
from indexer.text.folding import search_words
from indexer.translation import _
from indexer.values import SIDECAR, Failure, SearchOptions
from indexer.values.errors import NotesError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from indexer.evaluation.evaluate import WithTruth
    from indexer.formats.groundtruth import TruthPage

_FIRST = 20
_COLUMNS = ("map", "gap", "precision", "recall", "expected_missed", "true_missed", "ece", "median_ms", "p95_ms")
_MEANING = """\
map, gap        how far in front the lines are that have the word: for each word, and in one ranking of all words
precision       share of the lines found that have the word
recall          share of the lines with the word that are found
expected_missed, true_missed: how many of these are not found, as is said with the answer, and truly
ece             how far the probabilities that are shown are from the shares that are right
median_ms       milliseconds until the first 20 hits; 95 % of the queries take at most p95_ms
notes, transcript: what was read; accepted: lines that do not wait for review; fuzzy: with one or two wrong letters
notes, ink      the ink with --reach high; ink_normal and ink_low with these; ink_exhaustive: every line is aligned"""
"""What the columns and the rows of ours are."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m indexer.evaluation.spotting",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--index", type=Path, help="an index that the pages were read into")
    parser.add_argument("--task", type=Path, metavar="FILE", help="write the queries and where they stand")
    parser.add_argument("--hits", type=Path, nargs="+", default=[], metavar="FILE", help="hits of other programs")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args(arguments)
    try:
        figures = _measured(given.folders, given.index, given.task, given.hits)
    except NotesError as error:
        sys.stderr.write(f"notes: {error.message}\n{error.hint}\n")
        return error.exit_code
    print(json.dumps({"schema": 1, "ways": figures}, indent=1) if given.json else _table(figures))  # noqa: T201 - a command
    return 0


def _measured(
    folders: Sequence[Path], index: Path | None, to: Path | None, hits: Sequence[Path]
) -> dict[str, dict[str, Any]]:
    """The figures of each way, by its name."""
    truths = {each.file: each for each in _sound(with_truth(folders, load_registry(load({}).plugin_folder)))}
    if not truths:
        raise UsageError(
            _("no file there has ground truth beside it"), _("Put ALTO or PAGE XML of the same stem there.")
        )
    named = _named(truths.values(), folders)
    if to is not None:
        with replacing(to) as new:
            new.write_text(
                "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in task(named)), encoding="utf-8"
            )
    elif index is None and not hits:
        raise UsageError(
            _("there is nothing to measure"), _("Name an index with --index, or lists of hits with --hits.")
        )
    ways = {file.name: measured(file, named) for file in hits}
    if index is not None:
        with Catalog(index) as catalog:
            if SIDECAR in catalog.counts().engines:
                raise UsageError(
                    _("the index holds transcriptions that lay beside pages: it would be measured by what it was told"),
                    _("Make it with notes index --sidecar-text ignore."),
                )
            pages = list(_sound(read_pages(truths, catalog)))
            _tell_unread(pages, index)
            ways = {**_searched(pages, catalog, SearchIndex(index / "search")), **ways}
    return ways


def _tell_unread(pages: Sequence[MeasuredPage], index: Path) -> None:
    """Say how many of the pages the index does not have; nothing is measured without any."""
    unread = sum(page.seconds is None for page in pages)
    if unread == len(pages):
        raise UsageError(
            _("none of these pages was read into %(index)s", index=index),
            _("Read them first: notes index --index %(index)s --sidecar-text ignore FOLDER", index=index),
        )
    if unread:
        sys.stderr.write(f"{unread} of {len(pages)} pages are not in {index}: nothing is found on them\n")


def _sound(found: Iterable[Any]) -> Iterator[Any]:
    """What is no failure; failures are told."""
    for each in found:
        if isinstance(each, Failure):
            sys.stderr.write(f"left out: {each.path}: {each.message}\n")
        else:
            yield each


def _named(truths: Iterable[WithTruth], folders: Sequence[Path]) -> dict[tuple[str, int], TruthPage]:
    """The pages by the name that their file has in lists: its path below the folder, behind the folder's name."""
    found = {}
    for each in truths:
        root = next(folder.resolve() for folder in folders if each.file.resolve().is_relative_to(folder.resolve()))
        name = (Path(root.name) / each.file.resolve().relative_to(root)).as_posix()
        found.update({(name, number): page for number, page in enumerate(each.pages, 1)})
    return found


def _searched(pages: Sequence[MeasuredPage], catalog: Catalog, index: SearchIndex) -> dict[str, dict[str, Any]]:
    """The figures of our ways and of the peers."""
    asked = queries(pages)
    index.sync(catalog)  # an older version may have left it
    with Finder(index, catalog) as finder:
        times = _timed(lambda query: finder.find(query, SearchOptions()), asked)
        found = found_by_words(finder, asked, collection_of_lines(pages))
    ways = {f"notes, {way}": search(pages, each) for way, each in found.items()}
    ways["notes, ink_normal"] |= times

    def texts() -> Iterator[tuple[int, str]]:
        return ((line.id, " ".join(search_words(line.text))) for page in pages for line in page.lines)

    with tempfile.TemporaryDirectory(prefix="notes-peers-", ignore_cleanup_errors=True) as folder:
        for peer in peers(index, texts, Path(folder)):
            answers = {query: peer.read(peer.ask(query, len(finder.lines))) for query in asked}
            hits = {query: Found(dict(zip(*answer, strict=True))) for query, answer in answers.items()}
            ways[peer.name] = search(pages, hits) | _timed(partial(_first, peer), asked)
    if not any(name.startswith("tantivy") for name in ways):
        sys.stderr.write("tantivy is not installed, so it is not measured: pip install tantivy\n")
    return ways


def _first(peer: Peer, query: str) -> object:
    return peer.ask(query, _FIRST)


def _timed(ask: Callable[[str], object], asked: Sequence[str]) -> dict[str, float]:
    """Median and 95th percentile of the milliseconds that a query takes."""
    seconds = []
    for query in asked:
        began = time.perf_counter()
        ask(query)
        seconds.append(time.perf_counter() - began)
    cuts = statistics.quantiles(seconds, n=20, method="inclusive") if len(seconds) > 1 else [*seconds, *seconds]
    return {"median_ms": 1000 * statistics.median(seconds), "p95_ms": 1000 * cuts[-1]}


def _table(figures: dict[str, dict[str, Any]]) -> str:
    rows = [f"{'':24}" + "".join(f"{name:>16}" for name in _COLUMNS)]
    for way, each in figures.items():
        flat = {**each, "ece": each.get("relevance", {}).get("ece")}
        rows.append(f"{way:24}" + "".join(f"{_shown(flat.get(name)):>16}" for name in _COLUMNS))
    return "\n".join([*rows, "", _MEANING])


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
