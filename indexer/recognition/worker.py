"""A worker process: it opens a file's source, reads its pages with the engines, and reports each step."""

from __future__ import annotations

import logging
import os
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from indexer.api.registry import load_registry
from indexer.image.decoding import orientation_of
from indexer.image.fingerprint import picture_of, text_picture
from indexer.image.tones import enhanced, legible
from indexer.image.turning import turned_image, turned_line
from indexer.recognition.contents import files_inside, pages_of
from indexer.recognition.engine_settings import settings_text
from indexer.recognition.flat import surer_flat
from indexer.recognition.messages import (
    Began,
    Counted,
    Failed,
    Finished,
    Message,
    Read,
    Refused,
    Setup,
    Task,
    Unusable,
    as_text,
)
from indexer.recognition.page_layout import in_order
from indexer.recognition.page_reading import combined
from indexer.recognition.rolls import read_in_pieces
from indexer.recognition.sidecar_lines import SidecarText, opened_text, text_alone
from indexer.recognition.taking_in import is_whole, taken_in
from indexer.recognition.textlayer import alone, given_lines, text_only, turned_layer
from indexer.recognition.upright import turn_of
from indexer.system.logs import configure
from indexer.system.originals import is_still
from indexer.values import (
    Engine,
    EngineOptions,
    Line,
    Origin,
    PageLines,
    Partial,
    SecondReader,
    SourceFile,
)
from indexer.values.errors import NotesError, PluginError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from PIL.Image import Image

    from indexer.api.registry import Registry
    from indexer.recognition.page_reading import Given
    from indexer.recognition.upright import ReadImage
    from indexer.values import Page, Picture, Recogniser, Sidecar, Source, TextLayer

_LOG = logging.getLogger(__name__)
_CHANGED = ("changed", "the file was changed while it was read; index it again")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def work(connection: Connection, setup: Setup) -> None:
    """Serve tasks from the connection until it closes. ``None``, sent during a task, ends that task after the page in
    hand."""
    if setup.log is not None:
        configure(setup.log)
    os.dup2(2, 1)  # what a plugin prints must not get into the data of the command
    for variable in _THREADS:  # numerical libraries read it when they are loaded; none is yet
        os.environ[variable] = str(max((options.threads for _, options in setup.engines), default=1))
    registry = load_registry(setup.plugin_folder)
    with ExitStack() as stack:
        bench = _Bench(registry, setup, stack)
        while True:
            try:
                task = connection.recv()
            except EOFError:
                return
            if task is None:
                continue
            for message in _perform(task, bench):
                connection.send(as_text(message))
                if isinstance(message, Read | Failed) and connection.poll():
                    break
            connection.send(Finished())


class _Bench:
    """The registry and the engines of a worker; each engine is opened when the first page needs it."""

    def __init__(self, registry: Registry, setup: Setup, stack: ExitStack) -> None:
        self.registry = registry
        self.setup = setup
        self._stack = stack
        self._opened: dict[str, tuple[Engine, Recogniser]] = {}

    def engine(self, name: str, options: EngineOptions) -> tuple[Engine, Recogniser]:
        """An engine and its recogniser; raises ``NotesError`` when it cannot be opened."""
        if name not in self._opened:
            engine = self.registry.engine(name)
            self._opened[name] = (engine, self._stack.enter_context(engine.open(options)))
        return self._opened[name]


def _perform(task: Task, bench: _Bench) -> Iterator[Message]:
    source = bench.registry.source_of(task.file)
    if source is None:
        yield Failed(None, "unsupported", f"no source plugin reads {task.file.path.suffix or 'such'} files")
        return
    try:
        if task.pages is None:
            counted = _counted(bench, source, task.file)
            yield counted if is_still(task.file) else Failed(None, *_CHANGED)
        else:
            yield from _read_pages(source, task, bench)
    except PluginError as error:
        yield Failed(None, error.kind, error.whole)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it only loses its file
        _LOG.exception("%s: the source plugin %s failed", task.file.path, source.name)
        yield Failed(None, "source", f"the source plugin {source.name} failed: {_reason(error)}")


def _counted(bench: _Bench, source: Source, file: SourceFile) -> Counted:
    """The pages of a file and the files inside it. A file inside another one is not looked into: that was done with the
    outer one."""
    options = bench.setup.source_options
    pages = tuple(page.number for page in pages_of(bench.registry, file, options))
    if source.inside is None and source.contents is None:
        return Counted(pages)
    inside = None if file.holder else tuple(files_inside(bench.registry, file, options))
    return Counted(pages, inside, source.contents is not None)


def _read_pages(source: Source, task: Task, bench: _Bench) -> Iterator[Message]:
    wanted = set(task.pages or ())
    texts: dict[Path, SidecarText | None] = {}
    with closing(pages_of(bench.registry, task.file, bench.setup.source_options)) as pages:
        for page in pages:
            if page.number not in wanted:
                continue
            wanted.discard(page.number)
            shown: list[Picture] = []
            said = task.turns.get(page.number)
            shown_page = replace(page, image=partial(_image, page, shown))
            beside = task.beside.of(page.number)
            if beside is not None and beside.path not in texts:
                yield from _opened_text(beside, task.file.path, bench, texts)
            text = texts[beside.path] if beside else None
            if text is not None:
                text = text.at(task.beside.number(page.number), orientation_of(page.file) if page.file else None)
            kept = task.kept.get(page.number)
            if kept is not None and is_whole(kept, page):
                yield Began(page.number)
                said_of_it: Iterator[Message] = taken_in(kept, page, text, bench.setup.source_options)
            else:
                said_of_it = _read_page(source, shown_page, bench, said, text)
            for message in said_of_it:
                yield _as_said(message, task, shown)
            if not wanted:
                return


def _image(page: Page, shown: list[Picture]) -> Image:
    """The image of a page; what it shows is noted in ``shown``."""
    image = page.image()
    shown.append(picture_of(image))
    return image


def _opened_text(
    beside: Sidecar, file: Path, bench: _Bench, texts: dict[Path, SidecarText | None]
) -> Iterator[Refused]:
    """Put what a file of text says in the place of what an earlier one said, or say why it cannot be read."""
    texts.clear()
    try:
        texts[beside.path] = opened_text(beside, file, bench.registry, bench.setup.source_options)
    except (UsageError, PluginError) as error:
        texts[beside.path] = None
        yield Refused(None, error.whole, beside.path)


def _as_said(message: Message, task: Task, shown: list[Picture]) -> Message:
    """What is said of a page, with what was known before the page was read."""
    if isinstance(message, Refused):
        beside = task.beside.of(message.page or 0)
        return replace(message, path=beside.path if beside else None)
    return _as_shown(message, task, shown) if isinstance(message, Read) else message


def _as_shown(read: Read, task: Task, shown: list[Picture]) -> Read | Failed:
    """What was read, with the fingerprint of the picture; nothing if the file has another content by now."""
    if not is_still(task.file):
        return Failed(read.reading.number, *_CHANGED)
    reading = read.reading
    turned = task.turns.get(reading.number, reading.turned)
    if read.is_kept:
        return replace(read, reading=replace(reading, sidecar=task.beside.of(reading.number)))
    picture = shown[-1] if shown else text_picture(reading)
    return Read(replace(reading, picture=picture, turned=turned, sidecar=task.beside.of(reading.number)))


def _read_page(
    source: Source, page: Page, bench: _Bench, turned: int | None, text: SidecarText | None
) -> Iterator[Message]:
    """Read a page, turned as a person said (``None``: as it turns out to stand)."""
    began = time.perf_counter()
    yield Began(page.number)
    layer: TextLayer | None = None
    try:
        layer = turned_layer(page.text() if page.text else None, turned or 0)
        said = alone(layer, source, page, bench.setup.source_options) if layer else None
        if said is not None:
            yield Read(replace(said, seconds=time.perf_counter() - began))
            return
        image = turned_image(page.image(), turned or 0)
    except Exception as error:  # noqa: BLE001 - see above
        yield _without_image(layer, source, page, _failed(page, source, error))
        return
    beside: tuple[Line, ...] = ()
    unplaced, how = None, bench.setup.source_options
    try:
        beside = text.lines(image.size, turned or 0) if text else ()
        unplaced = text.unplaced(how) if text else None
    except UsageError as error:
        yield Refused(page.number, error.whole)
    if beside and how.sidecar_text == "use":
        yield Read(text_alone(page, image.size, beside))
        return
    decoded = time.perf_counter() - began
    for name, options in bench.setup.engines:  # opened before, so that the time for the page does not include it
        yield Began(page.number, name)
        try:
            bench.engine(name, options)
        except NotesError as error:
            yield Unusable(error.message, error.hint)
            return
        except Exception as error:  # noqa: BLE001 - see above
            _LOG.exception("the engine %s cannot be opened", name)
            yield Unusable(f"the engine {name} cannot be opened: {_reason(error)}", "See notes doctor.")
            return
    given = [] if layer is None else given_lines(layer, source)
    given += [(text.origin(how), beside)] if text and beside else []
    yield from _read_image(page, (image, turned), decoded, bench, given, unplaced)


def _without_image(layer: TextLayer | None, source: Source, page: Page, failed: Failed) -> Read | Failed:
    """A page that cannot be rendered: its text, if it has some."""
    if layer is None or not (layer.lines or layer.unproven):
        return failed
    return Read(text_only(layer, source, page, f"its ink could not be read: {failed.message}"))


def _failed(page: Page, source: Source, error: Exception) -> Failed:
    if isinstance(error, PluginError):
        return Failed(page.number, error.kind, error.whole)
    _LOG.error("page %s: the source plugin %s failed", page.number, source.name, exc_info=error)
    return Failed(page.number, "source", f"the source plugin {source.name} failed: {_reason(error)}")


def _read_image(
    page: Page,
    standing: tuple[Image, int | None],
    seconds: float,
    bench: _Bench,
    layer: Given,
    unplaced: tuple[Origin, str] | None,
) -> Iterator[Message]:
    """Read a page with every engine, beside the text that came with it. It fails only if all engines fail.

    ``unplaced`` is text of which is not known where it stands.

    ``standing`` is the image and by how many degrees it was turned. With ``None`` the first engine that can tell says
    how the page stands, and a page that is turned then is read from the beginning.
    """
    began = time.perf_counter()
    missing = [page.missing] if page.missing else []
    image, turned = legible(standing[0]), standing[1]
    given, after, failed = list(layer), list[str](), None
    for name, options in bench.setup.engines:
        yield Began(page.number, name)
        engine, recogniser = bench.engine(name, options)
        read = partial(_read_with, engine, recogniser, options)
        second = isinstance(recogniser, SecondReader)
        try:
            lines = _read_after(recogniser, image, given) if given and second else read(image)
        except Exception as error:  # noqa: BLE001 - see above
            failed = _engine_failed(page, name, error)
            missing.append(failed.message)
            continue
        if turned is None and not second:
            turned = _turn(page, image, lines, read)
        if turned and standing[1] is None:
            own = [(origin, [turned_line(each, turned, image.size) for each in text]) for origin, text in layer]
            seconds += time.perf_counter() - began
            yield from _read_image(page, (turned_image(image, turned), turned), seconds, bench, own, unplaced)
            return
        if second:
            after.append(name)
        else:
            lines = _laid_flat(page, image, lines, read)
        if isinstance(lines, Partial):
            missing.append(lines.reason)
            lines = lines.lines
        spoken = lines.languages if isinstance(lines, PageLines) else {}
        given.append((Origin(name, engine.version, settings_text(engine, options, spoken)), lines))
    if not given and failed is not None:
        yield failed
        return
    checked = bench.setup.source_options.pdf_text == "check"
    reading, refused = combined(page, (image, turned or 0), given, unplaced, missing, after, checked=checked)
    if refused:
        yield Refused(page.number, refused)
    yield Read(replace(reading, seconds=seconds + time.perf_counter() - began, turned=turned or 0))


def _read_with(
    engine: Engine, recogniser: Recogniser, options: EngineOptions, image: Image
) -> Sequence[Line] | Partial:
    lines = read_in_pieces(enhanced(image) if options.thorough and not engine.looks_again else image, recogniser.read)
    return lines if isinstance(lines, Partial | PageLines) else tuple(lines)  # a plugin may give an iterator


def _read_after(recogniser: Recogniser, image: Image, given: Given) -> Sequence[Line] | Partial:
    """What an engine reads after the others: those lines that first got confidences, from the top down."""
    found = (tuple(lines) for _, lines in given)
    rated = next((lines for lines in found if any(line.confidence is not None for line in lines)), ())
    assert isinstance(recogniser, SecondReader)  # noqa: S101 - it was asked before
    read = recogniser.read_after(image, in_order(rated))
    return read if isinstance(read, Partial | PageLines) else tuple(read)


def _engine_failed(page: Page, name: str, error: Exception) -> Failed:
    _LOG.error("page %s: the engine %s failed", page.number, name, exc_info=error)
    kind = error.kind if isinstance(error, PluginError) else "engine"
    reason = error.whole if isinstance(error, PluginError) else _reason(error)
    return Failed(page.number, kind, f"the engine {name} failed: {reason}")


def _turn(page: Page, image: Image, lines: Sequence[Line] | Partial, read: ReadImage) -> int | None:
    """By how many degrees clockwise a page has to be turned; ``None`` if the engine cannot tell."""
    try:
        return turn_of(image, lines, read)
    except Exception:  # noqa: BLE001 - the page was read: it only stays as it is
        _LOG.exception("page %s: its lines could not be read otherwise", page.number)
        return None


def _laid_flat(page: Page, image: Image, lines: Sequence[Line] | Partial, read: ReadImage) -> Sequence[Line] | Partial:
    """What is read of a page, laid flat if it is bent."""
    try:
        return surer_flat(image, lines, read)
    except Exception:  # noqa: BLE001 - see _turn
        _LOG.exception("page %s: it could not be read laid flat", page.number)
        return lines


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
