"""Asks once, on a machine on which several people have accounts, whether all of them may use an archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from indexer.archive.passwords import hashed
from indexer.cli._asking import is_asked
from indexer.cli._output import say
from indexer.system.accounts import people_here
from indexer.text.folding import printable

if TYPE_CHECKING:
    from indexer.catalog import Catalog

_NAMED = 5


def ask_who_may(catalog: Catalog) -> None:
    """Ask whether whoever has an account may come in; if not, make a user for the person who is asked.

    Nothing is asked of a person who is alone here or has answered, nor where nobody is at a terminal.
    """
    others = people_here()
    if len(others) < 2 or catalog.has_users() or catalog.is_open_here or not catalog.writable or not is_asked():
        return
    named = ", ".join(map(printable, others[:_NAMED])) + (" and others" if len(others) > _NAMED else "")
    say(f"several people have accounts on this machine: {named}")
    if typer.confirm("May all of them read and correct this archive?", default=False, err=True):
        catalog.open_here()
        return
    say("then only whoever signs in may; notes user add lets others in, too")
    name = typer.prompt("Your name", err=True)
    password = hashed(typer.prompt("A new password", hide_input=True, confirmation_prompt=True, err=True))
    catalog.set_password(catalog.add_user(name, "manage").name, password)
