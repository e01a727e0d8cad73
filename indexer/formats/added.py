"""A format that a plugin adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.formats.document import TextDocument


@dataclass(frozen=True, slots=True)
class Format:
    """A format for the text of pages, that can be written or read or both.

    ``name`` stands after ``--as``, ``title`` is what people read. Its files have one of the ``suffixes``, in lower case
    with their dots; the first is given to those that are written. ``write`` makes the file of a document of one page.
    ``read`` makes the document of a file that lies beside a picture; it raises ``ValueError`` with a sentence if that
    is no such file.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    write: Callable[[TextDocument], bytes] | None = None
    read: Callable[[bytes], TextDocument] | None = None
