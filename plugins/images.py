"""Source plugin: image files. Each picture is a page, and so is each frame of a TIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.api import IMAGE_SUFFIXES, Page, Source, hookimpl, image_pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indexer.api import SourceFile, SourceOptions


@hookimpl
def notes_sources() -> Iterable[Source]:
    """Images of every kind that can be decoded."""
    yield Source("images", IMAGE_SUFFIXES, pages)


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The frames of a TIFF or fax. Of all others, animations included, the first or primary picture."""
    for number, picture in enumerate(image_pages(file.path, options), 1):
        yield Page(number, picture, file=file.path)
