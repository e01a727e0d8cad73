"""The command line. A file a command: ``indexer.cli.NAME`` has a function ``command`` or a typer application ``app``.

Commands only call the library and print what it returns. Their modules import heavy packages inside functions, so that
``notes --help`` is instant.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
import traceback
from functools import cached_property
from importlib.metadata import version as installed_version
from typing import Any

import typer
from typer.core import TyperGroup

from indexer.cli._language import wanted_language
from indexer.cli._options import described
from indexer.cli._output import warn
from indexer.system.lacking import lack
from indexer.system.logs import SAID, log_file
from indexer.translation import _, again, english, speak_all
from indexer.values.errors import Exit, NotesError

COMMANDS = (
    "index", "watch", "search", "show", "documents", "describe", "forget", "read", "merge", "review", "order", "turn",
    "compare", "status", "export", "table", "threshold", "serve", "shard", "user", "mcp", "train", "adapt", "models",
    "evaluate", "backup", "restore", "catalog", "plugins", "doctor", "config", "help",
)  # fmt: skip
_RENAMED = {"readers": "models"}
"""Commands by their former names, which work for one more release."""


class _Lazy(TyperGroup):
    """A group whose commands are imported when they are asked for. Unknown names are looked up among the plugins."""

    def list_commands(self, _context: Any) -> list[str]:
        """The names of all commands, those of plugins last."""
        return [*COMMANDS, *(name for name in self._from_plugins if name not in COMMANDS)]

    def get_command(self, _context: Any, name: str) -> Any:
        """The command of this name, or ``None``."""
        return _load(name) if name in COMMANDS else self._from_plugins.get(name)

    def resolve_command(self, context: Any, args: list[str]) -> Any:
        """As always, but an unknown name gets a suggestion, and a former name is replaced by the present one."""
        if args and args[0] in _RENAMED:
            warn(f"notes {args[0]} is called notes {_RENAMED[args[0]]} now")
            args = [_RENAMED[args[0]], *args[1:]]
        if args and not args[0].startswith("-") and self.get_command(context, args[0]) is None:
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(context), 1)
            raise UnknownCommandError(
                _("there is no command %(args)s", args=repr(args[0])),
                _("Did you mean %(near)s?", near=near[0]) if near else "",
            )
        return super().resolve_command(context, args)

    @cached_property
    def _from_plugins(self) -> dict[str, Any]:
        from indexer.api.registry import load_registry
        from indexer.system.settings import load

        try:
            app = typer.Typer()
            registry = load_registry(load({}).plugin_folder)
            for problem in (*registry.problems, *registry.add_commands(app)):
                warn(f"plugin {problem.plugin}: {problem.message}")
        except NotesError:
            return {}  # bad settings are reported by the command that needs them
        if not app.registered_commands and not app.registered_groups:
            return {}
        app.callback()(lambda: None)
        group = typer.main.get_command(app)
        return dict(group.commands)  # type: ignore[attr-defined]


class UnknownCommandError(NotesError):
    """A command that does not exist."""

    exit_code = Exit.USAGE


def _load(name: str) -> Any:
    module = importlib.import_module(f"indexer.cli.{name}")
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(rich_markup_mode=None)
        app.command(name, cls=getattr(module, "Command", None))(described(name, module.command))
    command = typer.main.get_command(app)
    command.name = name
    return command


app = typer.Typer(
    cls=_Lazy,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"notes {installed_version('notes')}")
        raise typer.Exit


def _main(
    verbose: int,
    debug: bool,
    version: bool,
) -> None:
    """Read archives of handwritten pages, index the lines and find them again. Nothing leaves this machine."""


app.callback()(described("", _main, version=_version))


def main() -> None:
    """Run the command line and exit with the code of what happened."""
    debug = "--debug" in sys.argv[1:]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # not every terminal or pipe can take every letter
    speak_all(wanted_language(sys.argv[1:], os.environ))
    app.callback()(described("", _main, version=_version))  # its help in that language
    try:
        app(prog_name="notes")
    except NotesError as error:
        sys.exit(_told(error, debug=debug))
    except KeyboardInterrupt:
        sys.stderr.write("notes: " + _("interrupted") + "\n")
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes
        sys.exit(Exit.DONE)
    except Exception as error:  # noqa: BLE001 - the last net: a sentence instead of a traceback
        sys.exit(_unforeseen(error, debug=debug))


def _told(error: NotesError, *, debug: bool) -> Exit:
    """Say what went wrong and what to do next; gives the exit code."""
    if debug:
        traceback.print_exception(error)
    error.args = (english(error.message),)  # what the log has is in English, its traceback too
    _log().error("%s", error.args[0], exc_info=error)
    sys.stderr.write(f"notes: {again(error.message)}\n" + (f"{again(error.hint)}\n" if error.hint else ""))
    return error.exit_code


def _unforeseen(error: Exception, *, debug: bool) -> Exit:
    """Say of an unforeseen error whether the machine, a damaged catalogue or a bug of ours is to blame."""
    lacking = lack(error)
    if lacking is not None:
        return _told(lacking, debug=debug)
    kept = log_file()
    if kept is not None:
        from indexer.catalog.damage import blame

        try:
            blame(kept.parent, error)
        except NotesError as damage:
            return _told(damage, debug=debug)
    _log().error("a bug of ours", exc_info=error)
    if debug:
        traceback.print_exception(error)
    sys.stderr.write(
        f"notes: a bug of ours: {type(error).__name__}: {error}\n"
        f"What was read is kept. Please report it with what notes --debug ... prints{_where()}.\n"
    )
    return Exit.BUG


def _log() -> logging.Logger:
    return logging.getLogger(SAID)


def _where() -> str:
    """Where the log has more, if there is one."""
    file = log_file()
    return f" and the end of {file}" if file else ""
