"""Tables of an archive: the columns of each volume, and the entries on its pages.

A table is made when it is asked for, from the lines and rulings in the catalogue, and from the file in which a person
corrected the columns. So what people say of lines and columns is heeded at once. Only what a search in a column needs
is kept (``kept_columns``).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from indexer.archive.exporting import exported_lines, matching_pages
from indexer.archive.kept_columns import KeptColumns, PageColumns, columns_state
from indexer.archive.table_cells import entries_of
from indexer.archive.table_columns import begins_in, learned, own, placed, without_head
from indexer.archive.table_file import files_state, table_files, write_table
from indexer.archive.volumes import volume_of
from indexer.image.rulings import with_ends
from indexer.image.table_grid import grid, may_have_columns, written
from indexer.system.paths import absolute, at_home, place_among
from indexer.text.folding import search_words
from indexer.translation import _
from indexer.values import Column, TableColumns, TablePage
from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from indexer.archive.entries import Exported
    from indexer.archive.table_cells import Above
    from indexer.archive.transcription import PageLine
    from indexer.catalog import Catalog, DocumentPage
    from indexer.image.rulings import Rulings
    from indexer.image.table_grid import Grid, Written

_LOG = logging.getLogger(__name__)
_LEARNED, _LOOKED = 8, 24
"""Columns are learned from the first pages of a volume: from so many that have a table, of at most so many."""
_MANY = 50
"""From so many pages on it takes seconds to find their columns, and that is said."""
_NAMED = 12
"""The most columns that are named in a sentence."""


class Tables:
    """The tables of an open catalogue. What was learned is remembered until the catalogue or a file of columns
    changes. ``say`` is told of what takes long."""

    def __init__(self, catalog: Catalog, say: Callable[[str], None] = _LOG.info) -> None:
        self._catalog = catalog
        self._say = say
        self._state: object = None
        self._known: dict[Path, TableColumns] = {}
        self._kept = KeptColumns(catalog.home / "search" / "columns")

    def volumes(self, pattern: str) -> list[Path]:
        """The volumes of the pages whose path matches a pattern, as ``notes search --in`` takes it."""
        return list(self._volumes(self._catalog.pages_matching(pattern)))

    def volume(self, place: str | Path) -> Path:
        """The volume at a place: a folder with images, or a file of several pages. Raises ``MissingError``."""
        from pathlib import Path

        path = absolute(at_home(Path(place)))
        found = self.volumes(str(path))
        same = place_among(path, found)
        if same is None:
            hint = (
                _("Name one of: %(found)s.", found=", ".join(map(str, found[:3])))
                if found
                else _("notes index FOLDER reads its pages.")
            )
            raise MissingError(
                _("no page of the index lies in %(path)s itself", path=path)
                if found
                else _("no page of the index lies in %(path)s", path=path),
                hint,
            )
        return same

    def columns(self, volume: Path) -> TableColumns:
        """The columns of the tables of a volume, as a person wrote them down or else as they are learned from its first
        pages; none if these have no table."""
        self._forget()
        if volume not in self._known:
            written_down = table_files(self._catalog.home).get(volume)
            self._known[volume] = written_down or self._learned(volume)
            self._kept.write()
        return self._known[volume]

    def write(self, volume: Path) -> TableColumns:
        """Write the columns of a volume into a file, to be corrected there. A file that is there stays."""
        table = self.columns(volume)
        if table.file is None and table.columns:
            table = replace(table, file=write_table(self._catalog.home, volume, table))
            del self._known[volume]
        return table

    def strays(self) -> dict[Path, Path]:
        """Files in which columns were written down for pages that are not in the catalogue now, and where these lay."""
        files = table_files(self._catalog.home).items()
        there = {volume: self._catalog.page_ids(str(volume), None, None) for volume, _ in files}
        return {table.file: volume for volume, table in files if table.file and not there[volume]}

    def pages(self, pattern: str) -> Iterator[TablePage | DocumentPage]:
        """The tables of the pages whose path matches a pattern, in order. A page without one comes as it is.

        Raises ``MissingError`` when no page matches.
        """
        above: Above = {}
        for page in matching_pages(self._catalog, pattern):
            yield self._table(page, above) or page

    def export(self, pattern: str, name: str) -> Exported:
        """The entries of all pages whose path matches a pattern, as ``csv`` or ``json``.

        Raises ``MissingError`` for another format, and when no page matches.
        """
        from indexer.archive.entries import exported

        return exported(self, pattern, name)

    def grid(self, page: DocumentPage, lines: list[PageLine] | None = None) -> Grid | None:
        """Where what is written on a page stands in its table: pieces of ``lines`` with their columns and rows."""
        found = self._found(page, lines)
        return None if found is None else found[2]

    def lines_in(self, name: str, pages: Iterable[int]) -> frozenset[int]:
        """The ids of the lines of pages that stand in a column, in whole or in part.

        A column is meant by its number or by words of its name, as far as they are written. Raises ``UsageError`` when
        none of the pages has such a column.
        """
        found: set[int] = set()
        seen: dict[str, None] = {}
        meant = False
        for there in self._page_columns(self._catalog.pages_at(sorted(pages))):
            seen |= dict.fromkeys(there.names)
            for number, (column, lines) in enumerate(zip(there.names, there.lines, strict=True)):
                if _is_meant(name, number, column):
                    meant = True
                    found.update(lines)
        self._kept.write()
        if not meant:
            raise _no_column(name, seen)
        return frozenset(found)

    def _page_columns(self, pages: Sequence[DocumentPage]) -> Iterator[PageColumns]:
        """The columns of pages with their lines: as they are kept, or else found and kept."""
        new: list[tuple[DocumentPage, str]] = []
        for volume, there in self._volumes(pages).items():
            columns = columns_state(self.columns(volume))
            for page in there:
                kept = self._kept.page(page, columns)
                if kept is None:
                    new.append((page, columns))
                else:
                    yield kept
        if len(new) >= _MANY:
            self._say(f"finding the columns of {len(new):,} pages, which is done once")
        for page, columns in new:
            found = self._found(page)
            made = PageColumns() if found is None else _page_columns(*found[:3])
            self._kept.keep_page(page, columns, made)
            yield made

    def _forget(self) -> None:
        state = (self._catalog.revision, files_state(self._catalog.home))
        if state != self._state:
            self._known, self._state = {}, state

    def _volumes(self, pages: Sequence[DocumentPage]) -> dict[Path, list[DocumentPage]]:
        """Pages by their volumes (``volume_of``)."""
        sheets = self._catalog.sheets(page.document for page in pages)
        found: dict[Path, list[DocumentPage]] = {}
        for page in pages:
            volume = volume_of(page.path, long=sheets[page.document] > 1, home=self._catalog.home)
            found.setdefault(volume, []).append(page)
        return found

    def _volume(self, page: DocumentPage) -> Path:
        (volume,) = self._volumes([page])
        return volume

    def _learned(self, volume: Path) -> TableColumns:
        """The columns that most of the first pages with a table have."""
        pages = self._volumes(self._catalog.pages_matching(str(volume))).get(volume, [])[:_LOOKED]
        kept = self._kept.volume(volume, pages)
        if kept is not None:
            return kept
        looks = (self._look(page, exported_lines(self._catalog, page)) for page in pages)
        found = learned(list(islice((look for look in looks if own(look)), _LEARNED)), len(pages))
        self._kept.keep_volume(volume, pages, found)
        return found

    def _look(self, page: DocumentPage, lines: list[PageLine]) -> Written:
        return written(lines, self._ruled(page), (page.width, page.height))

    def _ruled(self, page: DocumentPage) -> Rulings:
        return with_ends(self._catalog.rulings([page.id]).get(page.id, ()))

    def _found(
        self, page: DocumentPage, lines: list[PageLine] | None = None
    ) -> tuple[list[PageLine], tuple[Column, ...], Grid, bool] | None:
        """The lines of a page, its columns, its table, and whether the columns are those of the volume."""
        lines = exported_lines(self._catalog, page) if lines is None else lines
        table = self.columns(self._volume(page))
        if table.file is None and not may_have_columns(lines, self._ruled(page)):
            return None
        look = self._look(page, lines)
        places = placed(table, look)
        columns = own(look) if places is None else table.columns
        if not columns:
            return None
        spans = places or [(column.left * page.width, column.right * page.width) for column in columns]
        made = grid(look, spans, begins_in(columns))
        below = look if places is None else without_head(look, made, columns)
        if below is not look:
            made = grid(below, spans, begins_in(columns))
        return lines, columns, made, places is not None

    def _table(self, page: DocumentPage, above: Above) -> TablePage | None:
        """The table of a page. ``above`` has what stands last in each column of a volume."""
        found = self._found(page)
        if found is None:
            return None
        lines, columns, made, fits = found
        entries = entries_of(made, [line for line, _ in lines], columns, self._volume(page), above)
        return TablePage(page.path, page.number, columns, entries, len(made.outside), fits) if entries else None


def _page_columns(lines: Sequence[PageLine], columns: Sequence[Column], made: Grid) -> PageColumns:
    """The columns of a table, each with the ids of its lines."""
    found: list[dict[int, None]] = [{} for _ in columns]
    for piece in made.pieces:
        found[piece.column][lines[piece.line][0].id] = None
    return PageColumns(tuple(column.name for column in columns), tuple(map(tuple, found)))


def _is_meant(name: str, number: int, column: str) -> bool:
    """Whether a name means a column: by its number, or by words with which words of its name begin."""
    asked, there = search_words(name), search_words(column)
    return name == str(number + 1) or (
        bool(asked) and all(any(word.startswith(each) for word in there) for each in asked)
    )


def _no_column(name: str, there: Iterable[str]) -> UsageError:
    names = "; ".join(islice(there, _NAMED))
    return UsageError(
        _("no column is called %(name)s on the pages that may have this", name=repr(name)),
        _("Columns are: %(names)s.", names=names)
        if names
        else _("None of these pages has a table; see notes help registers."),
    )
