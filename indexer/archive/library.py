"""The library: an archive that is read into, searched, corrected, exported, learned from and backed up.

The command line calls what a notebook calls. Every failure is a ``NotesError``: it says what happened and what to do
next.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from indexer.archive import exporting, searching, settling
from indexer.archive.archive_line import ArchiveLine
from indexer.archive.bundles import Bundles
from indexer.archive.describing import DescribingDocuments
from indexer.archive.drawn_lines import DrawnLines
from indexer.archive.expecting import estimated
from indexer.archive.forgetting import ForgettingDocuments
from indexer.archive.learning import Learning
from indexer.archive.opening import Voice, paths_of, plugins, source_options
from indexer.archive.ordering import OrderingLines
from indexer.archive.orphans import Orphans
from indexer.archive.picturing import Picturing
from indexer.archive.review_order import note_search
from indexer.archive.saying import SayingLines
from indexer.archive.word_walls import WordWalls
from indexer.catalog import Catalog, revision_of
from indexer.catalog.damage import blame
from indexer.system.settings import percent_setting
from indexer.values import SearchOptions, StoredLine

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from indexer.api.registry import Registry
    from indexer.archive.backup import Held
    from indexer.archive.exports import Exports
    from indexer.archive.indexing import Event, IndexReport
    from indexer.archive.page_files import PageFile
    from indexer.archive.tables import Tables
    from indexer.catalog import Counts, Document, DocumentPage
    from indexer.posteriors.estimation import Estimate
    from indexer.recognition.choice import Decision
    from indexer.recognition.page_drawer import PageDrawer
    from indexer.recognition.unkept import ReadPage
    from indexer.search import Finder, SearchIndex
    from indexer.search.variants import Speller
    from indexer.system.settings import Settings
    from indexer.values import Completion, Failure, Only, SearchResult
    from indexer.values.thresholds import Thresholds


class Archive(
    Bundles,
    Learning,
    DescribingDocuments,
    DrawnLines,
    ForgettingDocuments,
    OrderingLines,
    Orphans,
    Picturing,
    SayingLines,
    WordWalls,
):
    """An open archive: a context manager, for one thread. Pages and lines are numbered from 1.

    Most methods look into the index folder alone. The archive's own files are needed to read pages (anew), to merge
    bundles, and for pictures.
    """

    def __init__(self, settings: Settings, voice: Voice) -> None:
        self.settings = settings
        self._voice = voice
        self._opened = ExitStack()
        self._finder: tuple[tuple[str, int] | None, Finder] | None = None
        self._said = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        blame(self.folder, error)

    def close(self) -> None:
        """Close what is open. What is asked of the archive later opens it again."""
        self._let_go()
        self._opened.close()
        for name in ("catalog", "tables", "exports", "_drawer"):
            self.__dict__.pop(name, None)
        if self._said:
            searching.tidy(self._search)
            self._said = False

    @property
    def folder(self) -> Path:
        """The index folder."""
        return self.settings.index

    @cached_property
    def registry(self) -> Registry:
        """The plugins. Not part of what is promised."""
        return plugins(self.settings, self._voice)

    @cached_property
    def catalog(self) -> Catalog:
        """The open catalogue. Not part of what is promised. Raises ``IndexFolderError`` when nothing was read yet."""
        return self._opened.enter_context(Catalog(self.folder, who=self.settings.person or ""))

    @cached_property
    def _search(self) -> SearchIndex:
        from indexer.search import SearchIndex

        return self._opened.enter_context(closing(SearchIndex(self.folder / "search", self.settings.shards)))

    # Reading.

    @cached_property
    def engines(self) -> Decision:
        """The engines that read, and why it is these; raises ``UnavailableError`` when one is not there."""
        from indexer.recognition.choice import decide

        return decide(self.settings, self.registry)

    def index(
        self,
        *paths: str | Path,
        reread: bool = False,
        prune: bool = False,
        emptied: bool = False,
        passwords: Sequence[str] = (),
        hear: Callable[[Event], None] = lambda _event: None,
        stopping: Callable[[], bool] = lambda: False,
        cluster: str | None = None,
    ) -> IndexReport:
        """Read the pages of files and folders that are new or changed, and make them searchable.

        ``reread`` reads again what was read with other settings. ``prune`` takes out files that are gone, ``emptied``
        also those of folders in which nothing is left, as of a drive that is not attached. ``hear`` gets each event.
        When ``stopping()`` turns true, the pages in hand are finished, and the next run goes on. What cannot be read is
        in the report; nothing is raised for it. The workers of a ``cluster`` read: ``tcp://host:8786``, ``slurm:9``.
        """
        from indexer.archive import indexing  # what reads is not loaded to search

        plan = indexing.make_run_plan(self.settings, self.engines.engines, paths_of(paths), passwords, reread=reread)
        self._let_go()
        how = indexing.Pruning.of(prune=prune, emptied=emptied)
        return indexing.run(
            self.settings, self.registry, plan, how, self._voice, hear=hear, stopping=stopping, cluster=cluster
        )

    def plan(
        self,
        *paths: str | Path,
        reread: bool = False,
        prune: bool = False,
        emptied: bool = False,
        passwords: Sequence[str] = (),
    ) -> IndexReport:
        """What ``index`` would do, without doing it."""
        from indexer.archive import indexing

        plan = indexing.make_run_plan(self.settings, self.engines.engines, paths_of(paths), passwords, reread=reread)
        return indexing.plan(self.folder, self.registry, plan, indexing.Pruning.of(prune=prune, emptied=emptied))

    def read(self, *paths: str | Path, passwords: Sequence[str] = ()) -> Generator[ReadPage | Failure, None, None]:
        """Read pages in order and keep nothing; what cannot be read is among what is given."""
        from indexer.recognition import unkept

        options = source_options(self.settings, tuple(passwords))
        engines = self.engines.engines
        return unkept.read(paths_of(paths), engines, options, self.settings, self.registry)

    def turn(
        self, pages: Sequence[DocumentPage], degrees: Literal[90, 180, 270], passwords: Sequence[str] = ()
    ) -> IndexReport:
        """Turn pages clockwise from how they are shown, and read them again. What people said of lines stays there."""
        for page in pages:
            self.catalog.turn(page, (page.turned + degrees) % 360)
        files = [file.holder or file for page in pages for file in self.catalog.originals(page.sha256)[:1]]
        return self.index(*dict.fromkeys(file.path for file in files), passwords=passwords)

    @property
    def thresholds(self) -> Thresholds:
        """From which confidence (0–1) on lines are accepted."""
        return self.catalog.thresholds

    def set_threshold(self, percent: float | str | None, engine: str | None = None) -> Thresholds:
        """Judge all lines by another threshold, or those of one ``engine``; ``None`` takes its own threshold away."""
        own = dict(self.thresholds.engines)
        if engine is None:
            made = replace(self.thresholds, default=percent_setting("threshold", percent))
        elif percent is None:
            made = replace(self.thresholds, engines={name: each for name, each in own.items() if name != engine})
        else:
            made = replace(self.thresholds, engines={**own, engine: percent_setting("threshold", percent)})
        self.catalog.set_thresholds(made)
        return made

    # Looking.

    def counts(self) -> Counts:
        """How much there is of everything."""
        return self.catalog.counts()

    def estimate(self) -> Estimate | None:
        """How much is read wrong, and how much is found, as far as can be told without a transcription."""
        return estimated(self.catalog)

    def failures(self) -> list[Failure]:
        """What could not be read, and why."""
        return self.catalog.failures()

    def documents(self) -> list[Document]:
        """The documents by where they lie."""
        return self.catalog.documents()

    def pages(self, document: Document | int | None = None) -> Iterator[DocumentPage]:
        """The pages that were read, of one document or of all."""
        if document is None:
            for each in self.catalog.documents():
                yield from self.catalog.document_pages(each.id)
        else:
            yield from self.catalog.document_pages(document if isinstance(document, int) else document.id)

    def lines(self, page: DocumentPage) -> list[ArchiveLine]:
        """The lines of a page in reading order."""
        found = self.catalog.page_lines(page.path, page.number)
        verdicts = self.catalog.verdicts_on([each.id for each in found])
        return [ArchiveLine(self, each, revision_of(each.text, verdicts.get(each.id, 0))) for each in found]

    def line(self, line: int | StoredLine, seen: str | None = None) -> ArchiveLine:
        """A line by its number, or one of a hit. ``seen`` is the text that a person saw, if that was not just now.

        Raises ``MissingError`` when there is no such line.
        """
        if isinstance(line, int):
            line = self.catalog.line(line)
        elif seen is None:
            seen = line.text
        return ArchiveLine(self, line, settling.seen_as(self.catalog, line, seen))

    @cached_property
    def _drawer(self) -> PageDrawer:
        """What opens pages to show them; it is kept, so that many are shown soon."""
        return self._opened.enter_context(self._new_drawer())

    def _new_drawer(self) -> PageDrawer:
        from indexer.recognition.page_drawer import PageDrawer

        return PageDrawer(self.settings.plugin_folder, self.settings.page_timeout)

    @cached_property
    def exports(self) -> Exports:
        """What can be written of the archive. Not part of what is promised."""
        from indexer.archive.exports import Exports

        formats = exporting.with_added(self.registry.formats.values())
        options = source_options(self.settings)
        return Exports(self.catalog, self.tables.grid, self._new_drawer, options, self.portions, formats)

    def export(self, page: DocumentPage, name: str = "text", to: str | Path | None = None) -> bytes:
        """A page in a format (``exporting.FORMATS``), also written to a new file if one is named."""
        made = self.exports.single(page, name)
        if to is not None:
            exporting.write_new(Path(to), made)
        return made

    def export_pages(
        self,
        pattern: str,
        name: str,
        to: str | Path,
        *,
        only: Only = "all",
        readings: bool = False,
        hits: str | None = None,
    ) -> Iterator[PageFile | Failure]:
        """Write all pages whose path matches a pattern, in a format as ``export`` takes it, into files in a folder.

        ``Exports.plan`` says what may be chosen. Files that are there already stay. Raises ``MissingError`` when there
        is no such page.
        """
        plan = self.exports.plan(pattern, name, only=only, readings=readings, hits=hits)
        return self.exports.files(plan, Path(to))

    def pages_matching(self, pattern: str) -> list[DocumentPage]:
        """The pages whose path matches a pattern, by path and number. Raises ``MissingError`` when there is none."""
        return exporting.matching_pages(self.catalog, pattern)

    @cached_property
    def tables(self) -> Tables:
        """The tables of the pages: the columns of each volume, and entries as rows of cells."""
        from indexer.archive.tables import Tables

        return Tables(self.catalog, self._voice.say)

    # Searching.

    def search(self, query: str, options: SearchOptions | None = None, *, remember: bool = False) -> SearchResult:
        """What a query finds, best first; raises ``UsageError`` when it makes no sense.

        ``remember`` says that a person asked: lines that may have it come first in the review.
        """
        result = self._find(query, options or SearchOptions())
        if remember:
            note_search(self.folder, query)
        return result

    def portions(self, query: str, options: SearchOptions | None = None) -> Iterator[SearchResult]:
        """What a query finds, some hundred hits at a time; at least one portion, perhaps without hits."""
        return searching.portions(self.search, query, options or SearchOptions(limit=None))

    def in_words(
        self, result: SearchResult, options: SearchOptions | None = None, shown: str = "", further: str = ""
    ) -> str:
        """How much a search found and about how much it missed, in a sentence."""
        return searching.in_words(result, options or SearchOptions(), self.catalog, shown, further)

    def completions(self, query: str, most: int = 8) -> list[Completion]:
        """What the last word of a query may become, by the words that were read and corrected; the commonest first."""
        return self._newest_finder().completions(query, most)

    def _find(self, query: str, options: SearchOptions) -> SearchResult:
        options = searching.limited(options, self.settings.search_timeout)
        return searching.found(self._newest_finder(), query, options, self._lines_in)

    def _lines_in(self, column: str, pages: Iterable[int]) -> frozenset[int]:
        """The ids of the lines in a column of tables; what looks at tables is not loaded for another query."""
        return self.tables.lines_in(column, pages)

    def _newest_finder(self) -> Finder:
        from indexer.search import Finder

        state = (self.catalog.uuid, self.catalog.revision)
        if self._finder is None or self._finder[0] != state or self._finder[1].outdated:
            self._let_go()
            found, whole = searching.up_to_date(self._search, self.catalog, self._voice)
            self._finder = (state if whole else None, Finder(found, self.catalog, self._speller).__enter__())
        return self._finder[1]

    def _speller(self) -> Speller:
        return searching.speller(self.settings, lambda: self.registry)

    def _let_go(self) -> None:
        """Close the finder, if there is one: it searches the index as it was."""
        if self._finder is not None:
            self._finder[1].__exit__()
            self._finder = None

    # Keeping.

    def backup(self, to: str | Path) -> Held:
        """Write what people said, what was added and what was taught into a new file; ``notes restore`` takes it."""
        from indexer.archive.backup import backup

        return backup(self.folder, Path(to))

    def restore(self, backup: str | Path, *, replace: bool = False) -> Held:
        """Make the archive again from a backup, all of which is checked before anything is changed.

        Raises ``UsageError`` when there is an index already, unless it is to be ``replace``d.
        """
        from indexer.archive.backup import restore

        self.close()
        held = restore(Path(backup), self.folder, replace=replace, say=self._voice.say)
        searching.make_searchable(self.folder, self._voice)
        return held

    def _followed(self, lines: list[StoredLine]) -> list[StoredLine]:
        """The lines, after the search index has what was said of them."""
        searching.follow(self._search, self.catalog, self._voice)
        self._said = True
        return lines
