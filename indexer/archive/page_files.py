"""The files of an export: which pages go into which file, and what is written beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING

from indexer.archive.export_names import REFUSALS, portable, takes_all_names, targets
from indexer.archive.exporting import FORMATS, Chosen, exported_document
from indexer.formats.beside import Beside
from indexer.formats.document import TextDocument
from indexer.system.files import make_folder, move, sync
from indexer.system.paths import is_there
from indexer.translation import _
from indexer.values import Failure
from indexer.values.errors import NotesError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from indexer.archive.exporting import ExportFormat, Tabled
    from indexer.catalog import Catalog, DocumentPage
    from indexer.values import StoredLine

_SERVED = "http://127.0.0.1:8420"
"""Where ``notes serve`` has the archive unless it is told otherwise."""
_PICTURE = "jpg"
_ALTO = "alto"


@dataclass(frozen=True, slots=True)
class Planned:
    """A file that is to be written: its place below a folder, and its pages. ``beside`` it lies a file for each page,
    by its name; ``before`` and ``after`` are the files around it in its folder."""

    path: Path
    pages: tuple[DocumentPage, ...]
    beside: tuple[str, ...] = ()
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """Pages that are to be written, what of them, and their files; none where one file is for all pages. ``hits`` are
    the lines that a ``query`` found on a page, by its id."""

    pages: tuple[DocumentPage, ...]
    chosen: Chosen
    files: tuple[Planned, ...]
    query: str = ""
    hits: Mapping[int, Sequence[StoredLine]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Made:
    """The files that were made of pages, the one that was planned last. ``left_out`` of their lines are not in them."""

    files: tuple[tuple[Path, bytes], ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file that was written for a page, or the ``pages`` of a document from this one on. One that was ``there``
    before is left as it is. ``left_out`` lines are not in it."""

    page: DocumentPage
    path: Path
    there: bool
    pages: int = 1
    left_out: int = 0


def export_of(
    pages: Iterable[DocumentPage],
    below: Path | None,
    chosen: Chosen,
    query: str = "",
    hits: Mapping[DocumentPage, Sequence[StoredLine]] | None = None,
) -> Export:
    """The export of pages, of which something is ``chosen``; perhaps because of the ``hits`` of a query on them."""
    pages = tuple(pages)
    files = () if chosen.form.scope == "all" else planned(pages, below, chosen.form)
    return Export(pages, chosen, tuple(files), query, {page.id: lines for page, lines in (hits or {}).items()})


def planned(pages: Sequence[DocumentPage], below: Path | None, form: ExportFormat) -> list[Planned]:
    """The files for pages in a format.

    The folders of the pages are kept from ``below`` on, or from where they part when that does not hold them.
    """
    if form.scope == "document":
        documents = [tuple(inside) for _, inside in groupby(pages, key=lambda page: page.document)]
        named = targets([inside[0] for inside in documents], below, form.suffix, numbered=False)
        sheets = targets(pages, below, "xml")
        return [
            Planned(named[each[0].id], each, tuple(sheets[page.id].name for page in each) if form.beside else ())
            for each in documents
        ]
    named = targets(pages, below, form.suffix)
    files = [Planned(named[page.id], (page,)) for page in pages]
    return _linked(files) if form.beside else files


def _linked(files: Sequence[Planned]) -> list[Planned]:
    """Files with pictures beside them, that know the ones before and after them in their folder."""
    found = []
    for at, each in enumerate(files):
        around = [
            files[near].path.name if 0 <= near < len(files) and files[near].path.parent == each.path.parent else ""
            for near in (at - 1, at + 1)
        ]
        found.append(Planned(each.path, each.pages, (f"{each.path.stem}.{_PICTURE}",), *around))
    return found


def for_all_systems(files: Iterable[Planned]) -> tuple[Planned, ...]:
    """Planned files with names that every system takes. No two have the same: ``targets`` sees to that."""
    return tuple(
        Planned(
            *(portable(each.path), each.pages, tuple(portable(Path(name)).name for name in each.beside)),
            *(portable(Path(name)).name if name else "" for name in (each.before, each.after)),
        )
        for each in files
    )


def with_fitting_names(files: tuple[Planned, ...], folder: Path) -> tuple[Planned, ...]:
    """Planned files with names that the drive of a folder takes: their own, if it does."""
    plain = all(portable(each.path) == each.path for each in files)
    return files if plain or takes_all_names(folder) else for_all_systems(files)


def made(
    catalog: Catalog, file: Planned, chosen: Chosen, tabled: Tabled, picture: Callable[[DocumentPage], bytes]
) -> Made:
    """Make a planned file, and what lies beside it. ``picture`` gives the picture of a page as the format wants it."""
    form, folder = chosen.form, file.path.parent
    document, left_out = exported_document(catalog, file.pages, chosen, None if form.flat else tabled)
    pictures = tuple(map(picture, file.pages)) if form.pictured or form.beside == "pictures" else ()
    beside: list[tuple[Path, bytes]] = []
    if form.beside == "pictures":
        beside = [(folder / name, data) for name, data in zip(file.beside, pictures, strict=True)]
    elif form.beside == _ALTO:
        singles = [TextDocument((page,)) for page in document.pages]
        write = FORMATS[_ALTO].write
        beside = [(folder / name, write(each, Beside())) for name, each in zip(file.beside, singles, strict=True)]
    around = Beside(pictures, file.beside, file.before, file.after, *_served(file.pages))
    return Made((*beside, (file.path, form.write(document, around))), left_out)


def _served(pages: Sequence[DocumentPage]) -> tuple[str, tuple[str, ...]]:
    """Where the server has the manifest of a document, and the images of its pages (IIIF)."""
    shown = tuple(f"{_SERVED}/iiif/image/{page.sha256}-{page.number}-{page.turned}" for page in pages)
    return f"{_SERVED}/iiif/{pages[0].document}", shown


def page_files(files: Sequence[Planned], folder: Path, make: Callable[[Planned], Made]) -> Iterator[PageFile | Failure]:
    """Write planned files below a folder, which is made.

    A page that cannot be had gives a ``Failure``. Raises ``UsageError`` where nothing can be written.
    """
    for file in files:
        target, first = folder / file.path, file.pages[0]
        if is_there(target):
            yield PageFile(first, target, there=True, pages=len(file.pages))
            continue
        try:
            done = make(file)
            if is_there(target):  # another export into the same folder was faster
                yield PageFile(first, target, there=True, pages=len(file.pages))
                continue
            new = _new(folder, done)
        except NotesError as error:
            yield Failure(first.path, first.number, "unreadable", error.whole)
            continue
        try:
            for path, data in new:
                write(path, data)
        except OSError as error:
            reason = f"cannot write {target}: {(error.strerror or str(error)).lower()}"
            if error.errno not in REFUSALS:  # another page may have a better name
                raise UsageError(reason, _("Make room there, or name another folder.")) from error
            yield Failure(first.path, first.number, "unwritable", f"{reason}. Name another folder, or rename the page")
            continue
        yield PageFile(first, target, there=False, pages=len(file.pages), left_out=done.left_out)


def _new(folder: Path, done: Made) -> list[tuple[Path, bytes]]:
    """The files that are to be written. A picture that lies there already stays as it is.

    Raises ``UsageError`` if a file would be written over another one: what lies in the folder may be anybody's.
    """
    new = []
    for path, data in done.files:
        target = folder / path
        if not is_there(target):
            new.append((target, data))
        elif not _has(target, data):
            raise UsageError(
                _("%(target)s is there already, and is another file", target=target), _("Name an empty folder.")
            )
    return new


def _has(file: Path, data: bytes) -> bool:
    try:
        return file.is_file() and file.read_bytes() == data
    except OSError:
        return False


def row(catalog: Catalog, page: DocumentPage, chosen: Chosen, tabled: Tabled, *, is_first: bool) -> tuple[bytes, int]:
    """What one file for all pages has of a page, and how many lines of that are left out."""
    document, left_out = exported_document(catalog, [page], chosen, tabled)
    data = chosen.form.write(document, Beside())
    return data if is_first else data.split(b"\n", chosen.form.heading)[-1], left_out


def single(
    catalog: Catalog,
    page: DocumentPage,
    form: ExportFormat,
    tabled: Tabled,
    picture: Callable[[DocumentPage], bytes],
) -> bytes:
    """A page as a file of its own. ``picture`` gives the picture of a page as the format wants it."""
    plan = export_of([page], None, Chosen(form))
    if plan.files:
        return made(catalog, plan.files[0], plan.chosen, tabled, picture).files[-1][1]
    return row(catalog, page, plan.chosen, tabled, is_first=True)[0]


def write(target: Path, data: bytes) -> None:
    """Write a file whole or not at all, and its folder. Others may write the same file at the same time."""
    make_folder(target.parent)
    partial = target.with_name(f".notes-{os.getpid()}-{get_ident()}.partial")
    try:
        partial.write_bytes(data)
        sync(partial)
        move(partial, target)
    finally:
        partial.unlink(missing_ok=True)
