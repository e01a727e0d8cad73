"""The names of the files of an export: after the pages, and no two of them the same on any system.

Names stay as they are wherever the system and the drive take them. Windows, and drives that are made for it (exFAT,
NTFS), refuse some signs and some names; there, and in what is unpacked anywhere, ``portable`` changes them.
"""

from __future__ import annotations

import errno
import os
import re
from collections import Counter
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.system.paths import HERE, MACOS, place_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from indexer.catalog import DocumentPage

_LONGEST = 240
"""Bytes of the longest name of a file: systems allow 255, and while it is written its name is longer."""
_REFUSED = re.compile(r'[\x00-\x1f<>:"|?*\\]|[. ]$')
"""What Windows does not take in a name, or drops at its end."""
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(?=\.|$)", re.IGNORECASE)
"""What Windows takes for a device, whatever stands behind the dot."""
_STANDS_FOR = "_"
REFUSALS = (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)
"""What a system says of a name that it does not take."""


def targets(
    pages: Sequence[DocumentPage], below: Path | None, suffix: str, *, numbered: bool = True
) -> dict[int, Path]:
    """For each page the name of its file: that of an image with another suffix, of a document with the page's number.

    Where two would be called the same, their own suffixes stay. No two have names that some system takes for the same.
    """
    folders = {page.path.parent for page in pages}
    if below is None or not all(folder.is_relative_to(below) for folder in folders):
        below = Path(os.path.commonpath(folders))
    several = {document for document, number in Counter(page.document for page in pages).items() if number > 1}
    several |= {page.document for page in pages if page.number > 1}

    def named(page: DocumentPage, stem: str, again: str = "") -> Path:
        number = f"-{page.number:04}" if numbered and page.document in several else ""
        tail = f"{number}{again}.{suffix}"
        return page.path.relative_to(below).parent / (_shortened(stem, _LONGEST - len(tail)) + tail)

    chosen = {page.id: named(page, page.path.stem) for page in pages}
    for _ in range(2):  # a name with the own suffix may be the short one of another file
        taken = Counter(map(_key, chosen.values()))
        chosen = {
            page.id: chosen[page.id] if taken[_key(chosen[page.id])] == 1 else named(page, page.path.name)
            for page in pages
        }
    return _unlike(pages, chosen, named)


def _unlike(
    pages: Sequence[DocumentPage], chosen: Mapping[int, Path], named: Callable[[DocumentPage, str, str], Path]
) -> dict[int, Path]:
    """The chosen names; those that are taken already get a number."""
    taken: dict[str, int] = {}
    found = {}
    for page in pages:
        key = _key(chosen[page.id])
        last = taken.get(key, 0)
        numbers = count(last + 1)
        several = ((at, chosen[page.id] if at == 1 else named(page, page.path.name, f" ({at})")) for at in numbers)
        taken[key], found[page.id] = next(each for each in several if each[0] == 1 or _key(each[1]) not in taken)
        taken.setdefault(_key(found[page.id]), 1)
    return found


def _key(path: Path) -> str:
    """What no two files of an export have in common, whichever system they are brought to."""
    return place_key(str(portable(path)), MACOS)


def portable(path: Path) -> Path:
    """A place below a folder with names that every system takes. What one of them refuses is an underscore."""
    return Path(*(_portable_name(part) for part in path.parts))


def _portable_name(name: str) -> str:
    plain = _REFUSED.sub(_STANDS_FOR, name)
    device = _DEVICE.match(plain)
    return plain if device is None else f"{device[0]}{_STANDS_FOR}{plain[device.end() :]}"


def takes_all_names(folder: Path) -> bool:
    """Whether names that Windows refuses can be given to files in a folder. It need not be there yet."""
    if HERE.backslash:
        return False
    there = next((each for each in (folder, *folder.parents) if each.is_dir()), folder)
    trial = there / f".notes-{os.getpid()}?"
    try:
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as error:
        return error.errno not in REFUSALS
    return True


def _shortened(stem: str, most: int) -> str:
    """As much of a name as there is room for."""
    data = os.fsencode(stem)
    return stem if len(data) <= most else data[:most].decode("utf-8", "ignore")
