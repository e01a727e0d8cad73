"""Has pictures of pages and lines made in other processes. One of them may be slow, hang or die: the others go on.

Each process works for one source plugin. A picture that takes too long is given up with a sentence. Finished pictures
are kept for a while.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexer.system.children import OPENING, Child, begin
from indexer.system.machine import cores
from indexer.translation import _
from indexer.values.errors import NotesError, PluginError
from indexer.web.drawing import Drawn, PageKey, PictureRequest, Wanted, draw

if TYPE_CHECKING:
    from indexer.system.settings import Settings
    from indexer.values import SourceOptions

_KEPT = 64_000_000
"""Bytes of finished pictures that are kept."""
_USUAL = 4
"""The most processes for one source, not counting slow ones."""
_MOST = 12
"""The most processes in all."""
_SLOW = 3.0
"""Seconds after which a process counts as slow. Then another one may be started beside it."""
_REFUSED = 60.0
"""Seconds until a page that took too long is tried again."""
_LEAST = 0.01
"""Seconds that the watch waits at least, since a clock may be a little early."""
_log = logging.getLogger(__name__)
_Key = tuple[PageKey, Wanted]


@dataclass(slots=True, eq=False)
class _Wanted:
    """An order, its source, its future picture, and the time after which nobody wants it."""

    source: str
    request: PictureRequest
    until: float
    future: Future[bytes] = field(default_factory=Future)


@dataclass(slots=True, eq=False)
class _Worker:
    """A process and its thread: its source (``None``: none yet), the pages that it keeps decoded, the page that it is
    at and since when."""

    source: str | None
    at_hand: frozenset[PageKey] = frozenset()
    page: PageKey | None = None
    since: float = 0.0
    leaving: bool = False
    child: Child | None = None

    @property
    def slow(self) -> bool:
        return self.page is not None and time.monotonic() - self.since > _SLOW

    def end(self) -> None:
        """End the process at once."""
        if self.child is not None:
            self.child.end()


class Pictures:
    """Makes pictures. It is safe to use from many threads and never blocks them."""

    def __init__(self, settings: Settings, options: SourceOptions) -> None:
        self._folder = settings.plugin_folder
        self._timeout = settings.page_timeout
        self._options = options
        self._usual = min(_USUAL, cores())
        self._changed = threading.Condition()
        self._waiting: list[_Wanted] = []
        self._under_way: dict[_Key, _Wanted] = {}
        self._workers: list[_Worker] = []
        self._made: OrderedDict[_Key, bytes] = OrderedDict()
        self._refused: dict[PageKey, tuple[float, PluginError]] = {}
        self._closed = False
        for __ in range(self._usual):  # they are ready for the first pictures
            self._begin(None)
        threading.Thread(target=self._watch, name="pictures", daemon=True).start()

    def close(self) -> None:
        """End the processes at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            for worker in self._workers:
                worker.end()
            for wanted in list(self._under_way.values()):
                self._settle(wanted, PluginError(_("the server is ending"), kind="ended"))

    def ask(self, source: str, request: PictureRequest) -> Future[bytes]:
        """A future picture. It fails with a ``NotesError`` if the picture cannot be made, or not in time."""
        key = (request.page, request.what)
        with self._changed:
            if key in self._under_way:
                return self._under_way[key].future
            wanted = _Wanted(source, request, time.monotonic() + self._timeout)
            wanted.future.set_running_or_notify_cancel()  # one who cancels does not cancel it for the others
            until, error = self._refused.get(request.page, (0.0, None))
            if key in self._made:
                self._made.move_to_end(key)
                wanted.future.set_result(self._made[key])
            elif error is not None and time.monotonic() < until:
                wanted.future.set_exception(error)
            else:
                self._under_way[key] = wanted
                self._waiting.append(wanted)
                self._hire(source)
                self._changed.notify_all()
            return wanted.future

    def _watch(self) -> None:
        """While anything waits: start processes beside slow ones, and give up what has waited too long."""
        while True:
            with self._changed:
                self._changed.wait(self._soonest())
                if self._closed:
                    return
                for wanted in list(self._waiting):
                    if time.monotonic() > wanted.until:
                        error = PluginError(
                            _("too many pages are being opened at once"), _("Try again soon."), kind="busy"
                        )
                        self._settle(wanted, error)
                for source in {wanted.source for wanted in self._waiting}:
                    self._hire(source)

    def _soonest(self) -> float | None:
        """Seconds until something that waits is given up or a process counts as slow. ``None`` if nothing waits."""
        if not self._waiting:
            return None
        slow = [each.since + _SLOW for each in self._workers if each.page is not None and not each.slow]
        return max(_LEAST, min([*(wanted.until for wanted in self._waiting), *slow]) - time.monotonic())

    def _hire(self, source: str) -> None:
        """Start one more process for a source, if all of its processes are busy and one more is allowed."""
        if any(each.page is None and each.source in (source, None) for each in self._workers):
            return
        own = [worker for worker in self._workers if worker.source == source]
        if sum(not worker.slow for worker in own) >= self._usual:
            return
        if len(self._workers) >= _MOST:
            idle = next((each for each in self._workers if each.page is None), None)
            if idle is None:
                return
            idle.leaving = True
            self._workers.remove(idle)
        self._begin(source)

    def _begin(self, source: str | None) -> None:
        worker = _Worker(source)
        self._workers.append(worker)
        threading.Thread(target=self._work, args=(worker,), name="picture", daemon=True).start()

    def _work(self, worker: _Worker) -> None:
        """Make one picture after another, until the process dies or is not needed any more."""
        try:
            self._start(worker)
            while (wanted := self._next(worker)) is not None:
                result = self._asked(worker, wanted.request)
                with self._changed:
                    worker.page = None
                    self._settle(wanted, result)
                    if worker.leaving:
                        return
        finally:
            with self._changed:
                worker.leaving = True
                if worker in self._workers:
                    self._workers.remove(worker)
                self._changed.notify_all()
            worker.end()

    def _start(self, worker: _Worker) -> None:
        worker.child = begin(draw, self._folder, self._options)

    def _next(self, worker: _Worker) -> _Wanted | None:
        """The next order for a process. ``None`` means that it is to end."""
        with self._changed:
            while not (self._closed or worker.leaving):
                wanted = self._fitting(worker)
                if wanted is not None:
                    self._waiting.remove(wanted)
                    worker.source = wanted.source
                    worker.page, worker.since = wanted.request.page, time.monotonic()
                    self._changed.notify_all()  # the watch has one more that may become slow
                    return wanted
                self._changed.wait()
            return None

    def _fitting(self, worker: _Worker) -> _Wanted | None:
        """The best order for a process: first of pages that it keeps decoded, and of none that another one keeps."""
        others = [each for each in self._workers if each is not worker and not each.slow]
        elsewhere = {each.page for each in self._workers if each is not worker}.union(
            *(each.at_hand for each in others)
        )
        own = [each for each in self._waiting if worker.source in (each.source, None)]
        at_hand = (each for each in own if each.request.page in worker.at_hand)
        return next(at_hand, None) or next((each for each in own if each.request.page not in elsewhere), None)

    def _asked(self, worker: _Worker, request: PictureRequest) -> bytes | NotesError:
        assert worker.child is not None  # noqa: S101 - it was started
        connection = worker.child.connection
        try:
            connection.send(request)
            if worker.child.answers(self._timeout, self._timeout * OPENING):
                answer: Drawn | NotesError = connection.recv()
                if isinstance(answer, NotesError):
                    return answer
                worker.at_hand = answer.at_hand
                return answer.picture
            error = PluginError(
                _(
                    "the page cannot be shown: opening it took longer than %(timeout)s s and was given up",
                    timeout=format(self._timeout, "g"),
                ),
                _("The setting page_timeout says how long it may take."),
                kind="timeout",
            )
            self._refused[request.page] = time.monotonic() + _REFUSED, error
        except (EOFError, OSError):
            error = PluginError(_("the page cannot be shown: what opens it crashed"), kind="crashed")
        _log.warning(
            "page %d of %s: %s", request.page[1], request.files[0].path if request.files else "?", error.message
        )
        worker.leaving = True
        return error

    def _settle(self, wanted: _Wanted, result: bytes | NotesError) -> None:
        """Give the outcome of an order to those who wait. A failure also goes to those who want the same page."""
        key = (wanted.request.page, wanted.request.what)
        if self._under_way.pop(key, None) is None:
            return
        if wanted in self._waiting:
            self._waiting.remove(wanted)
        self._changed.notify_all()
        if isinstance(result, bytes):
            self._made[key] = result
            while sum(map(len, self._made.values())) > _KEPT and len(self._made) > 1:
                self._made.popitem(last=False)
            wanted.future.set_result(result)
            return
        wanted.future.set_exception(result)
        if isinstance(result, PluginError) and result.kind in ("timeout", "crashed"):
            for other in [each for each in self._waiting if each.request.page == wanted.request.page]:
                self._settle(other, result)
