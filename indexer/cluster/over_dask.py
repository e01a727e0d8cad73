"""Carries orders over Dask: each goes to one worker that is told, and the bytes of its answer come back.

Dask itself would choose the workers. It cannot know that one reads otherwise, is silent, or has a full disk.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import warnings
from concurrent.futures import Future as Job
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import dask
from distributed import Client, Security

from indexer.cluster import hand
from indexer.cluster.carrier import what_is_kept
from indexer.cluster.order import Refusal, refused
from indexer.translation import _
from indexer.values.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SILENT = 30.0
"""Seconds without a heartbeat after which a worker counts as gone. Each beats every few seconds."""
_CONNECT = 10.0
"""Seconds to find the scheduler, and to find it again when the connection was lost."""
_PATIENCE = 60.0
"""Seconds to wait for an answer that is there, and for a scheduler that says nothing."""
_LOOK, _GLANCE = 1.0, 0.2
"""Seconds between looks at the workers, and while there is none."""
_FETCHERS = 4
"""Answers that are fetched at the same time."""
_PLAIN = ["dask", "msgpack"]
"""How answers may be written: as bytes. What would run code to be read is refused."""
_LOG = logging.getLogger(__name__)
_CONFIG = {
    "distributed.admin.large-graph-warning-threshold": "1GB",  # an order may hold files, and says how much
    "distributed.diagnostics.computations.nframes": 0,  # nobody needs our source text
}


@contextmanager
def connected(address: str, security: Security | None = None) -> Iterator[OverDask]:
    """A way to the workers of a scheduler. Raises ``UnavailableError`` if no scheduler is there."""
    quiet()
    options: dict[str, Any] = {} if security is None else {"security": security}
    with dask.config.set(_CONFIG):
        try:
            with warnings.catch_warnings():  # other versions of libraries do no harm: only bytes come and go
                warnings.simplefilter("ignore")
                client = Client(address, timeout=_CONNECT, set_as_default=False, deserializers=_PLAIN, **options)
        except ValueError as error:
            raise UsageError(
                _("%(address)s is no address of a scheduler", address=address), _("It looks like tcp://host:8786.")
            ) from error
        except Exception as error:
            raise UnavailableError(
                _("no Dask scheduler answers at %(address)s (%(name)s)", address=address, name=type(error).__name__),
                _("Start it there with dask scheduler, or name its address."),
            ) from error
        try:
            for topic in ("print", "warn"):  # what others print must not get into the data of the command
                client.unsubscribe_topic(topic)
            carrier = OverDask(client, address)
            yield carrier
            carrier.close()
        finally:
            with suppress(Exception):  # it may be gone by now
                client.close(timeout=_LOOK)


def quiet() -> None:
    """Dask logs to the terminal: what matters of it is said by us."""
    logger = logging.getLogger("distributed")
    logger.handlers[:] = [logging.NullHandler()]
    logger.propagate = False


class OverDask:
    """The workers of one Dask scheduler (``carrier.Carrier``)."""

    def __init__(self, client: Client, address: str) -> None:
        self._client, self._address = client, address
        self._numbers = count(1)
        self._sent: dict[int, Any] = {}
        self._fetched: queue.SimpleQueue[tuple[int, bytes | None]] = queue.SimpleQueue()
        self._news = threading.Event()
        self._threads = ThreadPoolExecutor(_FETCHERS + 1, "notes-cluster")
        self._fetching: set[int] = set()
        self._looking: Job[Mapping[str, Any]] | None = None
        self._looked = self._seen = time.monotonic()
        self._beats: dict[str, tuple[object, float]] = {}
        self._workers: dict[str, int] = {}

    @property
    def name(self) -> str:
        """How people call it."""
        return f"the scheduler {self._address}"

    def close(self) -> None:
        """Want no answer any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def workers(self) -> Mapping[str, int]:
        """The workers whose heart beats, and how many threads each has."""
        now = time.monotonic()
        if self._client.status in ("closed", "closing") or now - self._seen > _PATIENCE:
            raise UnavailableError(_("%(name)s is gone", name=self.name), what_is_kept())
        if self._looking is not None and self._looking.done():
            self._take(self._looking)
            self._looking = None
        if self._looking is None and now - self._looked > (_LOOK if self._workers else _GLANCE):
            self._looked, self._looking = now, self._threads.submit(self._identity)
            self._looking.add_done_callback(lambda _: self._news.set())
        if self._client.status != "running":
            return {}
        return {each: most for each, most in self._workers.items() if now - self._beats[each][1] < _SILENT}

    def is_coming(self) -> bool:
        """Whether workers were asked for that may still come: nobody here knows."""
        return False

    def send(self, worker: str, order: bytes) -> int:
        """Send an order to a worker."""
        number = next(self._numbers)
        future = self._client.submit(
            hand.perform, order, workers=[worker], allow_other_workers=False, pure=False, retries=0
        )
        self._sent[number] = future
        future.add_done_callback(lambda _: self._news.set())
        return number

    def answers(self) -> list[tuple[int, bytes | None]]:
        """What was answered since the last call."""
        for number, future in self._sent.items():
            if future.status != "pending" and number not in self._fetching:
                self._fetching.add(number)
                self._threads.submit(self._fetch, number, future)
        found = []
        while not self._fetched.empty():
            number, answer = self._fetched.get()
            self._fetching.discard(number)
            future = self._sent.pop(number, None)
            if future is not None:
                future.release()
                found.append((number, answer))
        return found

    def drop(self, number: int) -> None:
        """Forget an order."""
        future = self._sent.pop(number, None)
        if future is not None:
            with suppress(Exception):  # the scheduler may be gone: then it is forgotten anyway
                self._threads.submit(future.cancel)

    def wait(self, seconds: float) -> None:
        """Wait for news, at most so long."""
        self._news.wait(seconds)
        self._news.clear()

    def _fetch(self, number: int, future: Any) -> None:
        answer = None
        if future.status == "finished":
            with suppress(Exception):  # whatever comes in its place is no answer
                answer = _bytes(future.result(timeout=_PATIENCE))
        elif future.status == "error":  # perform raises nothing: it was not even there
            said = 'there is no notes, or one without clusters. In its checkout: pip install ".[cluster]"'
            answer = refused(Refusal("otherwise", said))
        self._fetched.put((number, answer))
        self._news.set()

    def _identity(self) -> Mapping[str, Any]:
        found = self._client.sync(self._client.scheduler.identity, n_workers=-1, callback_timeout=_PATIENCE)
        return dict(found["workers"])

    def _take(self, look: Job[Mapping[str, Any]]) -> None:
        """Take over what a look at the workers found."""
        try:
            found = look.result()
            now = self._seen = time.monotonic()
            beats = {str(each): told["last_seen"] for each, told in found.items()}
            self._workers = {str(each): max(1, int(told["nthreads"])) for each, told in found.items()}
        except Exception as error:  # noqa: BLE001 - silence, or what no scheduler of Dask says: the patience ends
            _LOG.info("%s does not say who is there: %s", self.name, error)
            return
        same = {each: beat for each, beat in self._beats.items() if beats.get(each) == beat[0]}
        self._beats = {each: same.get(each, (beat, now)) for each, beat in beats.items()}


def _bytes(answer: object) -> bytes | None:
    return answer if isinstance(answer, bytes) else None
