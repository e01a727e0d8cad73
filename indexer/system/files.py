"""Files that are written whole or not at all, and files that are read whole if they are not too large."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from indexer.system.links import remove_link
from indexer.values.errors import PluginError

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


def whole_file(path: Path, most: int, name: str = "it") -> bytes:
    """What is in a file, for a source. Raises ``PluginError`` if it cannot be read or has more than so many bytes.

    ``name`` is what the message calls the file.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise PluginError(f"it cannot be read: {error.strerror}", kind="unreadable") from error
    if len(data) > most:
        raise PluginError(f"{name} is larger than {most // 1_000_000} MB", kind="too-large")
    return data
