"""Tells people in what two recipes of reading differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from indexer.text.folding import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOLD = 300
"""The most letters that are told of two recipes."""


def difference(recipe: str, allowed: Iterable[str], where: str) -> str:
    """What differs between a recipe and the one of the allowed that is most like it, which holds ``where`` it is."""
    theirs = json.loads(recipe)
    ours = min(map(json.loads, sorted(allowed)), key=lambda each: len(theirs.items() ^ each.items()))
    differing = [name for name in sorted(theirs.keys() | ours.keys()) if theirs.get(name) != ours.get(name)]
    told = "; ".join(f"{name} {theirs.get(name)}, {where} {ours.get(name)}" for name in differing)
    return printable(told[:_TOLD])
