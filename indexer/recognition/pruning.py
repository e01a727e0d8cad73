"""Which files in the index are gone, and which only seem to be: a drive that is not attached leaves an empty folder."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from indexer.system.paths import is_gone, is_there, lies_in, named, place_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Prunable:
    """``gone`` are files that do not exist any more. ``away`` has folders of which nothing is left, with their
    files."""

    gone: tuple[Path, ...]
    away: Mapping[Path, tuple[Path, ...]]


def prunable(paths: Sequence[Path], places: Sequence[Path], *, emptied: bool = False) -> Prunable:
    """Which of the places under the paths can be forgotten. ``emptied`` includes folders of which nothing is left."""
    gone: list[Path] = []
    away: dict[Path, tuple[Path, ...]] = {}
    for root, held in places_under(paths, places).items():
        lost = gone_of(held)
        if emptied or lost == [root]:
            gone += lost
        elif lost and len(lost) == len(held):
            away[root] = tuple(lost)
        elif lost:
            folders = {folder for place in set(held) - set(lost) for folder in place.parents}
            for folder, files in _by_emptied_folder(lost, root, folders).items():
                if len(files) > 1 and is_there(folder) and _is_hollow(folder):
                    away[folder] = tuple(files)
                else:
                    gone += files
    return Prunable(tuple(dict.fromkeys(gone)), away)


def gone_of(places: Iterable[Path]) -> list[Path]:
    """The places at which certainly nothing is now."""
    return [place for place in places if is_gone(place)]


def places_under(paths: Sequence[Path], places: Sequence[Path]) -> dict[Path, list[Path]]:
    """The places under each of the paths; each place is looked up once."""
    roots = {place_key(str(root)): root for root in map(named, paths)}
    held: dict[Path, list[Path]] = {root: [] for root in roots.values()}

    @cache
    def above(folder: Path) -> tuple[Path, ...]:
        higher = above(folder.parent) if folder.parent != folder else ()
        own = roots.get(place_key(str(folder)))
        return higher if own is None else (*higher, own)

    for place in places:
        own = roots.get(place_key(str(place)))
        for root in (*above(place.parent), *([own] if own else [])):
            held[root].append(place)
    return held


def _by_emptied_folder(lost: Sequence[Path], root: Path, full: set[Path]) -> dict[Path, list[Path]]:
    """Lost files by the highest folder under the root that has no file left, or by themselves."""
    found: dict[Path, list[Path]] = defaultdict(list)
    for place in lost:
        emptied = [
            folder for folder in place.parents if folder not in full and folder != root and lies_in(folder, root)
        ]
        found[emptied[-1] if emptied else place].append(place)
    return found


def _is_hollow(folder: Path) -> bool:
    """Whether a folder holds nothing but folders, like the place for a drive."""
    return not any(files for _, _, files in os.walk(folder))
