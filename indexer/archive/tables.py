"""Tables of an archive: the columns of each volume, and the entries on its pages. Nothing of it is kept.

A table is made when it is asked for, from the lines and rulings in the catalogue, and from the file in which a person
corrected the columns. So what people say of lines and columns is heeded at once.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from indexer.archive.exporting import exported_lines
from indexer.archive.table_cells import entries_of
from indexer.archive.table_columns import begins_in, learned, own, placed, without_head
from indexer.archive.table_file import files_state, table_files, write_table
from indexer.image.rulings import with_ends
from indexer.image.table_grid import grid, written
from indexer.system.paths import absolute, at_home, place_among
from indexer.text.folding import search_words
from indexer.values import Column, TableColumns, TablePage
from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from indexer.archive.entries import Exported
    from indexer.archive.table_cells import Above
    from indexer.catalog import Catalog, DocumentPage
    from indexer.formats.transcription import PageLine
    from indexer.image.table_grid import Grid, Written

_LEARNED, _LOOKED = 8, 24
"""Columns are learned from the first pages of a volume: from so many that have a table, of at most so many."""
_NAMED = 12
"""The most columns that are named in a sentence."""


class Tables:
    """The tables of an open catalogue. What was learned is remembered until the catalogue or a file of columns
    changes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._state: object = None
        self._known: dict[Path, TableColumns] = {}
        self._pages: dict[int, int] = {}

    def volumes(self, pattern: str) -> list[Path]:
        """The volumes of the pages whose path matches a pattern, as ``notes search --in`` takes it."""
        pages = self._matching(pattern)
        return list(dict.fromkeys(self._volume(page) for page in pages))

    def volume(self, place: str | Path) -> Path:
        """The volume at a place: a folder with images, or a file of several pages. Raises ``MissingError``."""
        from pathlib import Path

        path = absolute(at_home(Path(place)))
        found = self.volumes(str(path))
        same = place_among(path, found)
        if same is None:
            hint = f"Name one of: {', '.join(map(str, found[:3]))}." if found else "notes index FOLDER reads its pages."
            raise MissingError(f"no page of the index lies in {path}{' itself' if found else ''}", hint)
        return same

    def columns(self, volume: Path) -> TableColumns:
        """The columns of the tables of a volume, as a person wrote them down or else as they are learned from its first
        pages; none if these have no table."""
        self._forget()
        if volume not in self._known:
            written_down = table_files(self._catalog.home).get(volume)
            self._known[volume] = written_down or self._learned(volume)
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
        """The tables of the pages whose path matches a pattern, in order. A page without one comes as it is."""
        above: Above = {}
        for page in self._matching(pattern):
            yield self._table(page, above) or page

    def export(self, pattern: str, name: str) -> Exported:
        """The entries of all pages whose path matches a pattern, as ``csv`` or ``json``.

        Raises ``MissingError`` for another format, and when no page matches.
        """
        from indexer.archive.entries import exported

        return exported(self, pattern, name)

    def grid(self, page: DocumentPage) -> Grid | None:
        """Where what is written on a page stands in its table: pieces of lines with their columns and rows."""
        found = self._found(page)
        return None if found is None else found[2]

    def lines_in(self, name: str, pages: Iterable[int]) -> frozenset[int]:
        """The ids of the lines of pages that stand in a column, in whole or in part.

        A column is meant by its number or by words of its name, as far as they are written. Raises ``UsageError`` when
        none of the pages has such a column.
        """
        found: set[int] = set()
        seen: dict[str, None] = {}
        meant = False
        for page in self._catalog.pages_at(sorted(pages)):
            table = self._found(page)
            if table is not None:
                lines, columns, made, _ = table
                seen |= dict.fromkeys(column.name for column in columns)
                at = {number for number, column in enumerate(columns) if _is_meant(name, number, column)}
                meant = meant or bool(at)
                found.update(lines[piece.line][0].id for piece in made.pieces if piece.column in at)
        if not meant:
            raise _no_column(name, seen)
        return frozenset(found)

    def _forget(self) -> None:
        state = (self._catalog.revision, files_state(self._catalog.home))
        if state != self._state:
            self._known, self._pages, self._state = {}, {}, state

    def _matching(self, pattern: str) -> list[DocumentPage]:
        """The pages whose path matches a pattern, by path and number."""
        return self._catalog.pages_at(sorted(self._catalog.page_ids(pattern, None, None)))

    def _volume(self, page: DocumentPage) -> Path:
        """A file of several pages, or the folder that a picture lies in."""
        self._forget()
        if page.document not in self._pages:
            self._pages[page.document] = self._catalog.document(page.document).pages or 1
        return page.path if self._pages[page.document] > 1 else page.path.parent

    def _learned(self, volume: Path) -> TableColumns:
        """The columns that most of the first pages with a table have."""
        pages = [page for page in self._matching(str(volume)) if self._volume(page) == volume][:_LOOKED]
        looks = (self._look(page, exported_lines(self._catalog, page)) for page in pages)
        return learned(list(islice((look for look in looks if own(look)), _LEARNED)), len(pages))

    def _look(self, page: DocumentPage, lines: list[PageLine]) -> Written:
        ruled = with_ends(self._catalog.rulings([page.id]).get(page.id, ()))
        return written(lines, ruled, (page.width, page.height))

    def _found(self, page: DocumentPage) -> tuple[list[PageLine], tuple[Column, ...], Grid, bool] | None:
        """The lines of a page, its columns, its table, and whether the columns are those of the volume."""
        lines = exported_lines(self._catalog, page)
        table, look = self.columns(self._volume(page)), self._look(page, lines)
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


def _is_meant(name: str, number: int, column: Column) -> bool:
    """Whether a name means a column: by its number, or by words with which words of its name begin."""
    asked, there = search_words(name), search_words(column.name)
    return name == str(number + 1) or (
        bool(asked) and all(any(word.startswith(each) for word in there) for each in asked)
    )


def _no_column(name: str, there: Iterable[str]) -> UsageError:
    names = "; ".join(islice(there, _NAMED))
    return UsageError(
        f"no column is called {name!r} on the pages that may have this",
        f"Columns are: {names}." if names else "None of these pages has a table; see notes help registers.",
    )
