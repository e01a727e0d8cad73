"""The users of an index folder when a backup is restored there: they stay, whoever is in the backup.

A backup is of another day. With it whoever was removed since would come back, and with one from before the first user
everybody would come in.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexer.catalog.database import Database
from indexer.catalog.schema import connect
from indexer.catalog.trouble import FILE_NAME, explained
from indexer.values.errors import IndexFolderError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_TABLES = ("users", "tokens", "sessions", "subjects", "log", "log_left_out")
"""The tables that tell of people; a row comes after those it depends on."""
_OPEN = "key = 'open here'"
"""Of one machine alone: whether whoever has an account on it may come in."""


@dataclass(frozen=True, slots=True)
class _People:
    """What a catalogue tells of people: the rows of each table by its name, and whether it is open to whoever has an
    account on the machine."""

    rows: Mapping[str, Sequence[Sequence[object]]] = field(default_factory=dict)
    is_open: bool = False

    @property
    def users(self) -> int:
        """How many users there are."""
        return len(self.rows.get("users", ()))


class _Kept(Database):
    """A catalogue that is asked for its people alone."""

    def people(self) -> _People:
        """All that it tells of them."""
        rows = {name: [tuple(row) for row in self._all(f"SELECT * FROM {name}")] for name in _TABLES}  # noqa: S608
        return _People(rows, self._one(f"SELECT 1 FROM meta WHERE {_OPEN}") is not None)  # noqa: S608


def keep_people(copy: Path, folder: Path) -> str:
    """Put the users of an index folder, if it has any, into the copy of a catalogue that is to replace its own, and
    what they did. Gives a sentence about who may come in afterwards, empty if all is as before."""
    here = _people_in(folder)
    with explained(copy), closing(connect(copy, create=False, spare=False)) as into:
        brought = into.execute("SELECT count(*) FROM users").fetchone()[0]
        into.execute("BEGIN")
        if here is None or not here.is_open:
            into.execute(f"DELETE FROM meta WHERE {_OPEN}")  # noqa: S608
        if here is not None and here.users:
            _replace(into, here)
        into.execute("COMMIT")
    return _told(here, brought)


def _people_in(folder: Path) -> _People | None:
    """The people of an index folder; ``None`` if they cannot be read."""
    if not (folder / FILE_NAME).exists():
        return _People()
    try:
        with _Kept(folder, create=False) as kept:
            return kept.people()
    except IndexFolderError:
        return None


def _replace(into: sqlite3.Connection, people: _People) -> None:
    for name in reversed(_TABLES):
        into.execute(f"DELETE FROM {name}")  # noqa: S608 - a name of ours, as below
    for name, rows in people.rows.items():
        for row in rows:
            into.execute(f"INSERT INTO {name} VALUES ({','.join('?' * len(row))})", row)  # noqa: S608


def _told(here: _People | None, brought: int) -> str:
    if here is not None and here.users:
        return f"users stay as they are here: {here.users}; of the {brought} in the backup none comes back"
    if here is None and not brought:
        return "the users of this index cannot be read, and the backup has none: nobody has to sign in afterwards"
    if brought:
        lost = ", since those of this index cannot be read" if here is None else ""
        return f"users come from the backup{lost}: {brought}; see who they are with notes user list"
    return ""
