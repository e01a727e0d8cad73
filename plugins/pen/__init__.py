"""Source plugin: what was written with a pen on a tablet. The strokes are drawn as ink on a white page.

``strokes`` draws. ``xournal`` reads the files of Xournal++, ``remarkable`` those of reMarkable with the library
rmscene, ``supernote`` those of Supernote with supernotelib. Both libraries come with the extra ``pen``.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from indexer.api import Check, CheckResult, Source, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indexer.api import Page, SourceFile, SourceOptions

_LIBRARIES = ("rmscene", "supernotelib")


@hookimpl
def notes_sources() -> Iterable[Source]:
    """Notebooks of Xournal++, reMarkable and Supernote."""
    yield Source("xournal", (".xopp", ".xoj"), of_xournal)
    yield Source("remarkable", (".rm", ".rmdoc"), of_remarkable)
    yield Source("supernote", (".note",), of_supernote)


@hookimpl
def notes_checks() -> Iterable[Check]:
    """Whether the libraries for tablets are there."""
    yield Check("pen", check)


def check() -> CheckResult:
    """Names the libraries that are missing."""
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if missing:
        said = f"{' and '.join(missing)} not installed: notebooks of these tablets are not read"
        return CheckResult("ok", said, 'pip install ".[pen]" installs them.')
    return CheckResult("ok", "the libraries for reMarkable and Supernote are there")


def of_xournal(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The pages of a notebook of Xournal++, or of Xournal."""
    from .xournal import pages

    yield from pages(file, options)


def of_remarkable(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """A page of a reMarkable, or the pages of a notebook."""
    from .remarkable import pages

    yield from pages(file, options)


def of_supernote(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The pages of a notebook of a Supernote."""
    from .supernote import pages

    yield from pages(file, options)
