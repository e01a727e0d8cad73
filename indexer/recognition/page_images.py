"""The image of a page that was read, from the file that still has it."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from indexer.image.turning import turned_image
from indexer.recognition.contents import pages_of
from indexer.system.originals import is_still, original, replaced
from indexer.translation import _
from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.Image import Image

    from indexer.api.registry import Registry
    from indexer.values import Page, SourceFile, SourceOptions


def page_image(
    files: Sequence[SourceFile], number: int, registry: Registry, options: SourceOptions, turned: int
) -> Image:
    """The image of a page of a content, from the first of the files with it that still has it, turned clockwise by so
    many degrees.

    Raises ``MissingError`` when none has: no other picture is ever shown for the one that was read.
    """
    with opened_page(files, number, registry, options) as (file, page):
        image = page.image()
        if not is_still(file):
            raise replaced(file.path)
        return turned_image(image, turned)


@contextmanager
def opened_page(
    files: Sequence[SourceFile], number: int, registry: Registry, options: SourceOptions
) -> Iterator[tuple[SourceFile, Page]]:
    """A page of a content, and the first of the files with it that still has it. Raises ``MissingError`` when none
    has."""
    file = original(files)
    if registry.source_of(file) is None:
        raise UsageError(_("no plugin reads %(path)s any more", path=file.path), _("See notes plugins."))
    with closing(pages_of(registry, file, options)) as pages:
        found = next((page for page in pages if page.number == number), None)
        if found is None:
            raise MissingError(
                _("%(path)s has no page %(number)s any more", path=file.path, number=number),
                _("notes index reads it again."),
            )
        yield file, found
