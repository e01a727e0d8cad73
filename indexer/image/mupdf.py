"""Holds the one lock for MuPDF: two threads of a process must not use its library at once."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUNNING = threading.RLock()


@contextmanager
def mupdf() -> Iterator[Any]:
    """PyMuPDF, for this thread alone until the block ends. Its messages about damage are discarded."""
    with _RUNNING:
        import pymupdf

        pymupdf.TOOLS.mupdf_display_errors(False)
        pymupdf.TOOLS.mupdf_display_warnings(False)
        yield pymupdf
