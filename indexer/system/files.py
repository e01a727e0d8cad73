"""Files that are written whole or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from indexer.system.links import remove_link

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A file to write beside ``target``. It takes the place of ``target`` if all goes well; else that stays.

    For one writer at a time. What a killed process leaves behind is written over the next time.
    """
    partial = target.with_name(f"{target.name}.partial")
    remove_link(partial)
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
