"""``notes config``: the settings in force and where each comes from."""

from __future__ import annotations

from pathlib import Path

import typer

from indexer.cli._output import emit_json, stdout
from indexer.cli._session import Index, Json, load_plugins, load_settings

_NAMES = (
    *("index", "engine", "language", "threshold", "workers"),
    *("page_timeout", "pdf_text", "max_pixels", "plugin_folder"),
)
_HIDDEN = "(set)"


def command(
    context: typer.Context,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Show the settings in force and where each comes from."""
    settings = load_settings(context, {"index": index})
    values: dict[str, object] = {name: getattr(settings, name) for name in _NAMES}
    values["threshold"] = round(settings.threshold * 100, 6)
    engines = load_plugins(settings).engines
    for engine, table in settings.engines.items():
        secrets = engines[engine].secrets if engine in engines else frozenset(table) - {"threshold"}
        values.update({f"engines.{engine}.{key}": _HIDDEN if key in secrets else value for key, value in table.items()})
    rows = {
        name: {"value": str(value) if isinstance(value, Path) else value, "from": settings.origins[name]}
        for name, value in values.items()
    }
    if as_json:
        emit_json({"schema": 1, "settings": rows})
        return
    for name, row in rows.items():
        value = "(any)" if row["value"] is None else row["value"]
        stdout().print(f"{name:<16}{value}  ({row['from']})", soft_wrap=True)
