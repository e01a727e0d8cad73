"""Tells those who look at a page when somebody changes it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from indexer.catalog import Catalog
from indexer.web.pages import Number, Served
from indexer.web.streams import GLANCE, streamed, told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from indexer.web.service import ServedArchive

router = APIRouter(include_in_schema=False)
_Place = tuple[int, int]
"""A document and the number of a page."""


class Revisions:
    """The revisions of pages that somebody looks at. However many look, one thread looks all of them up at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._watched: Counter[_Place] = Counter()
        self._known: dict[_Place, int] = {}
        self._until = 0.0
        self._looking = asyncio.Lock()

    @contextmanager
    def watched(self, place: _Place) -> Iterator[None]:
        """Look after a page."""
        self._watched[place] += 1
        self._until = 0.0
        try:
            yield
        finally:
            self._watched[place] -= 1
            if not self._watched[place]:
                del self._watched[place]

    async def of(self, place: _Place) -> int | None:
        """The revision of a page that is looked after; ``None`` if it is gone."""
        async with self._looking:
            if time.monotonic() > self._until:
                self._known = await run_in_threadpool(self._looked_up, list(self._watched))
                self._until = time.monotonic() + GLANCE / 2
        return self._known.get(place)

    def _looked_up(self, places: list[_Place]) -> dict[_Place, int]:
        with Catalog(self._folder) as catalog:
            return catalog.revisions(places)


@router.get("/documents/{document}/{number}/changes")
async def changes(request: Request, served: Served, document: Number, number: Number) -> StreamingResponse:
    """Send the revision of a page, now and whenever it changes, until the page is gone."""
    place, revisions = (document, number), _revisions(request)
    now = await run_in_threadpool(_revision, served, place)

    async def look() -> dict[str, int]:
        nonlocal now
        if await revisions.of(place) != now:
            now = await run_in_threadpool(_revision, served, place)  # they may not see the page any more
        return {"revision": now}

    async def news() -> AsyncIterator[str]:
        with revisions.watched(place):
            async for each in told(request, look):
                yield each

    return streamed(news())


def _revisions(request: Request) -> Revisions:
    found: Revisions = request.app.state.revisions
    return found


def _revision(served: ServedArchive, place: _Place) -> int:
    """The revision of a page as far as the visitor sees it. Raises ``MissingError`` if they do not."""
    with served.catalog() as catalog:
        return catalog.document_page(*place).revision
