"""PostgreSQL's errors as sentences with a next step. No password is in them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict

from indexer.translation import _
from indexer.values.errors import IndexFolderError, MissingError, NotesError, UnwritableError

if TYPE_CHECKING:
    from collections.abc import Iterator


def shown(address: str) -> str:
    """A database as it may be shown: its name and its machine, without what is secret."""
    try:
        parts = conninfo_to_dict(address)
    except psycopg.Error:
        return _("the database")
    machine = parts.get("host") or parts.get("hostaddr") or "localhost"
    if parts.get("port"):
        machine = f"{machine}:{parts['port']}"
    name = parts.get("dbname") or parts.get("user") or ""
    return _("the database %(name)s on %(machine)s", name=name, machine=machine)


@contextmanager
def explained(address: str) -> Iterator[None]:
    """Turn PostgreSQL's errors into ones that name the database and the next step."""
    try:
        yield
    except psycopg.Error as error:
        raise _what_to_do(error, address) from error


def check_address(address: str) -> None:
    """Raise ``IndexFolderError`` for what is no address. What is wrong with it is not said: it may be the password."""
    try:
        conninfo_to_dict(address)
    except psycopg.Error:
        raise IndexFolderError(
            _("that is no address of a PostgreSQL"), _("Such as postgresql://anna@archive.example/letters")
        ) from None


def _what_to_do(error: psycopg.Error, address: str) -> NotesError:
    where, said = shown(address), error.diag.message_primary or " ".join(str(error).split())
    if "option" in said and not error.sqlstate:  # of an address; what stands there may be a part of a password
        said = _("its address has an option that makes no sense")
    kind = error.sqlstate or ""
    if kind == "22003":
        return MissingError(_("there is nothing with a number as large as that"), _("Is it typed rightly?"))
    if kind.startswith("53"):
        return UnwritableError(
            _("no room to write to %(where)s (%(said)s)", where=where, said=said),
            _("Ask who keeps it; what was read is kept."),
        )
    if kind in ("25006", "42501"):
        return UnwritableError(
            _("%(where)s cannot be written (%(said)s)", where=where, said=said),
            _("Ask who keeps it for the right to write."),
        )
    if not kind or kind.startswith(("08", "57", "28", "3D")):
        return IndexFolderError(
            _("%(where)s does not answer (%(said)s)", where=where, said=said),
            _("Does it run, and is its address right? Passwords can stand in ~/.pgpass. What was read is kept."),
        )
    if kind in ("55P03", "40P01", "40001"):
        return IndexFolderError(
            _("%(where)s is busy", where=where), _("Another notes is writing to it; try again soon.")
        )
    return IndexFolderError(
        _("%(where)s cannot be used now: %(said)s", where=where, said=said),
        _("What was read is kept. Please report it."),
    )
