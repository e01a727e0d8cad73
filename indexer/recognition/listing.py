"""The files under the paths of a run, and what is passed over there: text beside pages is neither."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexer.recognition.discovery import PassedOver, look_through

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexer.api.registry import Registry
    from indexer.recognition.sidecars import Sidecars
    from indexer.values import Failure


def listed(
    paths: Iterable[Path], registry: Registry, leave_out: Iterable[Path], sidecars: Sidecars
) -> tuple[list[Path | Failure], list[PassedOver]]:
    """What is found and what is passed over under paths, without the folders that are left out (``look_through``)."""
    found: list[Path | Failure] = []
    passed_over: list[PassedOver] = []
    for each in look_through(paths, lambda path: registry.source_for(path) is not None, leave_out, registry.beside):
        if isinstance(each, PassedOver):
            passed_over.append(each)
        else:
            found.append(each)
    beside = {path for each in found if isinstance(each, Path) for path in sidecars.candidates(each)}
    return found, [each for each in passed_over if each.path not in beside]
