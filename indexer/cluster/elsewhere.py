"""Reads the pages of a run elsewhere: orders go to workers, bundles come back, and what nobody can read is read here.

It stands in the place of the local worker pool. That pool still looks into files and counts their pages.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from indexer.cluster.carrier import what_is_kept
from indexer.cluster.order import refusal_of
from indexer.cluster.ordering import LARGEST, how_of, order_of, packed, weight
from indexer.recognition.bundle import opened
from indexer.recognition.messages import Finished, Read, Refused, Task, as_text
from indexer.recognition.pool import local_pool
from indexer.recognition.shelf import is_alike
from indexer.text.folding import printable
from indexer.translation import _
from indexer.values.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from indexer.cluster.carrier import Carrier, OpenCarrier
    from indexer.cluster.order import Order, Refusal
    from indexer.recognition.bundle import Bundle
    from indexer.recognition.messages import Message, Setup
    from indexer.recognition.run_plan import RunPlan

_PAGES = 4
"""The most pages of an order: so much is lost with a worker, and so long it takes to stop."""
_AHEAD = 1
"""Orders that lie at a worker beside those in work, so that it never waits for the next."""
_IN_ALL = 4 * LARGEST
"""The most bytes of files on their way at the same time: they are in the memory of all that carry them."""
_LOSSES = 3
"""After so many losses pages are read here: they may be what ends the workers."""
_REST = 60.0
"""Seconds for which a worker in trouble gets no order."""
_TROUBLES = 3
"""After so much trouble in a row a worker gets no order any more."""
_NOBODY = 60.0
"""Seconds without any worker after which a run ends."""
_GLANCE = 0.2
_TOLD = 3
"""The most workers of which is told why they are not used, when none is."""
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Piece:
    """Some pages of a task that are read together; ``worker`` has it since ``sent``."""

    task: Task
    order: Order
    losses: int = 0
    with_files: bool = False
    worker: str = ""
    bytes: int = 0
    latest: float = 0.0


@dataclass(slots=True)
class _Staff:
    """Who may get orders: those that are out or rest are not asked."""

    out: dict[str, str] = field(default_factory=dict)
    rests: dict[str, float] = field(default_factory=dict)
    troubles: Counter[str] = field(default_factory=Counter)
    there: dict[str, int] = field(default_factory=dict)
    seen_at: float = field(default_factory=time.monotonic)

    def usable(self) -> dict[str, int]:
        """Those that may get orders now, and how many at the same time."""
        now = time.monotonic()
        return {
            name: most for name, most in self.there.items() if name not in self.out and self.rests.get(name, 0) < now
        }


class Elsewhere:
    """The readers of a run (``recognition.pool.Readers``) whose work is done by others. Use it as a context manager.

    ``warn`` is told of each worker that is not asked any more, and why, and that none is there.
    """

    def __init__(
        self,
        open_carrier: OpenCarrier,
        setup: Setup,
        run_plan: RunPlan,
        prepared: Callable[[Task], Task],
        warn: Callable[[str], None],
    ) -> None:
        self._open_carrier = open_carrier
        self._here = local_pool(setup, run_plan, prepared)
        self._prepared, self._warn = prepared, warn
        self._how = how_of(run_plan)
        self._queue: deque[_Piece] = deque()
        self._sent: dict[int, _Piece] = {}
        self._pieces: Counter[str] = Counter()
        self._parents: Counter[str] = Counter()
        self._staff = _Staff()
        self._with_files = False
        self._opened = ExitStack()
        self._carrier: Carrier

    def __enter__(self) -> Elsewhere:
        self._carrier = self._opened.enter_context(self._open_carrier())
        self._opened.enter_context(self._here)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    @property
    def backlog(self) -> int:
        """Tasks that nobody has begun yet, beyond those that the workers are about to take."""
        soon = sum(self._staff.usable().values()) * (1 + _AHEAD)
        return self._here.backlog + max(0, len(self._queue) - soon)

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Queue a task, in front of all others if ``first``."""
        if task.pages is None:
            self._here.submit(task, first=first)
            return
        starts = range(0, len(task.pages), _PAGES)
        parts = [replace(task, pages=task.pages[start : start + _PAGES]) for start in starts]
        pieces = [_Piece(part, order_of(self._how, part)) for part in parts]
        self._parents[task.file.sha256] += 1
        self._pieces[task.file.sha256] += len(pieces)
        if first:
            self._queue.extendleft(reversed(pieces))
        else:
            self._queue.extend(pieces)

    def messages(self, stopping: Callable[[], bool]) -> Iterator[tuple[Task, Message] | None]:
        """As ``Pool.messages``. Once ``stopping()`` is true only what is in work is waited for."""
        while True:
            for said in self._here.messages(stopping):
                if said is None:
                    yield None
                else:
                    yield from self._said_here(*said)
                yield from self._turn(stopping)
            if not (self._sent or self._queue or self._here.backlog):
                return
            self._carrier.wait(_GLANCE)

    def _said_here(self, task: Task, message: Message) -> Iterator[tuple[Task, Message]]:
        if task.pages is not None and isinstance(message, Finished):
            yield from self._piece_done(task)
        else:
            yield task, message

    def _piece_done(self, task: Task) -> Iterator[tuple[Task, Message]]:
        """Say that the tasks of a content are over when the last piece of them is."""
        key = task.file.sha256
        self._pieces[key] -= 1
        if not self._pieces[key]:
            del self._pieces[key]
            for _ in range(self._parents.pop(key)):
                yield task, Finished()

    def _turn(self, stopping: Callable[[], bool]) -> Iterator[tuple[Task, Message]]:
        """Look once at who is there and what was answered, and hand out what can be."""
        self._look()
        for number, answer in self._carrier.answers():
            piece = self._sent.pop(number, None)
            if piece is not None:
                yield from self._answered(piece, answer)
        if stopping():
            self._queue.clear()
            self._recall()
            return
        self._hand_out()
        self._check_staff()

    def _look(self) -> None:
        """Take back what lies at workers that are gone, silent, or far too slow."""
        self._staff.there = dict(self._carrier.workers())
        now = time.monotonic()
        for number, piece in list(self._sent.items()):
            is_late = now > piece.latest
            if piece.worker in self._staff.there and not is_late:
                continue
            if is_late:
                self._trouble(piece.worker, "it does not answer")
            del self._sent[number]
            self._carrier.drop(number)
            self._lost(piece)

    def _lost(self, piece: _Piece) -> None:
        _LOG.info("%s: pages %s were lost with %s", piece.task.file.path, piece.task.pages, piece.worker)
        piece.losses += 1
        if piece.losses >= _LOSSES:
            self._read_here(piece)
        else:
            self._queue.appendleft(piece)

    def _read_here(self, piece: _Piece, pages: tuple[int, ...] | None = None) -> None:
        """Read pages of a piece here; it is done when these are."""
        self._here.submit(piece.task if pages is None else replace(piece.task, pages=pages))

    def _recall(self) -> None:
        """Take back what no worker has begun."""
        begun: Counter[str] = Counter()
        for number, piece in list(self._sent.items()):
            begun[piece.worker] += 1
            if begun[piece.worker] > self._staff.there.get(piece.worker, 0):
                del self._sent[number]
                self._carrier.drop(number)

    def _answered(self, piece: _Piece, answer: bytes | None) -> Iterator[tuple[Task, Message]]:
        if answer is None:
            self._lost(piece)
            return
        try:
            if len(answer) > LARGEST:
                raise UsageError(_("it is larger than any bundle"))
            refusal = refusal_of(answer)
            bundle = None if refusal else opened(answer)
            if bundle is not None:
                _check(bundle, piece)
        except UsageError as error:
            self._dismiss(piece.worker, f"what it sends is not what was asked for: {error.message}")
            self._queue.appendleft(piece)
            return
        if refusal is not None:
            self._refused(piece, refusal)
        elif bundle is not None:
            self._staff.troubles.pop(piece.worker, None)
            yield from self._taken(piece, bundle)

    def _taken(self, piece: _Piece, bundle: Bundle) -> Iterator[tuple[Task, Message]]:
        """What it says of the pages that could be read. The others are tried here: a worker may lack something."""
        task, left = piece.task, set(piece.task.pages or ())
        for read in bundle.said.read:
            number = read.reading.number
            if is_alike(read.reading, bundle.head.text_of[number], task):
                left.discard(number)
                yield task, as_text(Read(replace(read.reading, sidecar=task.beside.of(number))))
        for each in bundle.said.refused:
            beside = task.beside.of(each.page or min(task.pages or (0,)))
            if beside is not None and each.page not in left:
                yield task, as_text(Refused(each.page, each.message, beside.path))
        if left:
            self._read_here(piece, tuple(sorted(left)))
        else:
            yield from self._piece_done(task)

    def _refused(self, piece: _Piece, refusal: Refusal) -> None:
        if refusal.kind == "otherwise":
            self._dismiss(piece.worker, refusal.message)
        elif refusal.kind == "trouble":
            self._trouble(piece.worker, refusal.message)
        elif refusal.kind == "unsealed" or piece.with_files:
            self._read_here(piece)
            return
        else:
            self._with_files = True
        self._queue.appendleft(piece)

    def _dismiss(self, worker: str, why: str) -> None:
        """Ask a worker no more."""
        if worker not in self._staff.out:
            self._staff.out[worker] = why
            self._warn(f"the worker {worker} is not used: {printable(why)}")

    def _trouble(self, worker: str, why: str) -> None:
        """Let a worker rest, and ask it no more if that helps nothing."""
        if self._staff.rests.get(worker, 0) > time.monotonic():
            return  # another order of the same moment had the same trouble
        self._staff.rests[worker] = time.monotonic() + _REST
        self._staff.troubles[worker] += 1
        _LOG.warning("the worker %s rests: %s", worker, why)
        if self._staff.troubles[worker] >= _TROUBLES:
            self._dismiss(worker, why)

    def _hand_out(self) -> None:
        """Send what waits to those that have least to do."""
        usable = self._staff.usable()
        busy = Counter(piece.worker for piece in self._sent.values())
        while self._queue and usable:
            worker = min(usable, key=lambda name: busy[name] / usable[name])
            if busy[worker] >= usable[worker] + _AHEAD or not self._send(worker):
                return
            busy[worker] += 1

    def _send(self, worker: str) -> bool:
        """Send the first piece to a worker; whether there was room for it on the way."""
        piece = self._queue[0]
        if self._stays(piece):
            return True
        piece.with_files = self._with_files
        piece.bytes = weight(piece.order) if piece.with_files else 0
        if piece.bytes and sum(each.bytes for each in self._sent.values()) + piece.bytes > _IN_ALL:
            return False
        self._queue.popleft()
        try:
            data = packed(piece.order, with_files=piece.with_files)
        except (OSError, ValueError):  # whoever reads it here says why
            self._read_here(piece)
            return True
        piece.worker = worker
        piece.latest = time.monotonic() + 2 * self._how.page_timeout * (1 + _AHEAD) * (1 + len(piece.task.pages or ()))
        self._sent[self._carrier.send(worker, data)] = piece
        return True

    def _stays(self, piece: _Piece) -> bool:
        """Read the first piece here if it has to be: its files are too large to be sent, or its pages were read before
        and only take in other text now."""
        is_large = self._with_files and weight(piece.order) > LARGEST
        if is_large or self._prepared(piece.task).kept:
            self._queue.popleft()
            self._read_here(piece)
            return True
        return False

    def _check_staff(self) -> None:
        """Raise ``UnavailableError`` if there is something to read, and nobody who will."""
        staff, now = self._staff, time.monotonic()
        is_idle = not (self._queue or self._sent)
        if is_idle or staff.there.keys() - staff.out.keys() or (self._carrier.is_coming() and not staff.there):
            staff.seen_at = now
        elif staff.there:
            told = "; ".join(f"{name}: {printable(staff.out[name])}" for name in sorted(staff.there)[:_TOLD])
            raise UnavailableError(
                _("no worker of %(name)s can read. %(told)s", name=self._carrier.name, told=told), what_is_kept()
            )
        elif now - staff.seen_at > _NOBODY:
            raise UnavailableError(
                _(
                    "%(name)s has had no worker for %(nobody)s s",
                    name=self._carrier.name,
                    nobody=format(_NOBODY, ".0f"),
                ),
                _("Start some. %(hint)s", hint=what_is_kept()),
            )


def _check(bundle: Bundle, piece: _Piece) -> None:
    """Raise ``UsageError`` for a bundle that does not answer the order."""
    head, file = bundle.head, piece.task.file
    if (head.sha256, head.recipe) != (file.sha256, piece.order.how.recipe):
        raise UsageError(_("a bundle of another content, or read otherwise"))
    if not {*head.pages, *head.failed} <= set(piece.task.pages or ()):
        raise UsageError(_("a bundle of other pages"))
