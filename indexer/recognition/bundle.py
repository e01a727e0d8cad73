"""A bundle: what was read of pages of one content, sealed in a file that can be carried to another machine.

It is text and a compressed stream, and nothing in it is run: the first line says what it is, the second has the SHA-256
of all that follows, the third is the head as JSON, and the rest is a zlib stream of JSON (``index-format`` tells more).
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indexer.posteriors.posteriorgram import is_sound
from indexer.recognition.messages import Failed, Read, Refused
from indexer.system.typed_json import from_json, to_json
from indexer.translation import _
from indexer.values import HUMAN, PageReading
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.values import Line, Point

SUFFIX = ".bundle"
VERSION = 1
_MAGIC = b"notes-bundle "
_MOST_BYTES = 64 << 20
"""The most bytes of a bundle file."""
_MOST_HEAD = 1 << 20
_MOST_UNPACKED = 32 << 20
"""The most bytes of its JSON: sixteen pages of handwriting have about four million."""
_LOOK = 64 * 64
"""Bytes of a page's look (``indexer.image.fingerprint``)."""
_FAR = 10_000_000
"""No page reaches so many pixels, no file has so many pages."""


@dataclass(frozen=True, slots=True)
class Head:
    """Whose pages a bundle holds, and how they were read.

    ``sha256`` is of the content, ``holder`` that of the file on the disk if the content lies inside one, ``texts`` are
    those of the text beside each page that was read, empty where there was none. ``name`` is for people. ``recipe`` has
    the engines, their versions, models and settings (``RunPlan.recipe``), ``program`` the version of notes, ``made``
    the time in UTC. ``pages`` were read, ``failed`` could not be. ``size`` is of the JSON, in bytes.
    """

    sha256: str
    name: str
    recipe: str
    made: str
    program: str
    pages: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    holder: str | None = None
    size: int = 0

    @property
    def text_of(self) -> dict[int, str]:
        """The hash of the text beside each page that was read."""
        return dict(zip(self.pages, self.texts, strict=True))


@dataclass(frozen=True, slots=True)
class Said:
    """What workers said of pages: read, failed, or the text beside them refused."""

    read: tuple[Read, ...] = ()
    failed: tuple[Failed, ...] = ()
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle file holds: the very messages of workers, and whose pages they are about."""

    head: Head
    said: Said


def sealed(head: Head, said: Said) -> bytes:
    """The bytes of a bundle. Raises ``UsageError`` when it could not be opened again."""
    try:
        text = to_json(said)
    except ValueError as error:
        raise _refusal(str(error)) from error
    rest = to_json(replace(head, size=len(text))) + b"\n" + zlib.compress(text)
    data = b"%s%d\n%s\n%s" % (_MAGIC, VERSION, hashlib.sha256(rest).hexdigest().encode(), rest)
    opened(data)
    return data


def head_pages(said: Said) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The pages that were read, and those that failed, as a head has them."""
    return (
        tuple(each.reading.number for each in said.read),
        tuple(each.page for each in said.failed if each.page is not None),
    )


def read_bundle(path: Path) -> bytes:
    """The bytes of a bundle file; raises ``UsageError`` for what can be none."""
    try:
        if not path.is_file():
            raise _refusal("it is no file")
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise _refusal(f"it cannot be read: {(error.strerror or str(error)).lower()}") from error
    if len(data) > _MOST_BYTES:
        raise _refusal(f"it is larger than {_MOST_BYTES >> 20} MB")
    return data


def head_of(data: bytes) -> Head:
    """The head of a bundle, whose checksum is right. Raises ``UsageError`` for what is no whole bundle."""
    return _head(data)[0]


def opened(data: bytes) -> Bundle:
    """A bundle from its bytes, all of it checked. Raises ``UsageError`` with the reason for what is none.

    No more is unpacked than the head says, and never more than a bundle may have.
    """
    head, packed = _head(data)
    text = _unpacked(packed, head.size)
    try:
        said = from_json(Said, text)
        _check(head, said)
    except (ValueError, OverflowError, RecursionError) as error:
        raise _refusal(str(error)[:200]) from error
    return Bundle(head, said)


def _head(data: bytes) -> tuple[Head, bytes]:
    first, __, rest = data.partition(b"\n")
    if not first.startswith(_MAGIC):
        raise _refusal("it does not begin as one")
    number = first.removeprefix(_MAGIC)
    if number != b"%d" % VERSION:
        if number.isdigit() and len(number) < 10 and int(number) > VERSION:
            raise UsageError(
                _(
                    "it was made by a newer notes (bundles of version %(number)s, this one knows %(version)s)",
                    number=int(number),
                    version=VERSION,
                ),
                _("Update notes: in a newer checkout of it, pip install ."),
            )
        raise _refusal("its version is no number")
    digest, __, rest = rest.partition(b"\n")
    if hashlib.sha256(rest).hexdigest().encode() != digest:
        raise _refusal("it was cut or altered: its checksum is another one")
    told, __, packed = rest.partition(b"\n")
    if len(told) > _MOST_HEAD:
        raise _refusal("its head is too long")
    try:
        head = from_json(Head, told)
        _check_head(head)
    except (ValueError, RecursionError) as error:
        raise _refusal(str(error)[:200]) from error
    return head, packed


def _unpacked(packed: bytes, size: int) -> bytes:
    if not 0 <= size <= _MOST_UNPACKED:
        raise _refusal(f"it would have {size:,} bytes when it is unpacked")
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(packed, size + 1)
    except zlib.error as error:
        raise _refusal("it cannot be unpacked") from error
    if len(text) != size or not stream.eof or stream.unused_data:
        raise _refusal("it does not unpack to what its head says")
    return text


def _refusal(why: str) -> UsageError:
    return UsageError(_("no whole bundle: %(why)s", why=why), _("Make it again, or copy it again."))


def _check_head(head: Head) -> None:
    for digest in (head.sha256, *([] if head.holder is None else [head.holder])):
        _require(len(digest) == 64 and not set(digest) - set("0123456789abcdef"), "a hash that is none")
    _require(isinstance(json.loads(head.recipe), dict), "a recipe that is none")
    _require(all(0 < page < _FAR for page in (*head.pages, *head.failed)), "a page number that is none")
    _require(len(set(head.pages)) == len(head.pages) == len(head.texts), "a page twice, or not the text beside each")


def _check(head: Head, said: Said) -> None:
    """Raise ``ValueError`` for values that no worker gives, and for a person's word: that is said in an index."""
    _require(head_pages(said) == (head.pages, head.failed), "other pages than its head says")
    for each in said.read:
        _check_page(each.reading)
    _require(all(each.page is None or 0 < each.page < _FAR for each in said.refused), "a page number that is none")


def _check_page(page: PageReading) -> None:
    _require(0 <= page.width < _FAR and 0 <= page.height < _FAR and page.seconds >= 0, "a page of no size")
    _require(page.turned in (0, 90, 180, 270), "a page that stands askew")
    _require(all(map(_is_near, (point for ends in page.rulings for point in ends))), "a ruling beyond all pages")
    if page.picture is not None and page.picture.look:
        stream = zlib.decompressobj()
        try:
            look = stream.decompress(page.picture.look, _LOOK + 1)
        except zlib.error as error:
            raise ValueError("a picture that is none") from error
        _require(len(look) == _LOOK and stream.eof, "a picture that is none")
    for readings in page.lines:
        _require(bool(readings), "a line without a reading")
        for each in readings:
            origin = each.origin
            _require(origin.engine != HUMAN, "a person's word")
            _require(isinstance(json.loads(origin.settings), dict), "settings that are none")
            weights = origin.languages.values()
            _require(all(0 <= weight <= 1e9 for weight in weights), "languages that are none")
            _require(not weights or sum(weights) > 0, "languages that are none")
            _check_line(each.line)


def _check_line(line: Line) -> None:
    for box in (line.box, *(word.box for word in line.words), *([line.block.box] if line.block else [])):
        _require(all(abs(side) < _FAR for side in box.xywh), "a line beyond all pages")
    _require(all(map(_is_near, (*line.polygon, *line.baseline))), "a line beyond all pages")
    _require(line.block is None or 0 < line.block.number < _FAR, "a block without a number")
    _require(all(0 <= (word.confidence or 0) <= 1 for word in line.words), "a confidence that is none")
    _require(line.posteriorgram is None or is_sound(line.posteriorgram), "a posteriorgram that is none")


def _is_near(point: Point) -> bool:
    return all(abs(each) < _FAR for each in point)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"it has {what}")
