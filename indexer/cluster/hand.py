"""What a worker elsewhere does: it takes an order, reads its pages in a process of its own, and seals a bundle."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.api import models
from indexer.api.registry import load_registry
from indexer.cluster.order import Refusal, read_order, refused
from indexer.recognition.bundle import Head, Said, head_pages, sealed
from indexer.recognition.choice import shelves
from indexer.recognition.messages import Failed, Read, Refused, Setup, Task, Unusable
from indexer.recognition.pool import Pool
from indexer.recognition.recipes import difference
from indexer.recognition.run_plan import RunPlan
from indexer.recognition.sidecars import Beside
from indexer.system.originals import source_file
from indexer.system.settings import load
from indexer.text.folding import printable
from indexer.translation import _
from indexer.values import EngineChoice, EngineOptions, Sidecar, SourceFile, SourceOptions
from indexer.values.errors import NotesError, UnavailableError, UsageError

if TYPE_CHECKING:
    from indexer.api.registry import Registry
    from indexer.cluster.order import EngineOrder, Held, How, Order
    from indexer.recognition.messages import Message
    from indexer.system.settings import Settings

_IDLE = 60.0
"""Seconds after which a process that reads is ended when no order comes."""
_ROOM = 32 << 20
"""Bytes that have to be free for temporary files: a page that is decoded may need some."""
_LOG = logging.getLogger(__name__)


class _RefusedError(Exception):
    """An order is not done; the refusal says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(slots=True)
class _Idle:
    """Processes that read and wait for an order, by how they read."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    pools: dict[How, list[Pool]] = field(default_factory=dict)

    def take(self, how: How) -> Pool:
        """A process that reads like this; raises ``_RefusedError`` if none here can."""
        with self.lock:
            if self.pools.get(how):
                return self.pools[how].pop()
        return Pool(_setup(how), 1, how.page_timeout)

    def put(self, how: How, pool: Pool) -> None:
        """Keep a process for the next order, for a while."""
        with self.lock:
            self.pools.setdefault(how, []).append(pool)
        timer = threading.Timer(_IDLE, self._end, (how, pool))
        timer.daemon = True
        timer.start()

    def _end(self, how: How, pool: Pool) -> None:
        """End a process that waits. One that is at work is put back later, with a while of its own."""
        with self.lock:
            waits = pool in self.pools.get(how, ())
            if waits:
                self.pools[how].remove(pool)
        if waits:
            pool.__exit__(None, None, None)


@cache
def _idle() -> _Idle:
    """What stays open between the calls of a worker. It calls a function, and keeps nothing for it."""
    return _Idle()


def perform(data: bytes) -> bytes:
    """Do an order: the bytes of a sealed bundle, or of a refusal. It raises nothing."""
    try:
        order, parcels = read_order(data)
    except ValueError as error:
        return refused(Refusal("otherwise", f"it does not understand the order: {str(error)[:200]}"))
    try:
        return _performed(order, parcels)
    except _RefusedError as error:
        return refused(error.refusal)
    except OSError as error:
        return refused(Refusal("trouble", (error.strerror or str(error)).lower()))
    except Exception as error:  # noqa: BLE001 - an order must never end a worker
        _LOG.exception("an order failed")
        return refused(Refusal("trouble", printable(f"{type(error).__name__}: {error}"[:200])))


def _performed(order: Order, parcels: dict[int, bytes]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="notes-order-", ignore_cleanup_errors=True) as folder:
        _check_room(Path(folder), sum(map(len, parcels.values())))
        task = _task(order, _places(order, parcels, Path(folder)))
        said = _read(order.how, task)
    pages, failed = head_pages(said)
    made = datetime.now(timezone.utc).isoformat(timespec="seconds")
    texts = tuple(text.sha256 if (text := task.beside.of(page)) else "" for page in pages)
    outer = order.needed[order.file.needed].sha256
    head = Head(
        *(order.file.sha256, printable(task.file.path.name), order.how.recipe, made, version("notes"), pages, failed),
        texts=texts,
        holder=outer if order.file.names else None,
    )
    try:
        return sealed(head, said)
    except UsageError as error:
        raise _RefusedError(Refusal("unsealed", error.message)) from error


def _check_room(folder: Path, coming: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < coming + _ROOM:
        raise _RefusedError(Refusal("trouble", f"there is no room for temporary files in {folder.parent}"))


def _places(order: Order, parcels: dict[int, bytes], folder: Path) -> list[SourceFile]:
    """The files that an order needs, as they lie here: those that came with it, or those on shared storage."""
    found = []
    for number, needed in enumerate(order.needed):
        path = Path(needed.path)
        if number in parcels:
            name = Path(needed.name).name
            if name != needed.name or hashlib.sha256(parcels[number]).hexdigest() != needed.sha256:
                raise _RefusedError(Refusal("absent", f"{needed.name} was changed on the way"))
            path = folder / str(number) / name
            path.parent.mkdir()
            path.write_bytes(parcels[number])
        found.append(_here(path, needed.sha256))
    return found


def _here(path: Path, sha256: str) -> SourceFile:
    """A file that has to have a content."""
    absent = _RefusedError(Refusal("absent", f"{path.name} does not lie here with the same content"))
    try:
        if not path.is_file():
            raise absent
        file = source_file(path)
    except (OSError, ValueError) as error:
        raise absent from error
    if file.sha256 != sha256:
        raise absent
    return file


def _task(order: Order, places: list[SourceFile]) -> Task:
    def file(held: Held) -> SourceFile:
        outer = places[held.needed]
        if not held.names:
            return outer
        path = outer.path.joinpath(*held.names)
        return SourceFile(path, held.sha256, held.size, outer.modified, outer.stamp, outer)

    def text(held: Held) -> Sidecar:
        found = file(held)
        return Sidecar(found.path, held.sha256, held.size, found.modified, found.holder)

    single = {page: text(held) for page, held in order.single}
    beside = Beside(None if order.whole is None else text(order.whole), single)
    return Task(file(order.file), order.pages, dict(order.turns), beside)


def _read(how: How, task: Task) -> Said:
    """What is said of the pages of a task. A process that did not end it well is not kept for another one."""
    messages: list[Message] = []
    with ExitStack() as stack:
        pool = stack.enter_context(_idle().take(how))
        pool.submit(task)
        for each in filter(None, pool.messages(lambda: False)):
            messages.append(each[1])
            if isinstance(each[1], Unusable):
                raise _RefusedError(Refusal("otherwise", each[1].message))
        stack.pop_all()
        _idle().put(how, pool)
    return Said(
        # where the text lies is nobody's business: the head has its hash
        tuple(Read(replace(each.reading, sidecar=None)) for each in messages if isinstance(each, Read)),
        tuple(each for each in messages if isinstance(each, Failed)),
        tuple(replace(each, path=None) for each in messages if isinstance(each, Refused)),
    )


def _setup(how: How) -> Setup:
    """What a process that reads is told; raises ``_RefusedError`` unless the same recipe comes of it as asked for."""
    settings = load({})
    registry = load_registry(settings.plugin_folder)
    options = SourceOptions(
        how.passwords, how.pdf_text, how.max_pixels, frozenset(), None, how.sidecar_text
    )  # nothing is fetched from here
    try:
        engines = tuple(_engine(each, registry, settings) for each in how.engines)
        plan = RunPlan((), engines, options, settings.thresholds, settings.plugin_folder, 1, how.page_timeout)
        recipe = plan.recipe
    except NotesError as error:
        raise _RefusedError(Refusal("otherwise", error.whole)) from error
    if recipe != how.recipe:
        told = difference(recipe, [how.recipe], "here")
        raise _RefusedError(Refusal("otherwise", f"it would read otherwise: {told}"))
    return Setup.of(settings.plugin_folder, engines, options, None)


def _engine(ordered: EngineOrder, registry: Registry, settings: Settings) -> EngineChoice:
    """An engine as the order names it, with the secrets of this machine."""
    engine = registry.engine(ordered.name)
    own = settings.engine_settings(engine.name, engine.private)
    told = {**json.loads(ordered.settings), **{name: own[name] for name in engine.secrets & own.keys()}}
    model = None
    if ordered.model is not None:
        places = (*shelves(settings, engine), *([] if ordered.shelf is None else [Path(ordered.shelf)]))
        there = (each for place in places for each in models.available([place]))
        alike = [each for each in there if models.identity(each) == ordered.model]
        if not alike:
            raise UnavailableError(
                _("it does not have the model %(model)s", model=ordered.model), _("Copy it there (notes models).")
            )
        model = alike[0]
    return EngineChoice(engine, EngineOptions(ordered.language, 1, told, thorough=ordered.thorough, model=model))
