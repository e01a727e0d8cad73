"""``notes user``: the people who may use a shared archive, and what each may do."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.passwords import hashed
from indexer.catalog import Catalog
from indexer.cli._asking import is_asked
from indexer.cli._options import subcommand
from indexer.cli._output import amount, display, emit_json, note, say, stdout
from indexer.cli._session import load_settings
from indexer.system.paths import named
from indexer.text.folding import printable
from indexer.translation import _
from indexer.values.errors import Exit, UsageError
from indexer.values.person import name_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indexer.values.person import Role, User

app = typer.Typer(help=_("The people who may use this archive in a browser, and what each may do."))
_DOES = {
    "read": "may search and look",
    "review": "may search, look, and say what lines and documents are",
    "manage": "may do everything in the browser",
}


@subcommand(app, "user add")
def add(context: typer.Context, name: str, role: Role, index: Path | None) -> None:
    """Add a user. From the first one on everybody signs in, also on this machine."""
    with _catalog(context, index, deed=f"add {name} --role {role}") as catalog:
        first = not catalog.has_users()
        user = catalog.add_user(name, role)
        say(f"{printable(user.name)} {_DOES[user.role]}")
        if first:
            say("from now on people sign in: a server that runs has to be started again, and its token does not count")
        if is_asked():
            _take_password(catalog, user)
        else:
            note(f"next: notes user password {printable(user.name)}, or notes user token {printable(user.name)}")


@subcommand(app, "user list")
def list_(context: typer.Context, index: Path | None, as_json: bool) -> None:
    """List the users: what each may do, and how they come in."""
    with _catalog(context, index) as catalog:
        users = catalog.users()
        seen = {each.name: _seen(catalog, each) for each in users if each.folders is not None}
        bound = catalog.subjects()
        rows = [_json(each, catalog.folders_of(each), bound.get(name_key(each.name), ())) for each in users]
    if as_json:
        emit_json({"schema": 1, "users": rows})
    for each in () if as_json else users:
        ways = [*(["password"] if each.has_password else []), *([amount(each.tokens, "token")] if each.tokens else [])]
        ways += [f"as {printable(told)} at {printable(source)}" for source, told in bound.get(name_key(each.name), ())]
        told = ", ".join(ways) or "no password, no token"
        signed = f", signed in {amount(each.sessions, 'time')}" if each.sessions else ""
        part = f", sees {seen[each.name]}" if each.name in seen else ""
        stdout().print(f"{printable(each.name):<20} {each.role:<7} {told}{signed}{part}", soft_wrap=True)
    if not users:
        note("nobody has to sign in: notes user add NAME")
        raise typer.Exit(Exit.NOTHING_FOUND)


@subcommand(app, "user role")
def role(context: typer.Context, name: str, role: Role, index: Path | None) -> None:
    """Change what a user may do."""
    with _catalog(context, index, deed=f"role {name} {role}") as catalog:
        catalog.set_role(name, role)
        say(f"{printable(catalog.user(name).name)} {_DOES[role]}")


@subcommand(app, "user folders")
def folders(context: typer.Context, name: str, folders: list[Path] | None, all_: bool, index: Path | None) -> None:
    """Let a user see some folders alone, with all that lies in them, or the whole archive."""
    if bool(folders) == all_:
        raise UsageError(_("name folders, or --all"), _("notes user folders NAME FOLDER…"))
    with _catalog(context, index, deed=f"folders {name}") as catalog:
        catalog.set_folders(name, None if all_ else [named(each) for each in folders or ()])
        user = catalog.user(name)
        say(f"{printable(user.name)} sees {_seen(catalog, user)}")


def _seen(catalog: Catalog, user: User) -> str:
    seen = catalog.folders_of(user)
    return "the whole archive" if seen is None else ", ".join(map(display, seen)) or "nothing"


@subcommand(app, "user password")
def password(context: typer.Context, name: str, index: Path | None) -> None:
    """Set a user's password: it is asked for, or read from standard input. They have to sign in again everywhere."""
    with _catalog(context, index, deed=f"password {name}") as catalog:
        _take_password(catalog, catalog.user(name))


@subcommand(app, "user token")
def token(context: typer.Context, name: str, end: bool, index: Path | None) -> None:
    """Make a token for a user: what programs send, and what a phone signs in with. It is shown once."""
    with _catalog(context, index, deed=f"token {name}{' --end' if end else ''}") as catalog:
        if end:
            say(f"{amount(catalog.end_tokens(name), 'token')} ended")
        else:
            made = catalog.new_token(name)
            say("shown once, keep it:")
            stdout().print(made, soft_wrap=True, markup=False, highlight=False)


@subcommand(app, "user bind")
def bind(context: typer.Context, name: str, subject: str, end: bool, index: Path | None) -> None:
    """Let a user sign in with the provider of the settings (oidc_issuer), by what it says of them."""
    from indexer.web.oidc import provider_of

    if bool(subject) == end:
        raise UsageError(_("say what the provider calls them, or --end"), _("notes user bind NAME SUBJECT"))
    provider = provider_of(load_settings(context, {"index": index}))
    with _catalog(context, index, deed=f"bind {name} {subject or '--end'}") as catalog:
        if end:
            ended = amount(catalog.unbind(name), "name")
            say(f"{printable(catalog.user(name).name)} signs in elsewhere no more: {ended} ended")
        elif provider is None:
            raise UsageError(_("no provider is set"), _("Set oidc_issuer and oidc_client: see notes help many-people."))
        else:
            catalog.bind(name, provider.source, subject)
            say(f"{printable(catalog.user(name).name)} signs in at {provider.issuer} as {printable(subject)}")


@subcommand(app, "user sign-out")
def sign_out(context: typer.Context, name: str, index: Path | None) -> None:
    """Sign a user out in all browsers."""
    with _catalog(context, index, deed=f"sign-out {name}") as catalog:
        say(f"signed out in {amount(catalog.end_sessions(name), 'browser')}")


@subcommand(app, "user remove")
def remove(context: typer.Context, name: str, index: Path | None) -> None:
    """Remove a user. What they said stays, with their name."""
    with _catalog(context, index, deed=f"remove {name}") as catalog:
        user = catalog.user(name)
        catalog.remove_user(name)
        say(f"{printable(user.name)} is removed; what they said stays")
        if not catalog.has_users():
            say("there is no user left: a server that is started now asks nobody to sign in")


@subcommand(app, "user log")
def log(context: typer.Context, limit: int, index: Path | None, as_json: bool) -> None:
    """List what people changed or tried to in the browser and by programs, and who signed in: the last first."""
    with _catalog(context, index) as catalog:
        entries, left_out = catalog.log(limit), catalog.left_out_of_log()
    if as_json:
        told = {"log": [asdict(each) for each in entries], "left_out": [asdict(each) for each in left_out]}
        emit_json({"schema": 1, **told})
    for each in () if as_json else entries:
        who, deed = printable(each.who) or "-", printable(each.deed)
        refused = "  (refused)" if each.refused else ""
        stdout().print(f"{each.at}  {who}  {printable(each.address) or 'here'}  {deed}{refused}", soft_wrap=True)
    for gone in left_out:
        of = printable(gone.who) or "no known user"
        note(f"not kept any more: {gone.entries}{' of what was refused' if gone.refused else ''}, of {of}")
    if not entries:
        note("nothing was noted yet")
        raise typer.Exit(Exit.NOTHING_FOUND)


@contextmanager
def _catalog(context: typer.Context, index: Path | None, *, deed: str = "") -> Iterator[Catalog]:
    """The catalogue; a deed that succeeds is noted."""
    settings = load_settings(context, {"index": index})
    with Catalog(settings.index) as catalog:
        yield catalog
        if deed:
            catalog.note_deed(settings.person or "", "", f"notes user {deed}")


def _take_password(catalog: Catalog, user: User) -> None:
    """Ask for a password twice, or read it from standard input."""
    if is_asked():
        text = typer.prompt(f"Password of {printable(user.name)}", hide_input=True, confirmation_prompt=True, err=True)
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise UsageError(_("no password was given"), _("notes user password %(name)s asks for it.", name=user.name))
    catalog.set_password(user.name, hashed(text))
    say(f"{printable(user.name)} has a new password, and is signed out everywhere")


def _json(user: User, folders: Sequence[Path] | None, bound: Sequence[tuple[str, str]]) -> dict[str, object]:
    return {
        "name": user.name,
        "role": user.role,
        "password": user.has_password,
        "tokens": user.tokens,
        "sessions": user.sessions,
        "folders": None if folders is None else [str(each) for each in folders],
        "elsewhere": [{"source": source, "subject": subject} for source, subject in bound],
        "made_at": user.made_at,
    }
