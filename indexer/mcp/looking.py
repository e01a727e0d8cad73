"""The tools that look into the archive: search, what was not found, a page, a line, the files, how it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.archive.as_json import blocks_json, line_json, result_json
from indexer.archive.describing import in_a_line
from indexer.archive.expecting import found_in_words, wrong_in_words
from indexer.archive.naming import page_named
from indexer.mcp.answer import MOST, Answer, crops, page_picture
from indexer.mcp.words import file_text, further, hit_text, line_text, place, reading_text
from indexer.values import SearchOptions
from indexer.values.errors import MissingError, NotesError, UsageError

if TYPE_CHECKING:
    from indexer.archive.archive_line import ArchiveLine
    from indexer.archive.library import Archive
    from indexer.catalog import DocumentPage
    from indexer.mcp.answer import Picture
    from indexer.mcp.asked import AskedFiles, AskedLine, AskedPage, AskedSearch, AskedStatus
    from indexer.values import SearchResult

_LIKELIEST = 5
"""Places that are named where nothing was found."""
_FAILURES = 20
"""Files that could not be read and are named."""


def search(archive: Archive, asked: AskedSearch) -> Answer:
    """Find lines, and pages and documents that have all words together; each hit with its ink."""
    result = archive.search(asked.written, asked.options)
    pages = archive.catalog.pages_of([part.line.id for hit in result.hits for part in hit.parts])
    pictures, missing = crops(archive, [hit.line for hit in result.hits[: min(asked.pictures, MOST)]])
    said = [_found(archive, result, asked.options, asked.reach)]
    if result.suggestions:
        said.append(f"did you mean: {', '.join(result.suggestions)}?")
    if result.more_in_review:
        said.append(f"{result.more_in_review} more among the lines that wait for review: ask with include_waiting")
    said += further(len(result.hits), result.total, asked.offset + 1, "hits", "offset")[: bool(result.hits)]
    said += [f"{document.path}: {in_a_line(what)}" for document, what in archive.described(result)]
    said += [hit_text(hit, pages) for hit in result.hits] + missing
    labels = {line: page.label for line, page in pages.items() if page.label}
    sizes = {page.path: page for page in pages.values()}
    data = {
        **result_json(asked.written, result, labels, archive.described(result)),
        "in_words": said[0],
        "page_sizes": [_page_json(page) for page in sizes.values()],
        "pictures_of": [each.line for each in pictures],
    }
    return Answer("\n".join(said), data, pictures)


def not_found(archive: Archive, asked: AskedSearch) -> Answer:
    """How sure it is that something stands nowhere: what was missed by estimate, the likeliest places, and how well
    the archive is read."""
    result = archive.search(asked.written, asked.options)
    widest = archive.search(asked.written, replace(asked.options, reach="high", limit=_LIKELIEST, offset=0))
    pages = archive.catalog.pages_of([part.line.id for hit in widest.hits for part in hit.parts])
    pictures, missing = crops(archive, [hit.line for hit in widest.hits[: min(asked.pictures, MOST)]])
    said = [_found(archive, result, asked.options, asked.reach), *_how_well(archive)]
    if widest.hits:
        said.append("the likeliest places, however unlikely:")
        said += [hit_text(hit, pages) for hit in widest.hits]
    data = {
        **result_json(asked.written, widest, {}, archive.described(widest)),
        "total": result.total,
        "expected_missed": round(result.missed, 3),
        "in_words": said[0],
        "estimate": _estimate_json(archive),
        "unread": archive.counts().unread,
        "pictures_of": [each.line for each in pictures],
    }
    return Answer("\n".join(said + missing), data, pictures)


def show_page(archive: Archive, asked: AskedPage) -> Answer:
    """The lines of a page with their places and how sure they are, and its picture."""
    page = _page(archive, asked.page)
    every = archive.catalog.page_lines(page.path, page.number)
    lines = every[asked.from_line - 1 :][: asked.lines]
    said = [place(page), *(line_text(line) for line in lines)]
    if page.incomplete:
        said.insert(1, f"lines are missing: {page.incomplete}")
    if not every:
        said.append("nothing was read on this page")
    elif not lines:
        said.append(f"the page has {len(every)} lines: ask with from_line={len(every)} or less")
    else:
        said += further(len(lines), len(every), asked.from_line, "lines", "from_line")
    pictures, missing = _picture(archive, page, overlay=asked.overlay) if asked.picture else ((), [])
    data = {
        **_page_json(page),
        "incomplete": page.incomplete,
        "total": len(every),
        "blocks": blocks_json(line.block for line in lines),
        "lines": [line_json(line, origin=line.origin.engine) for line in lines],
    }
    return Answer("\n".join([*said, *missing]), data, pictures)


def show_line(archive: Archive, asked: AskedLine) -> Answer:
    """One line: all readings of it, the places of its words, and its ink."""
    line = line_of(archive, asked.line)
    page = archive.catalog.page_of(line.id)
    readings = line.readings()
    pictures, missing = crops(archive, [line.seen])
    said = [place(page), line_text(line.seen), *(reading_text(each) for each in readings), *missing]
    data = line_json(
        line.seen,
        page_size=[page.width, page.height],
        words=[{"text": each.text, "box": each.box.xywh} for each in line.words()],
        readings=[
            {
                "text": each.line.text,
                "confidence": each.line.confidence,
                "origin": each.origin.engine,
                "replaced": each.replaced,
            }
            for each in readings
        ],
    )
    return Answer("\n".join(said), data, pictures)


def files(archive: Archive, asked: AskedFiles) -> Answer:
    """The files that are in the index."""
    every = archive.documents()
    some = every[asked.first - 1 :][: asked.most]
    said = [f"{len(every)} files are in the index"]
    said += [f"{file_text(each.path)}: {each.read} pages read, {each.waiting} lines wait for review" for each in some]
    said += further(len(some), len(every), asked.first, "files", "first")[: bool(some)]
    told = [{"path": str(each.path), "pages_read": each.read, "lines_waiting": each.waiting} for each in some]
    return Answer("\n".join(said), {"total": len(every), "files": told})


def status(archive: Archive, _asked: AskedStatus) -> Answer:
    """How much there is, how well it is read, and what could not be read."""
    counts, failures = archive.counts(), archive.failures()
    lines = {status.value: number for status, number in counts.lines.items()}
    said = [
        f"{counts.files} files, {counts.pages} pages, lines: " + ", ".join(f"{n} {name}" for name, n in lines.items()),
        *_how_well(archive),
        *(f"could not be read: {file_text(each.path)}: {each.message}" for each in failures[:_FAILURES]),
        *([f"and {len(failures) - _FAILURES} more could not be read"] if len(failures) > _FAILURES else []),
    ]
    told = [{"path": str(f.path), "page": f.page, "kind": f.kind, "message": f.message} for f in failures[:_FAILURES]]
    data = {
        "files": counts.files,
        "pages": counts.pages,
        "lines": lines,
        "unread": counts.unread,
        "estimate": _estimate_json(archive),
        "failures": told,
    }
    return Answer("\n".join(said), data)


def line_of(archive: Archive, line: int, seen: str | None = None) -> ArchiveLine:
    """A line by its number; raises ``MissingError`` with what to ask instead."""
    try:
        return archive.line(line, seen)
    except MissingError as error:
        raise MissingError(error.message, "Give a number in brackets, as search and show_page have them.") from error


def _page(archive: Archive, name: str) -> DocumentPage:
    try:
        return page_named(archive.catalog, name)
    except UsageError as error:
        hint = "Give FILE:PAGE with the whole path as search has it; files lists what there is, read_file reads others."
        raise UsageError(f"{name} is no page of the index", hint) from error


def _found(archive: Archive, result: SearchResult, options: SearchOptions, reach: str) -> str:
    """What was found and missed, with what to ask for more."""
    return archive.in_words(result, options, further="" if reach == "high" else " (ask with reach=high)")


def _how_well(archive: Archive) -> list[str]:
    """How well the archive is read, by estimate, and what of it could not be read."""
    estimate, unread = archive.estimate(), archive.counts().unread
    said = []
    if estimate is not None:
        said.append(f"read wrong by estimate: about {wrong_in_words(estimate)}")
        said.append(f"found by estimate: about {found_in_words(estimate)}")
    if unread:
        said.append(f"{unread} pages or files could not be read whole: nothing can be said of these")
    return said


def _estimate_json(archive: Archive) -> dict[str, float] | None:
    found = archive.estimate()
    if found is None:
        return None
    names = ("letters_wrong", "words_wrong", "found_read", "found_ink")
    return {name: round(getattr(found, name), 4) for name in names}


def _page_json(page: DocumentPage) -> dict[str, object]:
    return {"path": str(page.path), "page": page.number, "label": page.label, "size": [page.width, page.height]}


def _picture(archive: Archive, page: DocumentPage, *, overlay: bool) -> tuple[tuple[Picture, ...], list[str]]:
    try:
        image = archive.overlay(page) if overlay else archive.picture(page)
    except NotesError as error:
        return (), [f"no picture: {error.whole}"]
    return (page_picture(image, place(page)),), []
