"""``notes help``: the documents, without a network and without a browser."""

from __future__ import annotations

import difflib
import re

import typer

from indexer import docs
from indexer.cli._output import emit_json, say, stdout
from indexer.translation import _
from indexer.values.errors import UsageError

_WIDEST = 100
"""Most columns of a rendered text: longer lines are hard to read."""
_LINK = re.compile(r"(?<!!)\[([^]]+)\]\(([\w-]+)\.md\)")


def command(
    context: typer.Context,
    topic: str | None,
    as_json: bool,
) -> None:
    """Show what is written about a TOPIC, or list the topics."""
    if topic is None:
        _list(as_json=as_json)
        return
    found = docs.topic(_known(topic, _commands(context)))
    if as_json:
        emit_json({"schema": 1, "topic": found.name, "title": found.title, "text": found.text})
    elif stdout().is_terminal:
        from rich.markdown import Markdown

        out = stdout()
        out.print(Markdown(_without_links(found.text), hyperlinks=False), width=min(_WIDEST, out.width))
    else:
        typer.echo(_without_links(found.text), nl=False)


def _without_links(text: str) -> str:
    """A text in which each link to another topic says how to show that topic."""
    return _LINK.sub(r"\1 (`notes help \2`)", text)


def _list(*, as_json: bool) -> None:
    found = [docs.topic(name) for name in docs.NAMES]
    if as_json:
        rows = [{"topic": each.name, "title": each.title, "summary": each.summary} for each in found]
        emit_json({"schema": 1, "topics": rows})
        return
    for each in found:
        stdout().print(f"{each.name:<18} {each.summary}", soft_wrap=True)
    say("notes help TOPIC shows one; notes COMMAND --help says what a command takes")


def _commands(context: typer.Context) -> list[str]:
    """The names of all commands."""
    group = context.find_root().command
    return group.list_commands(context) if hasattr(group, "list_commands") else []


def _known(name: str, commands: list[str]) -> str:
    """The topic of this name; raises ``UsageError`` that names the nearest topic, or the command of that name."""
    if name in docs.NAMES:
        return name
    begun = [each for each in docs.NAMES if each.startswith(name.casefold())]
    near = begun if len(begun) == 1 else difflib.get_close_matches(name.casefold(), docs.NAMES, 1)
    hint = (
        _("Did you mean %(near)s?", near=near[0]) if near else _("There are: %(names)s.", names=", ".join(docs.NAMES))
    )
    if name in commands:
        hint = _("notes %(name)s --help says what the command %(name)s takes. %(hint)s", name=name, hint=hint)
    raise UsageError(_("there is no topic %(name)s", name=repr(name)), hint)
