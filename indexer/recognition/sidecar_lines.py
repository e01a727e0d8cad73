"""The lines of a file of text beside pages, in pixels of the page as it is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.formats.fitting import fitted
from indexer.formats.reading import read_document
from indexer.formats.truth import truth_of
from indexer.image.decoding import orientation_of
from indexer.image.geometry import bounding_box
from indexer.recognition.contents import unpacked_file
from indexer.recognition.page_layout import laid_out
from indexer.recognition.placing import MOST
from indexer.recognition.weighing import WEIGHED
from indexer.translation import _
from indexer.values import BELIEVED, COMPARED, HUMAN, Line, PageReading, Reading, SourceFile
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.api.registry import Registry
    from indexer.formats.added import Format
    from indexer.formats.document import TextDocument, TextPage
    from indexer.formats.truth import TruthPage
    from indexer.values import Origin, Page, Sidecar, SourceOptions

INK_LEFT_OUT = "only the text beside the page was taken, and its ink not read (sidecar_text = use)"
"""The reason for missing lines on a page whose text was taken without a look at the ink."""


@dataclass(frozen=True, slots=True)
class SidecarText:
    """What a file of text says of the page with this number of ``file``. The file with its image says that it is turned
    by an ``orientation`` (EXIF, 1-8); ``None`` is that of ``file``."""

    file: Path
    document: TextDocument
    number: int = 1
    orientation: int | None = None

    @classmethod
    def of(cls, path: Path, file: Path, named: Path | None = None, form: Format | None = None) -> SidecarText:
        """What the text in ``path`` says, which people know by the path ``named``, and which a plugin
        may have the ``form`` of. Raises ``UsageError`` with a
        sentence if it cannot be read."""
        return cls(file, read_document(path, named, form))

    def at(self, number: int, orientation: int | None = None) -> SidecarText:
        """The same, of another page."""
        return replace(self, number=number, orientation=orientation)

    def page(self) -> TextPage | None:
        """What it says of the page; ``None`` if nothing. A document names the images of its pages, or has them all.

        Raises ``UsageError`` if it is the document of other pages.
        """
        pages, number = self.document.pages, self.number
        if len(pages) == 1:
            return pages[0] if number == 1 else None
        named = [page for page in pages if Path(page.image).stem == self.file.stem]
        if len(named) == 1:
            return named[0] if number == 1 else None
        if len(named) in (0, len(pages)):
            return pages[number - 1] if number <= len(pages) else None
        raise UsageError(
            _("%(named)s of its %(pages)s pages name this file", named=len(named), pages=len(pages)),
            _("Give each page a file of its own."),
        )

    def lines(self, size: tuple[int, int], turned: int) -> tuple[Line, ...]:
        """The lines of the page with text and a place, on its image of this size, which was turned clockwise by so many
        degrees after the file says how it stands. Raises ``UsageError`` if they do not fit."""
        page = self.page()
        truth = None if page is None else _with_places(page)
        if truth is None:
            return ()
        laid = fitted(truth, *size, self.orientation or orientation_of(self.file), turned)
        found = [(line.text, tuple(line.polygon)) for line in laid.lines]
        return tuple(Line(text, None, bounding_box(polygon), polygon) for text, polygon in found)

    def unplaced(self, options: SourceOptions) -> tuple[Origin, str] | None:
        """The text of the page if its lines have no places, with its origin. A document of one page is that of all.

        Raises ``UsageError`` if it is too long.
        """
        page = self.document.pages[0] if len(self.document.pages) == 1 else self.page()
        if page is None or _with_places(page) is not None:
            return None
        said = "".join(f"{line.text}{'' if line.goes_on else chr(10)}" for line in page.lines)
        if len(said) > MOST:
            raise UsageError(
                _("it has %(said)s letters without places", said=format(len(said), ",")),
                _("Give each page a text of its own."),
            )
        origin = BELIEVED if options.sidecar_text == "use" else self.origin(options)
        return (origin, said) if said.strip() else None

    def origin(self, options: SourceOptions) -> Origin:
        """How the text of the page is looked at: what a program read is never believed as a whole."""
        return WEIGHED if options.sidecar_text == "auto" and not self._is_read_by_program() else COMPARED

    def _is_read_by_program(self) -> bool:
        """Whether it says of the page that a program read it: by confidences, or by naming the program."""
        page = self.page()
        lines = page.lines if page else ()
        rated = (
            line.confidence is not None or any(word.confidence is not None for word in line.words) for line in lines
        )
        named = (line.readings and line.readings[0].origin not in ("", HUMAN) for line in lines)
        return any(rated) or any(named)


def opened_text(beside: Sidecar, file: Path, registry: Registry, options: SourceOptions) -> SidecarText:
    """The text beside a file, which may lie inside another one. Raises ``UsageError`` or ``PluginError`` if it cannot
    be had."""
    lies = SourceFile(beside.path, beside.sha256, beside.size, beside.modified, holder=beside.holder)
    with unpacked_file(registry, lies, options) as path:
        return SidecarText.of(path, file, beside.path, registry.format_of(beside.path))


def _with_places(page: TextPage) -> TruthPage | None:
    """The lines of a page, if each has a place."""
    try:
        return truth_of(page)
    except ValueError:
        return None


def text_alone(page: Page, size: tuple[int, int], lines: Sequence[Line]) -> PageReading:
    """A page by the text beside it alone."""
    why = "; ".join(filter(None, (page.missing, INK_LEFT_OUT)))
    return PageReading(
        page.number, *size, laid_out([(Reading(line, BELIEVED),) for line in lines]), 0.0, page.label, why
    )
