"""Pages that are saved: one as a file, or many as a zip that is sent while it is made."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from indexer.archive.export_contents import contents
from indexer.archive.export_pictures import SHEET, original_jpeg
from indexer.archive.exporting import Chosen, export_format, in_table, matching_pages, pages_with_hits
from indexer.archive.page_files import Export, export_of, for_all_systems, made, row, single
from indexer.archive.tables import Tables
from indexer.catalog import Catalog, DocumentPage
from indexer.translation import _, _n
from indexer.values import Only, SearchOptions
from indexer.values.errors import MissingError, NotesError
from indexer.web.api import PROBLEMS
from indexer.web.pages import Served
from indexer.web.service import ServedArchive

router = APIRouter(include_in_schema=False)
api = APIRouter(responses=PROBLEMS)
_PACKED = (".jpg", ".pdf")
"""Files that a zip would not make smaller."""
_REPORT = "left-out.txt"
_ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}, "description": "A zip of the files"}}
Asked = Annotated[str, Query(max_length=1000)]


@router.get("/documents/{document}/{number}/{name}")
def document_export(served: Served, document: int, number: int, name: str) -> Response:
    """A page in one of the formats in which it can be saved."""
    form = export_format(name, served.formats)
    if form.beside:
        raise MissingError(_("%(title)s has files beside it", title=form.title), _("Save it as a zip."))
    with served.catalog() as catalog:
        page, jpeg = catalog.document_page(document, number), partial(_jpeg, served, catalog)
        data = single(catalog, page, form, Tables(catalog).grid, jpeg)
    saved_as = f'attachment; filename="document-{document}-page-{number}.{form.suffix}"'
    return Response(data, media_type=form.media_type, headers={"content-disposition": saved_as})


@api.get("/export", response_class=Response, responses=_ZIP)
@router.get("/export.zip")
def export(
    served: Served,
    form: Annotated[str, Query(alias="as", max_length=20)],
    pattern: Asked = "",
    document: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    hits: Annotated[str, Query()] = "",
    only: Only = "all",
    readings: bool = False,
) -> Response:
    """Pages as files in a zip, which is sent while it is made: those whose path matches a pattern, those of a document,
    or all; of these only those on which a query finds something."""
    chosen = Chosen(export_format(form, served.formats), only, readings)
    with served.catalog() as catalog:
        if document is None:
            pages = matching_pages(catalog, pattern)
        else:
            pages = catalog.document_pages(catalog.document(document).id)
        found = None
        if hits:
            ids = frozenset(page.id for page in pages)
            results = [served.search(hits, SearchOptions(pages=ids, limit=None))]
            found = pages_with_hits(catalog, results, pages, hits)
    if not pages:
        raise MissingError(
            _("no page of document %(document)s was read yet", document=document), _("It may be read at this moment.")
        )
    saved_as = f'attachment; filename="{form}.zip"'
    plan = export_of(pages if found is None else found, None, chosen, hits, found)
    parts = zipped(_rows(served, plan) if chosen.form.scope == "all" else _files(served, plan))
    return StreamingResponse(parts, media_type="application/zip", headers={"content-disposition": saved_as})


def _files(served: ServedArchive, plan: Export) -> Iterator[tuple[str, bytes]]:
    """The files of a plan by names that can be unpacked anywhere, and at last what is not among them. Each is made when
    it is asked for."""
    failed, left_out, there = [], 0, []
    for file in for_all_systems(plan.files):
        try:
            with served.catalog() as catalog:  # threads take turns, and a catalogue is for one
                done = made(catalog, file, plan.chosen, Tables(catalog).grid, partial(_jpeg, served, catalog))
        except NotesError as error:
            failed.append(f"{file.pages[0].path}, page {file.pages[0].number}: {error.whole}")
            continue
        left_out += done.left_out
        there.append(file)
        yield from ((path.as_posix(), data) for path, data in done.files)
    if plan.chosen.form.listed:
        with served.catalog() as catalog:
            name, data = contents(plan, there, partial(in_table, catalog, Tables(catalog).grid))
        yield name.as_posix(), data
    yield from _report(failed, left_out)


def _rows(served: ServedArchive, plan: Export) -> Iterator[tuple[str, bytes]]:
    """One file for all pages, part by part."""
    left_out = 0
    for at, page in enumerate(plan.pages):
        with served.catalog() as catalog:
            data, out = row(catalog, page, plan.chosen, Tables(catalog).grid, is_first=at == 0)
        left_out += out
        yield f"pages.{plan.chosen.form.suffix}", data
    yield from _report([], left_out)


def _report(failed: list[str], left_out: int) -> Iterator[tuple[str, bytes]]:
    """What was left out, if something was."""
    told = [*([_n("%(n)s line is left out.", "%(n)s lines are left out.", left_out)] if left_out else []), *failed]
    if told:
        yield _REPORT, "".join(f"{each}\n" for each in told).encode("utf-8", "replace")


def _jpeg(served: ServedArchive, catalog: Catalog, page: DocumentPage) -> bytes:
    return original_jpeg(catalog.originals(page.sha256), page) or served.sheet(page, SHEET).result()


def zipped(files: Iterator[tuple[str, bytes]]) -> Iterator[bytes]:
    """A zip of files, part by part. Parts of one file follow each other by the same name."""
    sent = _Parts()
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED) as packed:
        name, entry = "", None
        for named, data in files:
            if named != name or entry is None:
                if entry is not None:
                    entry.close()
                name, entry = named, packed.open(_about(named), "w", force_zip64=True)
            entry.write(data)
            yield sent.taken()
        if entry is not None:
            entry.close()
    yield sent.taken()


def _about(name: str) -> zipfile.ZipInfo:
    """What a zip says of a file. Names that are no text keep what can be told of them."""
    about = zipfile.ZipInfo(name.encode("utf-8", "replace").decode())
    about.compress_type = zipfile.ZIP_STORED if PurePath(name).suffix in _PACKED else zipfile.ZIP_DEFLATED
    return about


class _Parts:
    """A file that is written and never kept: what was written is taken and sent."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def close(self) -> None:
        """Nothing was opened."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
