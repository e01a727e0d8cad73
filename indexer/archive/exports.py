"""Exports of an archive: pages are chosen, and written in a format, a file each or one for all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.archive.export_contents import keep_contents
from indexer.archive.exporting import Chosen, export_format, in_table, matching_pages, pages_with_hits
from indexer.archive.page_files import export_of, made, page_files, row, single, with_fitting_names
from indexer.system.paths import absolute, at_home
from indexer.translation import _
from indexer.values import Failure, SearchOptions
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from indexer.archive.exporting import ExportFormat, Tabled
    from indexer.archive.page_files import Export, PageFile, Planned
    from indexer.catalog import Catalog, DocumentPage
    from indexer.recognition.page_drawer import PageDrawer
    from indexer.values import Only, SearchResult, SourceOptions


@dataclass(frozen=True, slots=True)
class Exports:
    """What an archive gives out: by its catalogue, the tables of its pages, who draws these from files opened with
    ``options``, what its queries find, and in which ``formats``."""

    catalog: Catalog
    tabled: Tabled
    drawer: Callable[[], PageDrawer]
    options: SourceOptions
    portions: Callable[[str, SearchOptions], Iterator[SearchResult]]
    formats: Mapping[str, ExportFormat]

    def plan(
        self, pattern: str, name: str, *, only: Only = "all", readings: bool = False, hits: str | None = None
    ) -> Export:
        """What is to be written of the pages whose path matches a pattern, or of all; or of those with ``hits`` alone.

        ``only`` accepted lines may be taken, or those that a ``human`` settled; ``readings`` takes their other readings
        as well. Raises ``MissingError`` when there is no such page.
        """
        chosen = Chosen(export_format(name, self.formats), only, readings)
        pages, below = matching_pages(self.catalog, pattern), absolute(at_home(Path(pattern))) if pattern else None
        if not hits:
            return export_of(pages, below, chosen)
        found = pages_with_hits(self.catalog, self.portions(hits, SearchOptions(limit=None)), pages, hits)
        return export_of(found, below, chosen, hits, found)

    def files(self, plan: Export, to: Path) -> Iterator[PageFile | Failure]:
        """Write the files of a plan into a folder. Files that are there already stay."""
        if not plan.files:
            raise UsageError(
                _("%(title)s is one file for all pages", title=plan.chosen.form.title), _("See notes export --help.")
            )
        return self._written(plan, with_fitting_names(plan.files, to), to)

    def _written(self, plan: Export, files: Sequence[Planned], to: Path) -> Iterator[PageFile | Failure]:
        there = set[Path]()
        with self.drawer() as drawer:
            shown = partial(self._shown, drawer, plan.chosen.form)
            for each in page_files(files, to, lambda file: made(self.catalog, file, plan.chosen, self.tabled, shown)):
                if not isinstance(each, Failure):
                    there.add(each.path)
                yield each
        if plan.chosen.form.listed:
            stands = partial(in_table, self.catalog, self.tabled)
            yield from keep_contents(to, plan, [file for file in files if to / file.path in there], stands)

    def rows(self, plan: Export) -> Iterator[tuple[bytes, int]]:
        """What the one file of a plan has of each page, and how many lines of that are left out."""
        make = partial(row, self.catalog, chosen=plan.chosen, tabled=self.tabled)
        return (make(page, is_first=at == 0) for at, page in enumerate(plan.pages))

    def single(self, page: DocumentPage, name: str) -> bytes:
        """A page as a file of its own."""
        form = export_format(name, self.formats)
        with self.drawer() as drawer:
            return single(self.catalog, page, form, self.tabled, partial(self._shown, drawer, form))

    def _shown(self, drawer: PageDrawer, form: ExportFormat, page: DocumentPage) -> bytes:
        from indexer.archive.export_pictures import drawn
        from indexer.recognition.page_drawer import Wanted

        files, pages = tuple(self.catalog.originals(page.sha256)), self.catalog.document(page.document).pages
        wanted = Wanted(files, page.number, page.turned, self.options)
        return drawer.made(wanted, partial(drawn, page, pages, form.sheets))
