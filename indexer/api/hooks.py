"""The hooks that a plugin may implement, each with a runnable example.

A hook returns named descriptors. The user chooses among them by name or by file suffix, so the order in which plugins
load does not matter. A plugin is a module with functions marked ``@hookimpl``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

from indexer.formats.added import Format
from indexer.values import Check, Engine, Source, Variants

if TYPE_CHECKING:
    import typer

PROJECT = "notes"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def notes_sources() -> Iterable[Source]:
    """Ways to get pages out of files.

    >>> from PIL import Image
    >>> from indexer.api import Page, Source, hookimpl
    >>> def pages(file, options):
    ...     yield Page(number=1, image=lambda: Image.new("L", (800, 1200), "white"))
    >>> @hookimpl
    ... def notes_sources():
    ...     yield Source("blank", (".blank",), pages)
    >>> [source.name for source in notes_sources()]
    ['blank']
    """
    raise NotImplementedError


@hookspec
def notes_engines() -> Iterable[Engine]:
    """Ways to read the lines of a page image.

    >>> from contextlib import contextmanager
    >>> from indexer.api import Box, Engine, Line, hookimpl
    >>> class Shouter:
    ...     def read(self, image):
    ...         return [Line("HELLO", 0.9, Box(0, 0, image.width, image.height))]
    >>> @contextmanager
    ... def open_shouter(options):
    ...     yield Shouter()
    >>> @hookimpl
    ... def notes_engines():
    ...     yield Engine("shouter", "reads HELLO everywhere", open_shouter, version="1")
    >>> [engine.name for engine in notes_engines()]
    ['shouter']
    """
    raise NotImplementedError


@hookspec
def notes_variants() -> Iterable[Variants]:
    """More spellings of names, for ``name:`` in a search.

    >>> from indexer.api import Variants, hookimpl
    >>> def mirrored(name):
    ...     yield name[::-1], 0.5
    >>> @hookimpl
    ... def notes_variants():
    ...     yield Variants("mirrored", (), mirrored)
    >>> [list(each.spellings("Anna Lisa")) for each in notes_variants()]
    [[('asiL annA', 0.5)]]
    """
    raise NotImplementedError


@hookspec
def notes_formats() -> Iterable[Format]:
    """Formats for ``notes export --as``, and for text that lies beside pages.

    >>> from indexer.api import Format, hookimpl
    >>> def write(document):
    ...     return "".join(f"{line.text}|" for page in document.pages for line in page.lines).encode()
    >>> @hookimpl
    ... def notes_formats():
    ...     yield Format("bars", "lines between bars", (".bars",), write)
    >>> [form.suffixes for form in notes_formats()]
    [('.bars',)]
    """
    raise NotImplementedError


@hookspec
def notes_checks() -> Iterable[Check]:
    """Rows of ``notes doctor``.

    >>> from indexer.api import Check, CheckResult, hookimpl
    >>> @hookimpl
    ... def notes_checks():
    ...     yield Check("ink", lambda: CheckResult("ok", "the ink is dry"))
    >>> [check.run().state for check in notes_checks()]
    ['ok']
    """
    raise NotImplementedError


@hookspec
def notes_commands(app: typer.Typer) -> None:
    """Subcommands of their own, added to the typer application.

    >>> import typer
    >>> from indexer.api import hookimpl
    >>> @hookimpl
    ... def notes_commands(app):
    ...     @app.command("greet")
    ...     def greet() -> None:
    ...         typer.echo("hello")
    >>> app = typer.Typer()
    >>> notes_commands(app)
    >>> [command.name for command in app.registered_commands]
    ['greet']
    """
    raise NotImplementedError
