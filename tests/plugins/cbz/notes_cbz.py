"""Source plugin: comic-book archives, zip files of page images in the order of their names."""

from __future__ import annotations

import zipfile
import zlib
from contextlib import contextmanager
from functools import partial
from pathlib import PurePosixPath

from indexer.api import Page, PluginError, Source, decode_image, hookimpl

IMAGES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
LARGEST = 512 * 1024 * 1024  # bytes of one image once unpacked: what is more is a zip bomb


def pages(file, options):
    """The images of the archive, folders included, other files passed over."""
    with damage(), zipfile.ZipFile(file.path) as archive:
        names = sorted(name for name in archive.namelist() if PurePosixPath(name).suffix.lower() in IMAGES)
    if not names:
        raise PluginError("there is no image in the archive", kind="empty")
    for number, name in enumerate(names, 1):
        yield Page(number, partial(picture, file.path, name, options), label=name)


def picture(path, name, options):
    """One image of the archive, unpacked and decoded."""
    with damage(), zipfile.ZipFile(path) as archive:
        if archive.getinfo(name).file_size > LARGEST:
            raise PluginError(f"{name} is too large to unpack", kind="too-large")
        data = archive.read(name)
    return decode_image(data, options)


@contextmanager
def damage():
    """Turn what the zip module raises into the error people are shown."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, ValueError) as error:
        raise PluginError(f"the archive is damaged ({error})", kind="broken") from error
    except RuntimeError as error:  # how the module says that a password is missing
        raise PluginError("the archive is encrypted", kind="encrypted") from error
    except OSError as error:
        raise PluginError(f"it cannot be read: {error}", kind="unreadable") from error


@hookimpl
def notes_sources():
    """Comic-book archives."""
    yield Source("cbz", (".cbz",), pages)
