"""The settings of an engine as the catalogue keeps them with what it read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from indexer.api import models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indexer.values import Engine, EngineOptions


def settings_text(engine: Engine, options: EngineOptions, spoken: Mapping[str, float] | None = None) -> str:
    """The settings of an engine as the catalogue keeps them, with the languages in which it read a page: sorted JSON.
    Of a secret it only says that there is one."""
    plain = {name: True if name in engine.secrets else value for name, value in options.settings.items()}
    model = {"model": models.identity(options.model)} if options.model else {}
    read_in = {"languages": dict(spoken)} if spoken else {}
    patient = {"thorough": True} if options.thorough else {}
    return json.dumps(
        {"language": options.language, **model, **patient, **read_in, **plain}, sort_keys=True, default=str
    )
