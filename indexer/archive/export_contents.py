"""The file of an export that leads to all others: a note with the documents, and with the lines that a query found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexer.archive.export_names import portable
from indexer.archive.page_files import write
from indexer.formats.markdown import CONTENTS, TABLE, Listed, write_contents
from indexer.values import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

    from indexer.archive.page_files import Export, Planned
    from indexer.catalog import DocumentPage

_ALL = "contents"
_LONGEST = 60
"""The most letters of a query in the name of a file."""


def contents(
    plan: Export, files: Iterable[Planned], stands: Callable[[DocumentPage], Container[int]]
) -> tuple[Path, bytes]:
    """The name of the note that leads to these files of a plan, and what it says. ``stands`` gives the ids of the lines
    of a page that stand in its table: links lead to that."""
    called = f"found {plan.query[:_LONGEST].strip()}" if plan.query else _ALL
    taken = {portable(file.path).as_posix().casefold() for file in plan.files}
    name = portable(Path(called.replace("/", "_"))).name
    while f"{name}.md".casefold() in taken:
        name += "_"
    return Path(f"{name}.md"), write_contents(plan.query or _ALL, (_listed(plan, file, stands) for file in files))


def _listed(plan: Export, file: Planned, stands: Callable[[DocumentPage], Container[int]]) -> Listed:
    (page,) = file.pages
    found = plan.hits.get(page.id, ())
    inside = stands(page) if found else ()
    lines = tuple((f"{TABLE}1" if line.id in inside else f"line{line.id}", line.text) for line in found)
    return Listed(file.path.as_posix(), (file.path.parent / page.name).as_posix(), page.number, lines)


def keep_contents(
    folder: Path, plan: Export, files: Iterable[Planned], stands: Callable[[DocumentPage], Container[int]]
) -> Iterator[Failure]:
    """Write that note. One of an earlier export is written anew; another file stays, and is named."""
    name, data = contents(plan, files, stands)
    target = folder / name
    try:
        if not target.exists() or CONTENTS.encode() in target.read_bytes()[:200]:
            write(target, data)
            return
        reason = f"{target} is there already, and is another file"
    except OSError as error:
        reason = f"cannot write {target}: {(error.strerror or str(error)).lower()}"
    yield Failure(target, None, "unwritable", f"{reason}. Name another folder, or rename the file")
