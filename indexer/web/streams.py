"""Answers that do not end: news is sent (server-sent events), as long as who asked may hear it and the server runs."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from fastapi.responses import StreamingResponse

from indexer.values.errors import NotesError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from fastapi import Request

    from indexer.web.doors import Door
    from indexer.web.running import Ending

GLANCE = 0.5
"""Seconds between looks for news: other processes write, too, and SQLite tells nobody of what they write."""
_STILL = 15.0
"""Seconds without news after which it is asked again who listens, and something is sent: a server in front of this one
ends a connection on which nothing comes."""


def streamed(news: AsyncIterator[str]) -> StreamingResponse:
    """An answer that sends ``news``, which no server in front of this one keeps back."""
    return StreamingResponse(news, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def told(request: Request, look: Callable[[], Awaitable[object]]) -> AsyncIterator[str]:
    """What ``look`` gives, now and whenever it is something else, as JSON.

    It ends with the server, when ``look`` raises a ``NotesError``, and when who asked is signed out or has other rights
    than before. Their browser asks again then, and gets what it may have.
    """
    ending: Ending = request.app.state.ending
    last, asked = None, time.monotonic()
    while not ending.asked.is_set():
        try:
            now = json.dumps(await look())
            if now != last or time.monotonic() > asked + _STILL:
                if last is not None and not await _is_as_before(request):
                    return
                asked = time.monotonic()
                yield f"data: {now}\n\n" if now != last else ": nothing new\n\n"
        except NotesError:
            return
        last = now
        await asyncio.sleep(GLANCE)


async def _is_as_before(request: Request) -> bool:
    door: Door = request.app.state.door
    return bool(await door.visitor(request.scope) == request.state.visitor)
