"""Pages as files in a folder: a file a page, named after what it is a page of."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.archive.exporting import export_format
from indexer.system.files import replacing
from indexer.values import Failure
from indexer.values.errors import NotesError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from indexer.catalog import DocumentPage


@dataclass(frozen=True, slots=True)
class PageFile:
    """The file of a page. One that was ``there`` before is left as it is."""

    page: DocumentPage
    path: Path
    there: bool


def page_files(
    pages: Sequence[DocumentPage], below: Path, name: str, folder: Path, write: Callable[[DocumentPage], bytes]
) -> Iterator[PageFile | Failure]:
    """Write pages in the format of this name, each into a file below a folder, which is made.

    The folders of the pages are kept from ``below`` on, or from where they part when that does not hold them. A page
    that cannot be had gives a ``Failure``. Raises ``MissingError`` for a format that there is not, ``UsageError`` where
    nothing can be written.
    """
    targets = _targets(pages, below, export_format(name).suffix)
    for page in pages:
        target = folder / targets[page.id]
        if target.exists():
            yield PageFile(page, target, there=True)
            continue
        try:
            made = write(page)
        except NotesError as error:
            yield Failure(page.path, page.number, "unreadable", f"{error.message}. {error.hint}")
            continue
        _write(target, made)
        yield PageFile(page, target, there=False)


def _targets(pages: Sequence[DocumentPage], below: Path, suffix: str) -> dict[int, Path]:
    """For each page the name of its file: that of an image with another suffix, of a document with the page's number.

    Where two would be called the same, their own suffixes stay.
    """
    folders = {page.path.parent for page in pages}
    if not all(folder.is_relative_to(below) for folder in folders):
        below = Path(os.path.commonpath(folders))
    several = {document for document, number in Counter(page.document for page in pages).items() if number > 1}
    several |= {page.document for page in pages if page.number > 1}

    def named(page: DocumentPage, stem: str) -> Path:
        number = f"-{page.number:04}" if page.document in several else ""
        return page.path.relative_to(below).parent / f"{stem}{number}.{suffix}"

    short = {page.id: named(page, page.path.stem) for page in pages}
    taken = Counter(short.values())
    return {page.id: short[page.id] if taken[short[page.id]] == 1 else named(page, page.path.name) for page in pages}


def _write(target: Path, data: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as partial:
            partial.write_bytes(data)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot write {target}: {reason}", "Make room there, or name another folder.") from error
