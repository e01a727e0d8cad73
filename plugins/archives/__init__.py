"""Source plugin: archives of scans. Each file in a zip or tar is a document of its own, as if it had been unpacked.

A container only says what lies in it: ``contents`` gives names and streams, and other sources read what they give.
"""

from __future__ import annotations

import re
import tarfile
import zipfile
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, BinaryIO

from indexer.api import Packed, PluginError, Source, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Self

    from indexer.api import Page, SourceFile, SourceOptions

ZIPS = (".zip", ".cbz")
TARS = (".tar", ".cbt", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
_BLOCK = 1 << 20
_UTF8 = 0x800
"""The flag of a zip that says: the name is in UTF-8."""
_ENCRYPTED = 0x1
_AES = 99
"""The packing of files that are encrypted with AES."""
_DIGITS = 18
"""By so many digits of a number names are sorted."""
_MOST_HEADER = 1 << 16
"""The most bytes of a name or of other things that a tar says of a file: they are read into memory as a whole."""
_MOST_UNPACKED, _DENSE = 10_000_000_000, 100
"""A tar that unpacks to more bytes, and to so many times its size, is no archive of scans. What lies behind in it can
only be reached through all of that, which may take longer than a file has to be opened: then nothing of it is read."""
_LONG = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)


@hookimpl
def notes_sources() -> Iterable[Source]:
    """Zips and tars."""
    yield Source("zip archives", ZIPS, no_pages, contents=zipped)
    yield Source("tar archives", TARS, no_pages, contents=tarred)


def no_pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:  # noqa: ARG001 - what a source is called with
    """An archive has no pages of its own."""
    yield from ()


def zipped(file: SourceFile, options: SourceOptions) -> Iterator[Packed]:
    """The files in a zip, in the order in which people number them; of one that lost its end in their order there."""
    from .cut_zip import is_cut

    with _damage():
        cut = is_cut(file.path)
    if cut:
        yield from _cut_short(file, options)
        return
    with _damage(), zipfile.ZipFile(file.path) as archive:
        named = [(_name(each), each) for each in archive.infolist() if not each.is_dir()]
        for name, each in sorted(named, key=lambda pair: _natural(pair[0])):
            yield Packed(name, partial(_opened, archive, each, options.passwords))


def _cut_short(file: SourceFile, options: SourceOptions) -> Iterator[Packed]:
    from .cut_zip import members, opened

    with _damage(), file.path.open("rb") as stream, opened(stream) as archive:
        for each in members(stream, file.size):
            if not each.is_dir():
                yield Packed(_name(each), partial(_opened, archive, each, options.passwords))


def tarred(file: SourceFile, options: SourceOptions) -> Iterator[Packed]:  # noqa: ARG001 - as above
    """The files in a tar, in their order there: a packed one can only be gone through once."""
    unpacked = 0
    with _damage(), tarfile.open(file.path, "r|*", tarinfo=_Header) as archive:
        for each in archive:
            archive.members.clear()  # type: ignore[attr-defined] # otherwise it keeps what was said of each file
            unpacked += each.size
            if unpacked > max(_MOST_UNPACKED, _DENSE * file.size):
                raise PluginError(
                    f"the archive holds more than {_MOST_UNPACKED // 10**9} GB in less than a hundredth of that, and "
                    f"is read up to {each.name[:200]!r}",
                    "Unpack it if what follows is worth it.",
                    kind="too-large",
                )
            if each.isreg():  # links, devices and folders hold nothing to read
                yield Packed(each.name, partial(_extracted, archive, each))


class _Header(tarfile.TarInfo):
    """What a tar says of a file, if that is not too much: a small packed tar may say gigabytes."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """A header; raises ``PluginError`` for one that takes too much memory, whatever follows."""
        found = super().frombuf(buf, encoding, errors)
        if found.type in _LONG and found.size > _MOST_HEADER:
            raise PluginError("the archive is damaged (a name in it is too long)", "Restore it from a backup.")
        if found.type == tarfile.GNUTYPE_SPARSE:
            what = f"the archive has a file with holes in it ({found.name[:200]!r})"
            raise PluginError(f"{what}, and is read up to there", "Pack it without --sparse.", kind="unsupported")
        return found


def _name(entry: zipfile.ZipInfo) -> str:
    """A name in a zip. Some programs write UTF-8 and do not say so: then Python takes it for an old code page."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _natural(name: str) -> list[tuple[int, str]]:
    """By this key page 2 comes before page 10. Python makes no number of more than some thousand digits."""
    parts = ((part, part[:_DIGITS].isdecimal()) for part in re.split(r"(\d+)", name))
    return [(int(part[:_DIGITS]), part[_DIGITS:]) if is_number else (0, part.casefold()) for part, is_number in parts]


def _opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, passwords: tuple[str, ...]) -> BinaryIO:
    """A file of a zip. A wrong password is mostly refused at once, otherwise when all of the file was read."""
    tried = [password.encode() for password in passwords] if entry.flag_bits & _ENCRYPTED else [None]
    for password in tried:
        try:
            with archive.open(entry, pwd=password) as stream:
                while password and stream.read(_BLOCK):
                    pass
            return _binary(archive.open(entry, pwd=password))
        except NotImplementedError as error:
            if entry.compress_type == _AES:
                hint = "Unpack it with a program that has the password, such as 7-Zip, and index what was in it."
                raise PluginError(
                    "it is encrypted with AES, which is not opened here", hint, kind="encrypted"
                ) from error
            raise PluginError(f"it is packed in a way that is not known here ({error})", kind="unsupported") from error
        except (RuntimeError, zipfile.BadZipFile, ValueError) as error:
            if password is None:
                raise PluginError(f"it is damaged ({error})", "Restore it from a backup.") from error
    said = "none of the passwords opens it" if passwords else "it needs a password"
    raise PluginError(f"it is encrypted; {said}", "Give a file with its password: --password-file.", kind="encrypted")


def _extracted(archive: tarfile.TarFile, member: tarfile.TarInfo) -> BinaryIO:
    stream = archive.extractfile(member)
    if stream is None:
        raise PluginError("it is no file")
    return _binary(stream)


def _binary(stream: IO[bytes]) -> BinaryIO:
    """The same stream: the modules for archives say less of its type than it has."""
    return stream  # type: ignore[return-value]


@contextmanager
def _damage() -> Iterator[None]:
    """Say in a sentence what the modules for archives raise: many kinds of errors for damaged files."""
    try:
        yield
    except PluginError:
        raise
    except OSError as error:
        if error.strerror is None:  # an archive that is cut short
            raise PluginError(f"the archive is damaged ({error})", "Restore it from a backup.") from error
        raise PluginError(f"it cannot be read: {error.strerror}", kind="unreadable") from error
    except Exception as error:
        raise PluginError(f"the archive is damaged ({error})", "Restore it from a backup.") from error
