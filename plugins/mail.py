"""Source plugin: e-mail. Scans and PDFs attached to letters, also to those of a mailbox, are documents of their own.

What stands in the letter itself is no handwriting, and is not read.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from indexer.api import Packed, PluginError, Source, hookimpl, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from email.message import Message

    from indexer.api import Page, SourceFile, SourceOptions

_MOST_BYTES = 200_000_000
"""The most bytes of one letter: it is in memory as a whole."""
_MOST_PARTS = 1000
"""The most parts of one letter that are looked at."""
_MOST_LINES, _MOST_BOUNDS = 5_000_000, 100_000
"""The most lines of a letter, and the most that may part it: each takes memory of its own."""
_LONGEST_HEADER = 10_000
"""Letters of a header in which the name of a file is looked for: the time grows with the square."""
_BEGINS = b"From "
"""How each letter in a mailbox begins."""


@hookimpl
def notes_sources() -> Iterable[Source]:
    """Letters and mailboxes."""
    yield Source("e-mail", (".eml",), no_pages, contents=of_letter)
    yield Source("mailboxes", (".mbox",), no_pages, contents=of_mailbox)


def no_pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:  # noqa: ARG001 - what a source is called with
    """A letter has no pages of its own."""
    yield from ()


def of_letter(file: SourceFile, options: SourceOptions) -> Iterator[Packed]:  # noqa: ARG001 - as above
    """What is attached to a letter, and to letters attached to it."""
    yield from _attached(whole_file(file.path, _MOST_BYTES, "the letter"))


def of_mailbox(file: SourceFile, options: SourceOptions) -> Iterator[Packed]:  # noqa: ARG001 - as above
    """What is attached to the letters of a mailbox, in a folder for each letter that has something."""
    try:
        with file.path.open("rb") as stream:
            for number, letter in enumerate(_letters(stream), 1):
                if letter is None:
                    message = f"the letter is larger than {_MOST_BYTES // 1_000_000} MB"
                    yield Packed(f"{number}/letter.eml", partial(_raise, PluginError(message, kind="too-large")))
                    continue
                try:
                    for each in _attached(letter):
                        yield Packed(f"{number}/{each.name}", each.open)
                except PluginError as error:
                    yield Packed(f"{number}/letter.eml", partial(_raise, error))
    except OSError as error:
        raise PluginError(f"it cannot be read: {error.strerror}", kind="unreadable") from error


def _letters(stream: BinaryIO) -> Iterator[bytes | None]:
    """The letters of a mailbox; ``None`` for one that is too large.

    ``mailbox`` of Python would lock the file and look through all of it first.
    """
    letter: bytearray | None = None
    size, blank = 0, True
    for line in iter(partial(stream.readline, _MOST_BYTES), b""):
        if blank and line.startswith(_BEGINS):
            if letter is not None:
                yield None if size > _MOST_BYTES else bytes(letter)
            letter, size = bytearray(), 0
        elif letter is not None:
            size += len(line)
            if size <= _MOST_BYTES:
                letter += line
        blank = not line.strip(b"\r\n")
    if letter is None:
        raise PluginError("it is not a mailbox")
    yield None if size > _MOST_BYTES else bytes(letter)


def _raise(error: PluginError) -> BinaryIO:
    raise error


def _attached(data: bytes) -> Iterator[Packed]:
    """The parts of a letter that have a name, those of letters within it too."""
    from email import message_from_bytes  # takes a while to load

    if data.count(b"\n") > _MOST_LINES or data.count(b"\n--") > _MOST_BOUNDS:
        raise PluginError("the letter has more lines or parts than are looked at", kind="too-large")
    try:
        walk = message_from_bytes(data).walk()
        parts = [part for part in islice(walk, _MOST_PARTS) if not part.is_multipart()]
        is_all = next(walk, None) is None
    except Exception as error:  # the parser raises many kinds of errors, one of them for too many letters in letters
        raise PluginError(f"the letter is damaged ({type(error).__name__})") from error
    for number, part in enumerate(parts, 1):
        if name := _name(part, number):
            yield Packed(name, partial(_content, part))
    if not is_all:
        raise PluginError(f"the letter has more than {_MOST_PARTS:,} parts, and these are left out", kind="too-large")


def _name(part: Message, number: int) -> str:
    """The name of an attached file; of an image or the like without a name one by its kind. Other parts have none."""
    from email.header import decode_header, make_header
    from mimetypes import guess_extension

    is_short = all(len(str(value)) <= _LONGEST_HEADER for value in part.values())
    with suppress(Exception):  # the name may be damaged, and the file whole
        if is_short and (name := part.get_filename()):
            return str(make_header(decode_header(name)))
    if part.get_content_maintype() not in ("image", "application"):
        return ""
    return f"part {number}{guess_extension(part.get_content_type()) or ''}"


def _content(part: Message) -> BinaryIO:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        raise PluginError("it is damaged")
    return BytesIO(data)
