"""Names of files and folders that look like one that no file has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MOST = 3
_LIKE = 60
"""Least likeness of a name in percent. Two letters of six may be wrong."""


def near(pattern: str, paths: Iterable[Path]) -> list[str]:
    """The names that look most like a pattern, with as many folders before them as it has; the most like first."""
    from rapidfuzz import fuzz, process, utils  # loads all its measures, and is seldom needed

    wanted = pattern.replace("\\", "/").strip("/*")
    parts = wanted.count("/") + 1
    names = {
        "/".join(each.parts[-parts:]): None
        for path in paths
        for each in (path, *path.parents)
        if len(each.parts) > parts
    }
    found = process.extract(
        wanted, list(names), scorer=fuzz.ratio, processor=utils.default_process, limit=_MOST, score_cutoff=_LIKE
    )
    return [name for name, _, _ in found]
