"""Worker processes under supervision: tasks in, messages out; dead and hanging workers are replaced."""

from __future__ import annotations

import signal
import time
from collections import deque
from dataclasses import dataclass, field, replace
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Protocol, TypeAlias

from indexer.recognition.messages import Began, Failed, Finished, Message, Read, Setup, Task
from indexer.recognition.worker import work
from indexer.system.children import OPENING, Child, begin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from indexer.recognition.run_plan import RunPlan

_GLANCE = 0.2
"""Seconds between looks at the clock and at the wish to stop."""

_PATIENCE = 5.0
"""Seconds for an idle worker to close its engines."""


@dataclass(slots=True)
class _Worker:
    child: Child
    task: Task | None = None
    began: Began | None = None
    done: set[int] = field(default_factory=set)
    deadline: float = 0.0
    worked: float = 0.0


class Readers(Protocol):
    """Whoever does tasks for a run: worker processes here, or what stands for them. A context manager."""

    def __enter__(self) -> Readers: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    def backlog(self) -> int:
        """Tasks that nobody has begun yet."""

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Queue a task, in front of all others if ``first``."""

    def messages(self, stopping: Callable[[], bool]) -> Iterator[tuple[Task, Message] | None]:
        """What is said of the tasks until all are done, as ``Pool.messages``."""


MakeReaders: TypeAlias = "Callable[[Setup, RunPlan, Callable[[Task], Task]], Readers]"
"""What makes the readers of a run; the last is called with each task before it is begun."""


def local_pool(setup: Setup, run_plan: RunPlan, prepared: Callable[[Task], Task] = lambda task: task) -> Pool:
    """The worker processes of a run on this machine."""
    return Pool(setup, run_plan.workers, run_plan.page_timeout, prepared)


class Pool:
    """``size`` worker processes; a page that takes longer than ``page_timeout`` seconds is given up.

    A task is ``prepared`` when a worker takes it: what it needs is not kept for all tasks that wait.

    A context manager: at its end idle workers close what they have open, and the others are ended at once.
    """

    def __init__(
        self, setup: Setup, size: int, page_timeout: float, prepared: Callable[[Task], Task] = lambda task: task
    ) -> None:
        self._setup = setup
        self._prepared = prepared
        self._size = size
        self._timeout = page_timeout
        self._queue: deque[Task] = deque()
        self._workers: list[_Worker] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        idle = [worker for worker in self._workers if worker.task is None]
        for worker in idle:
            worker.child.connection.close()
        for worker in idle:
            worker.child.join(_PATIENCE)
        for worker in self._workers:
            _end(worker)

    @property
    def backlog(self) -> int:
        """Tasks that no worker has taken yet."""
        return len(self._queue)

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Queue a task, in front of all others if ``first``."""
        if first:
            self._queue.appendleft(task)
        else:
            self._queue.append(task)

    def messages(self, stopping: Callable[[], bool]) -> Iterator[tuple[Task, Message] | None]:
        """The messages of the workers until every task is done; ``None`` now and then while none comes.

        Once ``stopping()`` is true no task is begun, and each worker stops after the page in hand.
        """
        told = False
        while True:
            if stopping():
                self._queue.clear()
                if not told:
                    told = True
                    for worker in self._workers:
                        _tell_to_stop(worker)
            else:
                self._hand_out()
            busy = [worker for worker in self._workers if worker.task is not None]
            if not busy:
                yield None
                if not self._queue:
                    return
                continue
            ready = wait([worker.child.connection for worker in busy], _GLANCE)
            for worker in busy:
                yield from self._listen(worker, worker.child.connection in ready)
            yield None

    def _hand_out(self) -> None:
        while self._queue:
            worker = next((w for w in self._workers if w.task is None), None)
            if worker is None and len(self._workers) < self._size:
                worker = self._start()
            if worker is None:
                return
            task = self._prepared(self._queue.popleft())
            worker.task, worker.began, worker.done = task, None, set()
            worker.deadline = time.monotonic() + self._timeout
            try:
                worker.child.connection.send(task)
            except OSError:
                continue  # it died while idle, which is noticed at the next look, with this task in its hands

    def _start(self) -> _Worker:
        worker = _Worker(begin(work, self._setup))
        self._workers.append(worker)
        return worker

    def _listen(self, worker: _Worker, ready: bool) -> Iterator[tuple[Task, Message]]:
        task = worker.task
        if task is None:
            return
        if not ready:
            yield from self._waited(worker)
            return
        try:
            message: Message = worker.child.connection.recv()
        except (EOFError, OSError):
            worker.child.join(5)
            yield from self._bury(worker, "crashed", f"crashed ({_cause(worker.child.exitcode)})")
            return
        worker.deadline = time.monotonic() + self._timeout
        if isinstance(message, Began):
            worker.began, worker.worked = message, worker.child.worked()
            return
        if isinstance(message, Read):
            worker.done.add(message.reading.number)
        if isinstance(message, Failed) and message.page is not None:
            worker.done.add(message.page)
        if isinstance(message, Finished):
            worker.task = None
        yield task, message

    def _waited(self, worker: _Worker) -> Iterator[tuple[Task, Message]]:
        """Give up a page that takes too long."""
        opening = self._timeout * OPENING
        if time.monotonic() > worker.deadline:
            yield from self._bury(worker, "timeout", _too_long(self._timeout, self._timeout))
        elif worker.began and not worker.began.engine and worker.child.worked() - worker.worked > opening:
            yield from self._bury(worker, "timeout", _too_long(opening, self._timeout))

    def _bury(self, worker: _Worker, kind: str, what: str) -> Iterator[tuple[Task, Message]]:
        """End a worker, report the page it had in hand as failed, and queue the rest of its task again."""
        self._workers.remove(worker)
        _end(worker)
        task = worker.task
        if task is None:
            return
        if task.pages is None:
            yield task, Failed(None, kind, f"opening the file {what}")
        else:
            left = [page for page in task.pages if page not in worker.done]
            page = worker.began.page if worker.began and worker.began.page in left else None
            who = f"the engine {worker.began.engine}" if worker.began and worker.began.engine else "opening it"
            if page is None and left:
                page = left[0]
            if page is not None:
                yield task, Failed(page, kind, f"{who} {what}")
                left.remove(page)
            if left:
                self.submit(replace(task, pages=tuple(left)), first=True)  # the rest of the task is still to be done
                return
        yield task, Finished()


def _too_long(seconds: float, timeout: float) -> str:
    return f"took longer than {seconds:g} s and was given up. If it is worth it, raise page_timeout (now {timeout:g})"


def _tell_to_stop(worker: _Worker) -> None:
    if worker.task is not None:
        try:
            worker.child.connection.send(None)
        except OSError:
            return


def _end(worker: _Worker) -> None:
    worker.child.end()


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"
