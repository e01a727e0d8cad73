"""Source plugin: comic-book archives, zip files of page images in the order of their names."""

from __future__ import annotations

import zipfile
from functools import partial
from pathlib import PurePosixPath

from indexer.api import Page, PluginError, Source, decode_image, hookimpl

IMAGES = (".jpg", ".jpeg", ".png", ".webp", ".gif")


def pages(file, options):
    """The images of the archive, folders included, other files passed over."""
    try:
        with zipfile.ZipFile(file.path) as archive:
            names = sorted(name for name in archive.namelist() if PurePosixPath(name).suffix.lower() in IMAGES)
            for number, name in enumerate(names, 1):
                yield Page(number, partial(_image, archive, name, options), label=name)
    except zipfile.BadZipFile as error:
        raise PluginError(f"the archive is damaged ({error})", kind="broken") from error


def _image(archive, name, options):
    return decode_image(archive.read(name), options)


@hookimpl
def notes_sources():
    """Comic-book archives."""
    yield Source("cbz", (".cbz",), pages)
