"""``notes config``: the settings in force and where each comes from."""

from __future__ import annotations

from pathlib import Path

import typer

from indexer.catalog import Catalog
from indexer.catalog.folder import is_begun
from indexer.cli._output import emit_json, stdout
from indexer.cli._session import load_plugins, load_settings
from indexer.system.options import SETTINGS

_HIDDEN = "(set)"


def command(
    context: typer.Context,
    index: Path | None,
    as_json: bool,
) -> None:
    """Show the settings in force and where each comes from."""
    settings = load_settings(context, {"index": index})
    values: dict[str, object] = {name: getattr(settings, name) for name in SETTINGS}
    origins = dict(settings.origins)
    if is_begun(settings.index):
        values["threshold"] = _of_index(settings.index)
        origins["threshold"] = "the index; notes threshold changes it"
    else:
        values["threshold"] = _percent(settings.threshold)
    engines = load_plugins(settings).engines
    for engine, table in settings.engines.items():
        secrets = engines[engine].secrets if engine in engines else frozenset(table) - {"threshold"}
        values.update({f"engines.{engine}.{key}": _HIDDEN if key in secrets else value for key, value in table.items()})
    rows = {
        name: {"value": str(value) if isinstance(value, Path) else value, "from": origins[name]}
        for name, value in values.items()
    }
    if as_json:
        emit_json({"schema": 1, "settings": rows})
        return
    for name, row in rows.items():
        value = f"({SETTINGS[name].otherwise})" if row["value"] is None and name in SETTINGS else row["value"]
        stdout().print(f"{name:<16}{value}  ({row['from']})", soft_wrap=True)


def _of_index(folder: Path) -> float:
    with Catalog(folder) as catalog:
        return _percent(catalog.thresholds.default)


def _percent(fraction: float) -> float:
    return round(fraction * 100, 6)
