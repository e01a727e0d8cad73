"""``notes doctor``: what is installed and works, and what to do about the rest."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.api.registry import load_registry
from indexer.catalog import Catalog
from indexer.catalog.folder import is_begun
from indexer.catalog.trouble import FILE_NAME, check_sqlite
from indexer.cli._output import display, emit_json, stdout
from indexer.cli._session import load_settings
from indexer.system.paths import Presence, is_there, presence_of
from indexer.values import Check, CheckResult, EngineOptions
from indexer.values.errors import Exit, NotesError, PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexer.api.registry import Registry
    from indexer.system.settings import Settings
    from indexer.values import Engine


def command(
    context: typer.Context,
    index: Path | None,
    as_json: bool,
) -> None:
    """Check what is installed, every plugin and engine, and the index; exit 4 when something is broken."""
    settings = load_settings(context, {"index": index})
    with redirect_stdout(sys.stderr):  # what a plugin prints must not mix with the data
        rows = [(check.name, _run(check)) for check in _checks(settings, load_registry(settings.plugin_folder))]
    if as_json:
        checks = [{"name": name, "state": r.state, "message": r.message, "hint": r.hint} for name, r in rows]
        emit_json({"schema": 1, "checks": checks})
    else:
        for name, result in rows:
            hint = f" {result.hint}" if result.hint else ""
            stdout().print(f"{result.state:<9}{name}: {result.message}.{hint}", soft_wrap=True)
    if any(result.state == "broken" for _, result in rows):
        raise typer.Exit(Exit.PLUGIN)


def _checks(settings: Settings, registry: Registry) -> Iterator[Check]:
    yield Check("python", partial(CheckResult, "ok", platform.python_version()))
    yield Check("sqlite", lambda: CheckResult("ok", check_sqlite()))
    for problem in registry.problems:
        yield Check(f"plugin {problem.plugin}", partial(CheckResult, "broken", problem.message, "Mend or remove it."))
    for name, engine in sorted(registry.engines.items()):
        yield Check(f"engine {name}", partial(_engine, engine, settings))
    yield from registry.checks.values()
    yield Check("index", partial(_index, settings.index))


def _run(check: Check) -> CheckResult:
    try:
        result = check.run()
    except NotesError as error:
        return CheckResult("broken", error.message, error.hint)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a check of a plugin may raise anything
        return CheckResult("broken", f"{type(error).__name__}: {error}")
    if not isinstance(result, CheckResult):
        return CheckResult("broken", f"the check gives {result!r} where a CheckResult belongs")
    return result


def _engine(engine: Engine, settings: Settings) -> CheckResult:
    """Open the engine and let it read an empty page."""
    from PIL import Image

    options = EngineOptions(settings=settings.engine_settings(engine.name, engine.private))
    try:
        with engine.open(options) as recogniser:
            recogniser.read(Image.new("L", (600, 400), 255))
    except PluginError as error:
        if error.kind in ("absent", "off"):
            return CheckResult("ok" if error.kind == "off" else "warning", error.message, error.hint)
        raise
    wanted, reason = engine.preferred(options) if engine.preferred else (True, "")
    if not wanted:
        return CheckResult("warning", f"{engine.version or 'works'}, but {reason}: {engine.summary}")
    return CheckResult("ok", f"{engine.version or 'works'}: {engine.summary}")


def _index(folder: Path) -> CheckResult:
    from indexer.search import SearchIndex

    if presence_of(folder) is Presence.UNKNOWN:
        return CheckResult("broken", f"{display(folder)} cannot be looked at", "Check its permissions, or its drive.")
    if is_there(folder) and not folder.is_dir():
        return CheckResult("broken", f"{display(folder)} is a file, not a folder", "Choose another with --index.")
    if not is_begun(folder):
        if not os.access(_nearest(folder), os.W_OK):
            return CheckResult("broken", f"{display(folder)} cannot be made", "Choose another folder with --index.")
        return CheckResult("warning", f"nothing in {display(folder)} yet", "notes index FOLDER makes it.")
    with Catalog(folder) as catalog:
        trouble = catalog.check()
        if trouble:
            return CheckResult("broken", f"{display(folder / FILE_NAME)} is damaged: {trouble}", "Restore a backup.")
        agrees = SearchIndex(folder / "search").agrees(catalog)
    if not os.access(folder, os.W_OK):
        return CheckResult("warning", f"{display(folder)} can be searched but not written")
    if not agrees:
        return CheckResult("warning", "the search index is behind the catalogue", "The next search mends it.")
    return CheckResult("ok", f"{display(folder)}: catalogue and search index agree")


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if is_there(path))
