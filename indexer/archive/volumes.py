"""What a volume is: the pictures in one folder, or a file of several pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.catalog.rows import ADDED

if TYPE_CHECKING:
    from pathlib import Path


def volume_of(path: Path, *, long: bool, home: Path) -> Path:
    """The volume of a page in a file, which is ``long`` if it has several pages; ``home`` is the folder of the index.

    Pictures that were added in the browser lie in one folder, whatever they show: each is a volume of its own.
    """
    return path if long or path.parent == home / ADDED else path.parent
