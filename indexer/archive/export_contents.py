"""The file of an export that leads to all others: a note with the documents, and with the lines that a query found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexer.archive.export_names import portable
from indexer.archive.page_files import write
from indexer.formats.markdown import CONTENTS, Listed, write_contents
from indexer.values import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indexer.archive.page_files import Export, Planned

_ALL = "contents"
_LONGEST = 60
"""The most letters of a query in the name of a file."""


def contents(plan: Export, files: Iterable[Planned]) -> tuple[Path, bytes]:
    """The name of the note that leads to these files of a plan, and what it says."""
    called = f"found {plan.query[:_LONGEST].strip()}" if plan.query else _ALL
    taken = {portable(file.path).as_posix().casefold() for file in plan.files}
    name = portable(Path(called.replace("/", "_"))).name
    while f"{name}.md".casefold() in taken:
        name += "_"
    return Path(f"{name}.md"), write_contents(plan.query or _ALL, (_listed(plan, file) for file in files))


def _listed(plan: Export, file: Planned) -> Listed:
    (page,) = file.pages
    lines = tuple((f"line{line.id}", line.text) for line in plan.hits.get(page.id, ()))
    return Listed(file.path.as_posix(), (file.path.parent / page.name).as_posix(), page.number, lines)


def keep_contents(folder: Path, plan: Export, files: Iterable[Planned]) -> Iterator[Failure]:
    """Write that note. One of an earlier export is written anew; another file stays, and is named."""
    name, data = contents(plan, files)
    target = folder / name
    try:
        if not target.exists() or CONTENTS.encode() in target.read_bytes()[:200]:
            write(target, data)
            return
        reason = f"{target} is there already, and is another file"
    except OSError as error:
        reason = f"cannot write {target}: {(error.strerror or str(error)).lower()}"
    yield Failure(target, None, "unwritable", f"{reason}. Name another folder, or rename the file")
