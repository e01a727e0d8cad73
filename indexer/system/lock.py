"""Lets one run of ``notes index`` at a time write to an index folder, and says which one does."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from indexer.system.files import make_folder
from indexer.system.links import check_links
from indexer.values.errors import IndexFolderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def indexing(folder: Path) -> Iterator[None]:
    """Hold the folder for one run; raises ``IndexFolderError`` that names the process that holds it already."""
    owner = folder / "indexing.txt"
    try:
        make_folder(folder)
        check_links(folder)
        lock = FileLock(folder / "indexing.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise IndexFolderError(
            f"{_owner(owner)} is indexing into {folder}",
            "Wait until it is done. Searching and reviewing work meanwhile.",
        ) from error
    except OSError as error:
        raise IndexFolderError(
            f"cannot write the index folder {folder}: {(error.strerror or str(error)).lower()}",
            "Check its permissions and free space, or choose another with --index.",
        ) from error
    try:
        since = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
        owner.write_text(f"process {os.getpid()} on {socket.gethostname()} (since {since})", encoding="utf-8")
        yield
    except OSError as error:
        if error.filename == str(owner):
            raise IndexFolderError(
                f"cannot write the index folder {folder}: {(error.strerror or str(error)).lower()}",
                "Check its permissions and free space, or choose another with --index.",
            ) from error
        raise
    finally:
        lock.release()


def _owner(owner: Path) -> str:
    try:
        return owner.read_text(encoding="utf-8") or "another notes"
    except OSError:
        return "another notes"
