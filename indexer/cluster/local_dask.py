"""A Dask scheduler and workers of our own on this machine, in processes that end with this one.

Dask's own ``LocalCluster`` starts Python so that it takes modules from the current folder, and lets every user of the
machine in. Ours takes none from there, and only who has the certificate that is made for it gets in.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import dask
from distributed import Scheduler, Security, Worker

from indexer.cluster.over_dask import OverDask, connected, quiet
from indexer.system.children import begin
from indexer.translation import _
from indexer.values.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

_BEGINNING = 60.0
"""Seconds for the scheduler to begin."""
_HOST = "127.0.0.1"
_CONFIG: dict[str, Any] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
"""Nothing is told by HTTP: it would be told to everybody on the machine."""


@contextmanager
def here(workers: int) -> Iterator[OverDask]:
    """A way to so many workers on this machine, which end with the block."""
    security = Security.temporary()
    keys = {name: getattr(security, name) for name in Security.__slots__ if getattr(security, name, None) is not None}
    with ExitStack() as stack:
        scheduler = begin(serve_scheduler, keys)
        stack.callback(scheduler.end)
        if not scheduler.connection.poll(_BEGINNING):
            raise UnavailableError(_("the scheduler on this machine does not begin"), _("See notes doctor."))
        address = str(scheduler.connection.recv())
        for __ in range(workers):
            stack.callback(begin(serve_worker, keys, address).end)
        yield stack.enter_context(connected(address, security))


def serve_scheduler(connection: Connection, keys: dict[str, Any]) -> None:
    """A scheduler, until the other end is closed; its address is sent first."""

    async def serve() -> None:
        options: dict[str, Any] = {"protocol": "tls", "host": _HOST, "port": 0, "dashboard_address": f"{_HOST}:0"}
        async with Scheduler(security=Security(**keys), **options) as ours:
            connection.send(ours.address)
            await _closed(connection)

    quiet()
    with dask.config.set(_CONFIG):
        asyncio.run(serve())


def serve_worker(connection: Connection, keys: dict[str, Any], address: str) -> None:
    """A worker, until the other end is closed."""

    async def serve() -> None:
        security = Security(**keys)
        options: dict[str, Any] = {"nthreads": 1, "memory_limit": 0, "dashboard_address": f"{_HOST}:0"}
        async with Worker(address, host=_HOST, security=security, **options):
            await _closed(connection)

    quiet()
    with dask.config.set(_CONFIG):
        asyncio.run(serve())


async def _closed(connection: Connection) -> None:
    with suppress(EOFError, OSError):
        await asyncio.get_running_loop().run_in_executor(None, connection.recv)
