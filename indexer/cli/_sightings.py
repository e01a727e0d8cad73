"""All hits of one or many queries, printed while they are found: as CSV, as JSON, a line each, or for people."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from indexer.archive.as_json import result_json
from indexer.cli._hits import called_in, print_hits
from indexer.cli._output import display, emit_json, note, warn
from indexer.cli._progress import progress
from indexer.values.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.archive.hit_rows import HitForm
    from indexer.archive.library import Archive
    from indexer.formats.name_lists import Listed
    from indexer.values import SearchOptions, SearchResult


def all_of(
    archive: Archive,
    asked: Sequence[Listed],
    options: SearchOptions,
    form: HitForm | None,
    *,
    whole: bool,
    file: Path | None,
) -> Exit:
    """Print all hits of the queries, and say how many there were; ``whole`` as one JSON document.

    A query of a file that makes no sense is named and passed over.
    """
    if form is not None:
        from indexer.archive.hit_rows import head  # not for what people look at

        sys.stdout.write(head(form))
    hits, found, bad, stopped, silent, said = 0, 0, 0, 0, 0, ""
    documents: list[dict[str, object]] = []
    with ExitStack() as stack:
        show = stack.enter_context(progress("queries")) if len(asked) > 1 and not sys.stdout.isatty() else None
        for number, each in enumerate(asked):
            before, late, lacking = hits, False, False
            try:
                for result in archive.portions(each.query, options) if form else [archive.search(each.query, options)]:
                    hits += len(result.hits)
                    late |= result.stopped_after is not None
                    lacking |= bool(result.silent_shards)
                    said = archive.in_words(result, options)
                    documents += _told(archive, each.query, result, form, whole=whole)
            except UsageError as error:
                if file is None:
                    raise
                bad += 1
                warn(f"{display(file)}, {each.where}: {error.whole}")
            found, stopped, silent = found + (hits > before), stopped + late, silent + lacking
            sys.stdout.flush()
            if show is not None:
                show(number + 1, len(asked), f"{hits} found")
    if whole:
        emit_json({"schema": 1, "results": documents})
    note(_in_words(hits, found, len(asked), bad, stopped, silent) if len(asked) > 1 or bad else said)
    return Exit.SOME_FAILED if bad else Exit.DONE if hits else Exit.NOTHING_FOUND


def _told(
    archive: Archive, query: str, result: SearchResult, form: HitForm | None, *, whole: bool
) -> list[dict[str, object]]:
    """Print what was found, or give it as a part of the ``whole`` document."""
    if whole:
        return [result_json(query, result, _labels(archive, result), archive.described(result))]
    _print(archive, query, result, form)
    return []


def _in_words(hits: int, found: int, asked: int, bad: int, stopped: int, silent: int) -> str:
    passed = f"; {bad} of the queries made no sense" if bad else ""
    if stopped:
        passed += f"; {stopped} of the queries stopped before all of the ink was looked at (search_timeout)"
    if silent:
        passed += f"; {silent} of the queries were not answered by all shards: ask again"
    return (f"{hits} found by {found} of {asked} queries" if hits else f"not found: none of {asked} queries") + passed


def _labels(archive: Archive, result: SearchResult) -> dict[int, str]:
    return archive.catalog.labels([part.line.id for hit in result.hits for part in hit.parts])


def _print(archive: Archive, query: str, result: SearchResult, form: HitForm | None) -> None:
    labels = _labels(archive, result)
    if form is None and result.hits:
        sys.stdout.write(f"{query}: {result.total} found\n")
        print_hits(result, labels, called_in(archive.catalog, result))
    if form is not None:
        from indexer.archive.hit_rows import rows

        sys.stdout.write(rows(query, result, labels, form))
