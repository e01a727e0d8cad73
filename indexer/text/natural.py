"""The natural order of names: page 2 comes before page 10."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"([0-9]+)")


def natural_key(name: str) -> tuple[tuple[tuple[str, int], ...], str]:
    """What names are sorted by: numbers by their value, letters whatever their case."""
    parts = _DIGITS.split(name.casefold())
    numbers = [*(int(digits[:18]) for digits in parts[1::2]), -1]
    return tuple(zip(parts[::2], numbers, strict=True)), name
