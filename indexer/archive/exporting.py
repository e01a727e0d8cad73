"""Pages as other programs take them: out of the catalogue, in one of the formats of ``FORMATS``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Literal

from indexer.formats.beside import Beside
from indexer.translation import _
from indexer.values import HUMAN, Status
from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.archive.transcription import PageLine
    from indexer.catalog import Catalog, DocumentPage
    from indexer.formats.added import Format
    from indexer.formats.document import TextDocument
    from indexer.image.table_grid import Grid
    from indexer.values import Only, Reading, SearchResult, StoredLine

Tabled = Callable[["DocumentPage", list["PageLine"]], "Grid | None"]
"""Finds the table of a page, which has these lines."""
Scope = Literal["page", "document", "all"]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format in which pages can be written.

    ``name`` stands in calls and addresses, ``title`` is what people read. ``write`` takes a document and what is
    beside it, and gives the bytes of a file. There is a file for each page or each document, or one for all. The
    format needs the pictures of pages where it is ``pictured``, as they lie in their files where it takes
    ``sheets``. ``beside`` each file lie the pictures of its pages, or these as ALTO. Where they are ``listed``, a
    file leads to all. The first ``heading`` lines of a file are the same in all. ``several`` readings of a line may
    be in it. In a ``flat`` one lines stay whole, and tables have no cells.
    """

    name: str
    title: str
    suffix: str
    media_type: str
    write: Callable[[TextDocument, Beside], bytes]
    scope: Scope = "page"
    pictured: bool = False
    sheets: bool = False
    beside: Literal["", "pictures", "alto"] = ""
    listed: bool = False
    heading: int = 0
    several: bool = False
    flat: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of pages is written: a format, which lines, and whether their other ``readings`` are too."""

    form: ExportFormat
    only: Only = "all"
    readings: bool = False


def export_format(name: str, formats: Mapping[str, ExportFormat]) -> ExportFormat:
    """The format of this name among others. Raises ``MissingError`` where there is none."""
    if name not in formats:
        raise MissingError(
            _("a page cannot be exported as %(name)s", name=repr(name)),
            _("There are: %(formats)s.", formats=", ".join(formats)),
        )
    return formats[name]


def with_added(formats: Iterable[Format]) -> dict[str, ExportFormat]:
    """What pages can be written as, by name: the formats that ship, and those of plugins, which come before them."""
    return FORMATS | {
        each.name: ExportFormat(
            *(each.name, each.title, each.suffixes[0].removeprefix("."), "application/octet-stream"), _added(each)
        )
        for each in formats
        if each.write
    }


def _added(form: Format) -> Callable[[TextDocument, Beside], bytes]:
    def write(document: TextDocument, _beside: Beside) -> bytes:
        try:
            made = form.write(document) if form.write else None
            if not isinstance(made, bytes):
                raise TypeError(f"it gives {type(made).__name__} where bytes belong")
        except Exception as error:  # a plugin may raise anything: the page is named, and the others are written
            reason = f"{type(error).__name__}: {error}"
            raise UsageError(
                _("the plugin of the format %(name)s failed (%(reason)s)", name=form.name, reason=reason),
                _("See notes plugins."),
            ) from error
        return made

    return write


def matching_pages(catalog: Catalog, pattern: str) -> list[DocumentPage]:
    """The pages whose path matches a pattern, or the page ``FILE:PAGE``, by path and number; all without a pattern.

    Raises ``MissingError`` when there is none.
    """
    from indexer.archive.naming import page_named

    found = catalog.pages_matching(pattern or None)
    if not found and ":" in pattern:
        found = [page_named(catalog, pattern)]
    if not found:
        named = f"no page of the index matches {pattern}" if pattern else "there is no page in the index"
        raise MissingError(named, _("It is a file, FILE:PAGE, a folder or a pattern of these."))
    return found


def pages_with_hits(
    catalog: Catalog, found: Iterable[SearchResult], pages: Sequence[DocumentPage], query: str
) -> dict[DocumentPage, list[StoredLine]]:
    """Those of the pages on which a query found something, with the lines. Raises ``MissingError`` if there is none."""
    hits = {part.line.id: part.line for result in found for hit in result.hits for part in hit.parts}
    by_page: dict[int, list[StoredLine]] = {}
    for line, page in catalog.pages_of(list(hits)).items():  # a hit may name another place at which its file lies
        by_page.setdefault(page.id, []).append(hits[line])
    lined = ((page, by_page.get(page.id, [])) for page in pages)
    kept = {page: sorted(lines, key=lambda line: line.number) for page, lines in lined if lines}
    if not kept:
        raise MissingError(_("%(query)s is found on none of the pages", query=query), _("See what notes search finds."))
    return kept


def exported_lines(catalog: Catalog, page: DocumentPage) -> list[PageLine]:
    """The lines of a page that go into an export, each with its words. Rejected lines do not."""
    from indexer.archive.transcription import page_lines

    lines = catalog.page_lines(page.path, page.number)
    return page_lines(lines, catalog.words_read([line.id for line in lines]))


def exported_document(
    catalog: Catalog, pages: Sequence[DocumentPage], chosen: Chosen | None = None, tabled: Tabled | None = None
) -> tuple[TextDocument, int]:
    """Pages of one file as a document, and how many of their lines are left out beside those that were rejected.

    ``tabled`` finds the tables of pages, whose cells become blocks.
    """
    from indexer.archive.table_lines import in_cells
    from indexer.archive.transcription import text_page
    from indexer.formats.document import TextDocument

    found, left_out = [], 0
    for page in pages:
        lines = exported_lines(catalog, page)
        kept = [each for each in lines if chosen is None or _is_wanted(each[0], chosen.only)]
        others = _others(catalog, kept) if chosen is not None and chosen.readings else {}
        made = text_page(page, kept, others)
        grid = None if tabled is None else tabled(page, lines)
        found.append(made if grid is None else in_cells(made, grid, [line.id for line, __ in lines]))
        left_out += len(lines) - len(kept)
    about = catalog.description(pages[0].sha256)
    name = about.title or pages[0].name
    title = f"{name}, page {pages[0].number}" if len(pages) == 1 else name
    return TextDocument(tuple(found), title, about), left_out


def in_table(catalog: Catalog, tabled: Tabled, page: DocumentPage) -> frozenset[int]:
    """The ids of the lines of a page that stand in its table, in whole or in part."""
    lines = exported_lines(catalog, page)
    made = tabled(page, lines)
    return frozenset() if made is None else frozenset(lines[each.line][0].id for each in (*made.heads, *made.pieces))


def _is_wanted(line: StoredLine, only: Only) -> bool:
    if only == "human":
        return line.origin.engine == HUMAN
    return only == "all" or line.status is Status.ACCEPTED


def _others(catalog: Catalog, lines: Sequence[PageLine]) -> dict[int, list[Reading]]:
    """The readings of lines that do not count, each text once."""
    found: dict[int, list[Reading]] = {}
    for line, __ in lines:
        texts = {each.line.text: each for each in reversed(catalog.readings(line.id)[1:]) if each.line.text}
        found[line.id] = [each for text, each in reversed(texts.items()) if text != line.text]
    return found


def write_new(target: Path, data: bytes) -> None:
    """Write a file that is not there yet."""
    with writing_new(target) as stream:
        stream.write(data)


@contextmanager
def writing_new(target: Path) -> Iterator[BinaryIO]:
    """Open a file that is not there yet, and write it. If it cannot be written to its end, there is none."""
    try:
        with target.open("xb") as stream, _gone_if_cut(target, stream):
            yield stream
            stream.flush()
    except FileExistsError as error:
        raise UsageError(_("%(target)s is there already", target=target), _("Give it a new name.")) from error
    except OSError as error:
        reason = f"cannot write {target}: {(error.strerror or str(error)).lower()}"
        raise UsageError(reason, _("Make room there, or name another place.")) from error


@contextmanager
def _gone_if_cut(target: Path, stream: BinaryIO) -> Iterator[None]:
    """Half a file is taken for a whole one by whoever finds it, and keeps the next export from its name."""
    try:
        yield
    except BaseException:
        for undo in (stream.close, target.unlink):
            with suppress(OSError):
                undo()
        raise


def _plain(module: str) -> Callable[[TextDocument, Beside], bytes]:
    """Writes with a module of ``indexer.formats``, which is loaded only then."""

    def write(document: TextDocument, _beside: Beside) -> bytes:
        made: bytes = import_module(f"indexer.formats.{module}").write(document)
        return made

    return write


def _around(module: str) -> Callable[[TextDocument, Beside], bytes]:
    """The same for a format that wants to know what is beside a document."""

    def write(document: TextDocument, beside: Beside) -> bytes:
        made: bytes = import_module(f"indexer.formats.{module}").write(document, beside)
        return made

    return write


def _pdf(document: TextDocument, beside: Beside) -> bytes:
    from indexer.formats import searchable_pdf

    return searchable_pdf.write(document, beside.pictures)


def _pdfa(document: TextDocument, beside: Beside) -> bytes:
    from indexer.formats import searchable_pdf

    return searchable_pdf.write(document, beside.pictures, archival=True)


_PDF = "application/pdf"
FORMATS = {
    each.name: each
    for each in (
        ExportFormat("text", "text", "txt", "text/plain; charset=utf-8", _plain("plaintext")),
        ExportFormat("alto", "ALTO", "xml", "application/xml", _plain("alto")),
        ExportFormat("page", "PAGE XML", "xml", "application/xml", _plain("pagexml"), several=True),
        ExportFormat("hocr", "hOCR", "hocr", "application/xhtml+xml", _plain("hocr"), several=True),
        ExportFormat("tei", "TEI", "xml", "application/tei+xml", _plain("tei"), several=True),
        ExportFormat("pdf", "searchable PDF", "pdf", _PDF, _pdf, pictured=True, sheets=True, flat=True),
        ExportFormat("pdfa", "PDF/A", "pdf", _PDF, _pdfa, pictured=True, flat=True),
        ExportFormat(
            "markdown", "Markdown", "md", "text/markdown", _around("markdown"), beside="pictures", listed=True
        ),
        ExportFormat("mets", "METS", "mets.xml", "application/mets+xml", _around("mets"), "document", beside="alto"),
        ExportFormat("iiif", "IIIF", "manifest.json", "application/ld+json", _around("iiif"), "document", flat=True),
        ExportFormat("tropy", "Tropy", "tropy.json", "application/ld+json", _plain("tropy"), "document"),
        ExportFormat("jsonl", "JSON Lines", "jsonl", "application/jsonl", _plain("json_lines"), "all", several=True),
        ExportFormat(
            "lines", "CSV", "csv", "text/csv; charset=utf-8", _plain("line_table"), "all", heading=1, several=True
        ),
    )
}
"""What pages can be written as, by name. The library, the browser and its tests take all of them."""
