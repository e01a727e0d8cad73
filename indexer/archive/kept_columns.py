"""Keeps which lines stand in which columns of tables, beside the search index, until a page or its columns change.

What was found on a page counts for one revision of the page and one set of columns of its volume; what was learned of
a volume, for one revision of each page that it was learned from. What is damaged or missing is found anew, so the files
can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from indexer.system.files import replacing
from indexer.values import Column, TableColumns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from indexer.catalog import DocumentPage

_RULES = 2
"""Raise it when tables come out differently: what was kept by other rules does not count."""
_TOGETHER = 64
"""Pages whose columns lie in one file."""
_VOLUMES = "volumes"


@dataclass(frozen=True, slots=True)
class PageColumns:
    """The names of the columns on a page, and the ids of the lines in each. A page without a table has none."""

    names: tuple[str, ...] = ()
    lines: tuple[tuple[int, ...], ...] = ()


class KeptColumns:
    """The columns that were found, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, dict[str, list[Any]]] = {}
        self._changed: set[str] = set()

    def page(self, page: DocumentPage, columns: str) -> PageColumns | None:
        """What is known of a page with the columns of its volume (``columns_state``)."""
        found = self._known(_name(page), str(page.id), f"{page.revision} {columns}")
        with suppress(TypeError, ValueError):
            names, lines = found
            return PageColumns(tuple(map(str, names)), tuple(tuple(map(int, each)) for each in lines))
        return None

    def keep_page(self, page: DocumentPage, columns: str, found: PageColumns) -> None:
        """Keep what was found on a page."""
        self._keep(_name(page), str(page.id), f"{page.revision} {columns}", [found.names, found.lines])

    def volume(self, volume: Path, pages: Iterable[DocumentPage]) -> TableColumns | None:
        """The columns that were learned from these pages of a volume."""
        found = self._known(_VOLUMES, str(volume), _volume_state(pages))
        with suppress(TypeError, ValueError):
            columns, has, looked = found
            return TableColumns(tuple(Column(*each) for each in columns), int(has), int(looked))
        return None

    def keep_volume(self, volume: Path, pages: Iterable[DocumentPage], table: TableColumns) -> None:
        """Keep the columns that were learned from these pages of a volume."""
        columns = [astuple(column) for column in table.columns]
        self._keep(_VOLUMES, str(volume), _volume_state(pages), [columns, table.pages, table.looked])

    def write(self) -> None:
        """Write what is new, if nobody else writes now and the folder can be written."""
        with suppress(OSError, Timeout, UnicodeEncodeError):
            if self._changed:
                self._folder.mkdir(parents=True, exist_ok=True)
                with FileLock(self._folder / "lock", timeout=0):
                    self._write()

    def _write(self) -> None:
        for name in sorted(self._changed):
            entries = self._read(name) | self._files[name]
            with replacing(self._folder / f"{name}.json", lasting=False) as partial:
                partial.write_text(json.dumps(entries, separators=(",", ":")), encoding="utf-8")
        self._changed.clear()

    def _known(self, name: str, key: str, state: str) -> Any:
        if name not in self._files:
            self._files[name] = self._read(name)
        kept = self._files[name].get(key)
        return kept[1] if isinstance(kept, list) and len(kept) == 2 and kept[0] == state else None

    def _keep(self, name: str, key: str, state: str, what: list[Any]) -> None:
        self._files.setdefault(name, {})[key] = [state, what]
        self._changed.add(name)

    def _read(self, name: str) -> dict[str, list[Any]]:
        with suppress(OSError, ValueError, RecursionError):
            found = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else {}
        return {}


def _name(page: DocumentPage) -> str:
    return str(page.id // _TOGETHER)


def columns_state(table: TableColumns) -> str:
    """A value that differs for other columns of a volume."""
    return _digest([[astuple(column) for column in table.columns], table.file is None])


def _volume_state(pages: Iterable[DocumentPage]) -> str:
    return _digest([(page.id, page.revision) for page in pages])


def _digest(told: list[Any]) -> str:
    return hashlib.sha256(json.dumps([_RULES, told]).encode()).hexdigest()[:16]
