"""OCRmyPDF reads handwriting with the engines of notes: ``ocrmypdf --plugin indexer.ocrmypdf in.pdf out.pdf``.

OCRmyPDF asks for pages in processes or threads of its own. Each of these has a process of notes beside it, in which the
engine is opened once.
"""

from __future__ import annotations

import logging
import shutil
import threading
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrmypdf import hookimpl
from ocrmypdf.builtin_plugins.tesseract_ocr import TesseractOptions
from ocrmypdf.exceptions import BadArgsError, ExitCodeException, MissingDependencyError, SubprocessOutputError
from ocrmypdf.pluginspec import OcrEngine, OrientationConfidence

from indexer.archive.doors import open_archive
from indexer.archive.opening import source_options
from indexer.ocrmypdf.tree import hocr, page_text, page_tree, skew
from indexer.recognition.unkept import ReadPage, read
from indexer.system.machine import cores
from indexer.values.errors import NotesError, UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    import pluggy
    from ocrmypdf.models.ocr_element import OcrElement
    from pydantic import BaseModel

    from indexer.archive.library import Archive
    from indexer.values import PageReading

_CERTAIN = 15.0
"""What OCRmyPDF takes for a confident answer on how a page stands; from 14 it turns the page."""
_NO_CHOICE = ["eng"]
"""The languages that OCRmyPDF names when nobody chose one: then the engine finds the language by itself."""
_TESSERACT = "ocrmypdf.builtin_plugins.tesseract_ocr"
_LOG = logging.getLogger(__name__)


class _Reader:
    """Reads one image after the other with engines that stay open. It is for one thread."""

    def __init__(self, archive: Archive) -> None:
        self._path: Path | None = None
        engines, options = archive.engines.engines, source_options(archive.settings)
        self._pages = read(self._asked(), engines, options, archive.settings, archive.registry)

    def _asked(self) -> Iterator[Path]:
        while self._path is not None:
            path, self._path = self._path, None
            yield path

    def read(self, path: Path) -> PageReading | None:
        """What is read of an image; ``None`` when this image was read before, which ends the reader."""
        self._path = path
        event = next(self._pages, None)
        if event is not None and not isinstance(event, ReadPage):
            raise SubprocessOutputError(f"notes cannot read the page: {event.message}")
        return None if event is None else event.reading


_OF_THREAD = threading.local()
"""The reader of each thread: OCRmyPDF makes engines anew for every page."""


@hookimpl
def initialize(plugin_manager: pluggy.PluginManager) -> None:
    """Take Tesseract's plugin away where there is no Tesseract, since it would refuse to go on without."""
    if _is_without_tesseract():
        plugin_manager.set_blocked(_TESSERACT)


@hookimpl
def register_options() -> dict[str, type[BaseModel]]:
    """The options of Tesseract where its plugin was taken away: OCRmyPDF looks at them whoever reads."""
    return {"tesseract": TesseractOptions} if _is_without_tesseract() else {}


@hookimpl
def add_options(parser: ArgumentParser) -> None:
    """The options of notes, each with its usual meaning."""
    if _is_without_tesseract():
        TesseractOptions.add_arguments_to_parser(parser)
    group = parser.add_argument_group("notes", "Reading handwriting with notes")
    group.add_argument("--notes-engine", metavar="NAME", help="the engine that reads (see notes plugins)")
    group.add_argument("--notes-model", metavar="NAME", help="the recognition model (see notes models)")
    group.add_argument("--notes-thorough", action="store_true", help="look again at lines that are hard to read")


@hookimpl
def check_options(options: Any) -> None:
    """Refuse what cannot be: an engine, model or language that is not there, and PDFs of the engine's own making."""
    if options.ocr_engine != "auto":
        return
    if options.pdf_renderer == "sandwich":
        raise BadArgsError("notes makes no PDFs of its own for OCRmyPDF: leave out --pdf-renderer sandwich.")
    try:
        with _opened(options) as archive:
            _LOG.info("reading with notes: %s", ", ".join(each.engine.name for each in archive.engines.engines))
    except NotesError as error:
        raise _as_theirs(error) from error


@hookimpl
def get_ocr_engine(options: Any) -> OcrEngine | None:
    """The engine, unless another one was chosen."""
    return NotesEngine() if options is None or options.ocr_engine == "auto" else None


class NotesEngine(OcrEngine):
    """The engines of notes, as OCRmyPDF asks them."""

    @staticmethod
    def version() -> str:
        """The version of notes."""
        return version("notes")

    @staticmethod
    def creator_tag(options: Any) -> str:  # noqa: ARG004 - theirs
        """What stands in the PDF as its maker."""
        return f"notes {NotesEngine.version()}"

    def __str__(self) -> str:
        return f"notes {self.version()}"

    @staticmethod
    def languages(options: Any) -> set[str]:  # noqa: ARG004 - theirs
        """Nothing: OCRmyPDF checks no language then. ``check_options`` does, by any part of ISO 639."""
        return set()

    @staticmethod
    def get_orientation(input_file: Path, options: Any) -> OrientationConfidence:
        """By how many degrees clockwise a page has to be turned."""
        page = _read(input_file, options)
        rated = any(line[0].line.confidence is not None for line in page.lines)
        return OrientationConfidence(page.turned, _CERTAIN if rated else 0.0)

    @staticmethod
    def get_deskew(input_file: Path, options: Any) -> float:
        """By how many degrees anticlockwise a page has to be turned so that most lines run level."""
        page = _read(input_file, options)
        return 0.0 if page.turned else skew(page)

    @staticmethod
    def supports_generate_ocr() -> bool:
        """Words come as a tree, with their places and confidences."""
        return True

    @staticmethod
    def generate_ocr(input_file: Path, options: Any, page_number: int = 0) -> tuple[OcrElement, str]:
        """The words of a page with their places and confidences, and its text."""
        page = _read(input_file, options)
        return page_tree(page, input_file, page_number), page_text(page, input_file)

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
        """The same in files."""
        page = _read(input_file, options)
        output_hocr.write_text(hocr(page_tree(page, input_file)), encoding="utf-8")
        output_text.write_text(page_text(page, input_file), encoding="utf-8")

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: Any) -> None:
        """Nothing of that kind: ``check_options`` refuses what would ask for it."""
        raise NotImplementedError("notes makes no PDFs of its own for OCRmyPDF")


def _is_without_tesseract() -> bool:
    return shutil.which("tesseract") is None


def _opened(options: Any) -> Archive:
    """The settings and engines that the options ask for. No index is needed."""
    asked = options.languages
    return open_archive(
        engine=getattr(options, "notes_engine", None),  # who calls OCRmyPDF from Python need not name them
        model=getattr(options, "notes_model", None),
        thorough=getattr(options, "notes_thorough", None) or None,
        language=asked[0].partition("_")[0] if len(asked) == 1 and asked != _NO_CHOICE else None,
        workers=options.jobs or cores(),
    )


def _read(image: Path, options: Any) -> PageReading:
    """What is read of an image. A reader lives as long as its thread, and each image is new to it but for odd uses."""
    try:
        for _ in range(2):
            if not hasattr(_OF_THREAD, "reader"):
                _OF_THREAD.reader = _Reader(_opened(options))
            found: PageReading | None = _OF_THREAD.reader.read(image)
            if found is not None:
                return found
            del _OF_THREAD.reader
    except NotesError as error:
        raise _as_theirs(error) from error
    raise SubprocessOutputError(f"notes cannot read {image}")


def _as_theirs(error: NotesError) -> ExitCodeException:
    """An error of ours as one of OCRmyPDF's, with its exit codes."""
    kind = BadArgsError if isinstance(error, UsageError) else MissingDependencyError
    return kind(error.whole)
