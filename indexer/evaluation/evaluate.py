"""Evaluation: pages with ground truth are read into an index of their own, searched, and compared.

``indexer.evaluation.metrics`` defines the figures. A collection is a folder directly below a given one. The files that
lie directly in the given folder are a collection too.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from indexer.catalog import Catalog
from indexer.evaluation.metrics import (
    Found,
    MeasuredPage,
    collections,
    curves,
    measured_page,
    queries,
    replaced,
    replaced_words,
    report,
)
from indexer.formats.groundtruth import fitted, truth_for
from indexer.image.decoding import orientation_of
from indexer.recognition import pipeline
from indexer.recognition.discovery import PassedOver, find_files
from indexer.recognition.reports import Behind, FileReport, Progress
from indexer.recognition.run_plan import RunPlan
from indexer.search import Finder, SearchIndex
from indexer.system.paths import named
from indexer.text.folding import is_unspaced
from indexer.translation import _
from indexer.values import Failure, SearchOptions
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from indexer.api.registry import Registry
    from indexer.evaluation.ranking import Point
    from indexer.formats.groundtruth import TruthPage

WAYS: Mapping[str, SearchOptions] = {
    "transcript": SearchOptions(reach=None, all_states=True),
    "accepted": SearchOptions(reach=None),
    "ink": SearchOptions(reach="high"),
    "ink_normal": SearchOptions(),
    "ink_low": SearchOptions(reach="low"),
}
"""The ways of searching for a word: in transcriptions of any status, in accepted ones, and with every reach."""
_Each = TypeVar("_Each")
_LONG = 6
"""In words from so many letters on the fuzzy way allows two errors instead of one."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured: the pages, and what each query found in each way of searching. ``earlier`` are the pages as
    another model read them before, if one did."""

    pages: Sequence[MeasuredPage]
    found: Mapping[str, Mapping[str, Found]]
    earlier: Sequence[MeasuredPage] = ()

    def figures(self) -> dict[str, Any]:
        """All figures; ``indexer.evaluation.metrics`` defines them."""
        figures = report(self.pages, self.found)
        if self.earlier:
            figures["replaced"] = {way: replaced(self.earlier, self.pages, self.found[way]) for way in WAYS}
        return figures

    def curves(self) -> tuple[dict[str, list[Point]], dict[str, dict[str, list[Point]]]]:
        """Curves of recall and precision of each way: of all pages together, and of each collection."""
        apart = {name: curves(pages, self.found) for name, pages in collections(self.pages).items()}
        return curves(self.pages, self.found), apart


def evaluate(
    folders: Sequence[Path], run_plan: RunPlan, registry: Registry, before: RunPlan | None = None
) -> Generator[FileReport | Progress | PassedOver, None, Evaluation]:
    """Read and measure; yields what ``pipeline.index`` yields, and returns what was measured.

    Pages without ground truth are not read. Ground truth of pages that failed counts as unread. A file with broken
    ground truth is reported as failed and left out. With another plan ``before`` everything is read twice. Raises
    ``UsageError`` when no file has ground truth.
    """
    sound: list[WithTruth] = []
    yield from _reported(with_truth(folders, registry), sound)
    truths = {each.file: each for each in sound}
    if not truths:
        raise UsageError(
            _("no file in these folders has ground truth beside it"),
            _("Put ALTO or PAGE XML of the same stem next to the images."),
        )
    with tempfile.TemporaryDirectory(prefix="notes-evaluate-") as name:
        folder = Path(name)
        with Catalog(folder, create=True) as catalog:
            index = SearchIndex(folder / "search")
            earlier: list[MeasuredPage] = []
            for each_plan in (run_plan,) if before is None else (before, replace(run_plan, reread=True)):
                for event in pipeline.index(replace(each_plan, paths=tuple(truths)), catalog, index, registry):
                    if not isinstance(event, Behind):  # nobody else knows of this folder
                        yield event
                if each_plan is before:
                    earlier = [page for page in read_pages(truths, catalog) if not isinstance(page, Failure)]
            pages: list[MeasuredPage] = []
            yield from _reported(read_pages(truths, catalog), pages)
            asked = sorted({*queries(pages), *replaced_words(earlier, pages)})
            with Finder(index, catalog) as finder:
                found = found_by_words(finder, asked, collection_of_lines(pages))
    return Evaluation(pages, found, earlier)


def _reported(found: Iterable[_Each | Failure], sound: list[_Each]) -> Iterator[FileReport]:
    """Reports of the failures; what is sound is added to the list."""
    for each in found:
        if isinstance(each, Failure):
            yield FileReport(each.path, "failed", failures=(each,))
        else:
            sound.append(each)


def collection_of_lines(pages: Sequence[MeasuredPage]) -> dict[int, str]:
    """The collection of each line, by the line's id."""
    return {line.id: page.collection for page in pages for line in page.lines}


def found_by_words(finder: Finder, asked: Sequence[str], collections: Mapping[int, str]) -> dict[str, dict[str, Found]]:
    """What each query finds in each way."""
    import numpy as np

    found: dict[str, dict[str, Found]] = {way: {} for way in (*WAYS, "fuzzy", "ink_exhaustive")}
    lines = finder.lines.tolist()
    names = sorted(set(collections.values()))
    owner = np.array([names.index(collections[line]) if line in collections else len(names) for line in lines], int)
    for query in asked:
        for way, ranking in zip(WAYS, finder.rank(query, *WAYS.values()), strict=True):
            hits = dict(zip(ranking.ids.tolist(), ranking.relevances.tolist(), strict=True))
            missed = np.bincount(owner, ranking.missed, len(names)).tolist()
            found[way][query] = Found(hits, dict(zip(names, missed, strict=False)) if WAYS[way].reach else None)
        loosely = "" if is_unspaced(query[-1]) else "~2" if len(query) >= _LONG else "~1"
        (fuzzy,) = finder.rank(f"{query}{loosely}", WAYS["transcript"])
        found["fuzzy"][query] = Found(dict(zip(fuzzy.ids.tolist(), fuzzy.relevances.tolist(), strict=True)))
        relevances = zip(lines, finder.exhaustive(query).tolist(), strict=True)
        found["ink_exhaustive"][query] = Found({line: relevance for line, relevance in relevances if relevance})
    return found


@dataclass(frozen=True, slots=True)
class WithTruth:
    """A file with ground truth, its collection, and the ground truth of its pages."""

    file: Path
    collection: str
    pages: tuple[TruthPage, ...]


def with_truth(folders: Sequence[Path], registry: Registry) -> Iterator[WithTruth | Failure]:
    """The files in folders that have ground truth beside them; what cannot be read of it is a failure."""
    for folder in folders:
        root = named(folder)  # as find_files names what it finds
        for file in find_files([root], lambda path: registry.source_inside(path.name) is not None):
            if isinstance(file, Failure):
                yield file
                continue
            try:
                pages = truth_for(file)
            except UsageError as error:
                yield Failure(file, None, "ground-truth", error.whole)
                continue
            if pages is not None:
                inside = file.relative_to(root).parts
                yield WithTruth(file, inside[0] if len(inside) > 1 else root.name, pages)


def read_pages(truths: Mapping[Path, WithTruth], catalog: Catalog) -> Iterator[MeasuredPage | Failure]:
    """The pages of files as they were read, paired with their ground truth."""
    for file, truth in truths.items():
        orientation = orientation_of(file)
        for number, page in enumerate(truth.pages, 1):
            read = catalog.page(file, number)
            if read is None:
                yield measured_page(truth.collection, page, (), None)
                continue
            try:
                laid = fitted(page, read.width, read.height, orientation, read.turned)
            except UsageError as error:
                where = file.with_suffix(".xml").name
                yield Failure(file, number, "ground-truth", f"the ground truth {where}: {error.whole}")
                continue
            yield measured_page(truth.collection, laid, catalog.page_lines(file, number), read.seconds)
