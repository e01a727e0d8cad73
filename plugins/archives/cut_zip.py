"""Finds the files in a zip that lost its end, where the list of its files stands: as a download that broke off.

Before each file in a zip stands what the list says of it, too. So all files before the end can be had.
"""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING, BinaryIO

from indexer.api import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADER = struct.Struct("<4s5H3L2H")
"""What stands before a file: a mark, version, flags, packing, time, date, checksum, both sizes, lengths of name and
more."""
_FILE, _LIST, _AFTER, _EMPTY = b"PK\x03\x04", b"PK\x01\x02", b"PK\x07\x08", b"PK\x05\x06" + bytes(18)
_SIZES_FOLLOW, _UTF8 = 0x8, 0x800
_LARGE = 0xFFFFFFFF
"""A size that stands elsewhere: the file has more than 4 GB."""
_BLOCK = 1 << 20


def opened(stream: BinaryIO) -> zipfile.ZipFile:
    """A zip without a list, to open the files of ``members`` with. The stream has to stay open."""
    archive = zipfile.ZipFile(io.BytesIO(_EMPTY))
    archive.fp = stream
    return archive


def is_cut(path: Path) -> bool:
    """Whether a file begins as a zip and has no list of its files at its end."""
    with path.open("rb") as stream:
        return stream.read(len(_FILE)) == _FILE and not zipfile.is_zipfile(path)


def members(stream: BinaryIO, size: int) -> Iterator[zipfile.ZipInfo]:
    """The files in a zip of so many bytes, as far as they are whole.

    Raises ``PluginError`` with the name of the one that is not; not where only the list is missing.
    """
    at = 0
    while True:
        stream.seek(at)
        head = stream.read(_HEADER.size)
        if head.startswith(_LIST):
            return
        if len(head) < _HEADER.size or not head.startswith(_FILE):
            raise _cut("the archive is cut short")
        entry, begin = _entry(head, stream, at)
        end = begin + entry.compress_size
        if entry.flag_bits & _SIZES_FOLLOW and not entry.compress_size:
            end = _with_sizes(entry, stream, begin)
        if entry.compress_size == _LARGE or end > size:
            raise _cut(f"the archive is cut short in {entry.filename[:200]!r}")
        yield entry
        at = end


def _entry(head: bytes, stream: BinaryIO, at: int) -> tuple[zipfile.ZipInfo, int]:
    """What stands before a file, and where its content begins."""
    _, _, flags, packing, _, _, checksum, packed, unpacked, named, more = _HEADER.unpack(head)
    name = stream.read(named).decode("utf-8" if flags & _UTF8 else "cp437", "replace")
    entry = zipfile.ZipInfo(name)
    entry.flag_bits, entry.compress_type, entry.CRC = flags, packing, checksum
    entry.compress_size, entry.file_size, entry.header_offset = packed, unpacked, at
    return entry, at + _HEADER.size + named + more


def _with_sizes(entry: zipfile.ZipInfo, stream: BinaryIO, begin: int) -> int:
    """Tell an entry what stands behind its content, as where that was packed while it was sent; where that ends."""
    stream.seek(begin)
    at, kept = begin, b""
    while block := stream.read(_BLOCK):
        kept += block
        found = kept.find(_AFTER)
        while found >= 0:
            if len(kept) < found + 24:
                kept += stream.read(24)
            for form, length in ((struct.Struct("<3L"), 16), (struct.Struct("<L2Q"), 24)):
                told = kept[found + 4 : found + length]
                if len(told) == form.size and form.unpack(told)[1] == at + found - begin:
                    entry.CRC, entry.compress_size, entry.file_size = form.unpack(told)
                    return at + found + length
            found = kept.find(_AFTER, found + 1)
        at, kept = at + max(0, len(kept) - 3), kept[-3:]
    raise _cut(f"the archive is cut short in {entry.filename[:200]!r}")


def _cut(what: str) -> PluginError:
    return PluginError(
        f"{what}: what is named so far is all that can be read", "Copy or download it again.", kind="truncated"
    )
