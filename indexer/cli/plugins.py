"""``notes plugins``: which plugins there are and where they come from."""

from __future__ import annotations

import typer

from indexer.cli._output import display, emit_json, stdout
from indexer.cli._session import load_plugins, load_settings
from indexer.values.errors import Exit


def command(
    context: typer.Context,
    as_json: bool,
) -> None:
    """List the plugins, what each provides, and what a later one shadows; exit 4 when one is broken."""
    registry = load_plugins(load_settings(context, {}))
    if as_json:
        emit_json(
            {
                "schema": 1,
                "plugins": [
                    {
                        "name": plugin.name,
                        "layer": plugin.layer,
                        "location": plugin.location,
                        "provides": list(plugin.provides),
                        "shadowed": list(plugin.shadowed),
                    }
                    for plugin in registry.plugins
                ],
                "problems": [{"plugin": p.plugin, "message": p.message} for p in registry.problems],
            }
        )
    for plugin in () if as_json else registry.plugins:
        provides = ", ".join(plugin.provides) or "nothing that is used"
        shadowed = f"; shadowed: {', '.join(plugin.shadowed)}" if plugin.shadowed else ""
        stdout().print(f"{display(plugin.name):<13} {plugin.layer:<19} {provides}{shadowed}", soft_wrap=True)
    if registry.problems:  # each was named on stderr
        raise typer.Exit(Exit.PLUGIN)
