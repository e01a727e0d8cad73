"""The review by words: a wall of crops of one word, to tick what is wrong and accept the rest, and the same for
programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from indexer.archive.word_walls import Sighting, Wall, WallAsked, recurring, said_of
from indexer.catalog import DocumentPage, WordBatch
from indexer.text.folding import search_words
from indexer.values import Box, Reach
from indexer.values.errors import UsageError
from indexer.web.answers import Answer, Boxed
from indexer.web.api import PROBLEMS
from indexer.web.pages import Number, Served, page
from indexer.web.service import ServedArchive
from indexer.web.views import explained, line_address, place_address

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
api = APIRouter(responses=PROBLEMS)
ON_WALL = 60
"""Places on a wall."""
_WORDS = 40
"""Recurring words that are offered."""
_MOST = 100
"""Words of a list."""
_BATCHES = 20
"""The newest batches that are listed."""
_MARGIN = 0.35
"""What is shown around a word, by its height."""
_KEY = r"^[0-9]{1,16}:[0-9]{1,7}(,[0-9]{1,7}){3}:[0-9]{1,16}-[0-9a-f]{12}$"
Key = Annotated[str, Field(pattern=_KEY)]
Keys = Annotated[list[Key] | None, Form(max_length=ON_WALL)]
AWord = Annotated[str, Query(min_length=1, max_length=100)]


@dataclass(frozen=True, slots=True)
class WallRequest:
    """A wall as the address names it: what is asked for, and the list of words that it is one of."""

    asked: WallAsked
    words: tuple[str, ...]

    def address(self, **changed: str) -> str:
        """The address of this wall with some values changed."""
        own = {"word": self.asked.word, "q": self.asked.query, "in": self.asked.glob, "read": self.asked.reading}
        own |= {"reach": self.asked.reach if self.asked.reach != "normal" else "", "words": "\n".join(self.words)}
        return "/review/word?" + urlencode({name: value for name, value in {**own, **changed}.items() if value})

    @property
    def list_address(self) -> str:
        """The address of the list of words that it is one of."""
        own = {"in": self.asked.glob, "words": "\n".join(self.words)}
        return "/review/words?" + urlencode({name: value for name, value in own.items() if value})

    @property
    def after(self) -> str:
        """The word of the list that follows; empty behind the last one."""
        at = self.words.index(self.asked.word) + 1 if self.asked.word in self.words else len(self.words)
        return self.words[at] if at < len(self.words) else ""


def listed(words: str) -> tuple[str, ...]:
    """The words of a list, one a line, each once; what is not one word is left out."""
    each = (" ".join(line.split()) for line in words.splitlines())
    return tuple(dict.fromkeys(word for word in each if len(search_words(word)) == 1))[:_MOST]


Words = Annotated[str, Query(max_length=5_000)]
Glob = Annotated[str, Query(alias="in", max_length=1_000)]


def wall_request(
    word: AWord,
    q: Annotated[str, Query(max_length=1_000)] = "",
    glob: Glob = "",
    read: Annotated[str, Query(max_length=200)] = "",
    reach: Annotated[Reach, Query()] = "normal",
    words: Words = "",
) -> WallRequest:
    """The wall that an address asks for."""
    return WallRequest(WallAsked(" ".join(word.split()), " ".join(q.split()), glob, read, reach), listed(words))


Asked = Annotated[WallRequest, Depends(wall_request)]


@router.get("/review/words")
def words(request: Request, served: Served, glob: Glob = "", words: Words = "") -> Response:
    """The words of a list, or those that recur in lines that wait, each with the way to its wall; and the batches."""
    with served.catalog() as catalog:
        batches = catalog.word_batches(_BATCHES)
        offered = [] if words.strip() else recurring(catalog, glob, _WORDS)
    kept = listed(words)
    passed = sum(bool(line.strip()) for line in words.splitlines()) - len(kept)
    chosen = [(each, 0) for each in kept] or offered
    among = kept or tuple(each for each, _ in offered)
    return page(
        *(request, "words.html"),
        glob=glob,
        words=words,
        rows=[(each, n, WallRequest(WallAsked(each, glob=glob), among).address()) for each, n in chosen],
        done={each.word: each for each in reversed(batches)},
        passed=passed,
        batches=batches,
    )


@router.get("/review/word")
def word(request: Request, served: Served, asked: Asked) -> Response:
    """The wall of a word."""
    return _wall(request, served, asked)


def _wall(request: Request, served: ServedArchive, asked: WallRequest, notice: str = "") -> Response:
    try:
        found = served.wall(asked.asked, ON_WALL)
    except UsageError as error:
        found, notice = Wall(asked.asked.word, (), 0, ()), explained(error)
    with served.catalog() as catalog:
        pages = catalog.pages_with([each.line for each in found.sightings])
    rows = [(each, pages[each.line.id]) for each in found.sightings if each.line.id in pages]
    return page(
        *(request, "wall.html"),
        asked=asked,
        wall=found,
        rows=[
            {
                "key": each.key,
                "ink": place_address(where, _with_margin(each.box, where)),
                "page": where,
                "address": line_address(where, each.line.id, found.word),
                "read": each.text,
                "percent": round(100 * each.relevance),
            }
            for each, where in rows
        ],
        notice=notice,
    )


def _with_margin(box: Box, page: DocumentPage) -> Box:
    """A box with a little of what is around it."""
    more = round(_MARGIN * box.height)
    left, top = max(0, box.x - more), max(0, box.y - more)
    right, bottom = min(page.width, box.x + box.width + more), min(page.height, box.y + box.height + more)
    return Box(left, top, max(1, right - left), max(1, bottom - top))


@router.post("/review/word")
def accept(request: Request, served: Served, asked: Asked, shown: Keys = None, wrong: Keys = None) -> Response:
    """Keep that the word stands in the places that were shown, but those that are wrong."""
    found = served.wall(asked.asked, None)
    said = said_of(found, frozenset(shown or ()), frozenset(wrong or ()))
    try:
        kept = served.say_words(found.word, said)
    except UsageError as error:
        answer = _wall(request, served, asked, explained(error))
        answer.status_code = 409
        return answer
    left = len(shown or ()) - kept.kept
    onward = {"left": str(left) if left else "", "word": asked.after, "in": asked.asked.glob}
    onward["words"] = "\n".join(asked.words)
    onward["again"] = asked.asked.word if found.total > kept.kept else ""
    told = urlencode({name: value for name, value in onward.items() if value})
    return RedirectResponse(f"/review/batches/{kept.batch}{'?' if told else ''}{told}", 303)


@router.get("/review/batches/{batch}")
def batch(
    request: Request,
    served: Served,
    batch: Number,
    word: Annotated[str, Query(max_length=100)] = "",
    glob: Glob = "",
    words: Words = "",
    again: Annotated[str, Query(max_length=100)] = "",
    left: Annotated[int, Query(ge=0, le=ON_WALL)] = 0,
) -> Response:
    """What a batch brought, and the way on: the rest of its places, or the next word of the list."""
    with served.catalog() as catalog:
        found = catalog.word_batch(batch)
    onward = WallRequest(WallAsked(word, glob=glob), listed(words))
    return page(
        *(request, "batch.html"),
        batch=found,
        left=left,
        after=word,
        onward=onward,
        again=again and onward.address(word=again),
    )


@router.post("/review/batches/{batch}/undo")
def undo(served: Served, batch: Number) -> Response:
    """Take a batch back, and show its word again."""
    found = served.undo_words(batch)
    return RedirectResponse(f"/review/word?{urlencode({'word': found.word})}", 303)


class PlaceItem(Answer):
    """A place in which a word may stand: its box on the page, what was ``read`` there, and the probability that it
    stands there. ``key`` names the place and the state of its line."""

    key: str
    line: int
    document: int
    page: int
    box: Boxed
    read: str
    text: str
    relevance: float


class WallAnswer(Answer):
    """The places of a word that nobody settled, the most probable first: at most 60 of ``total``."""

    word: str
    total: int
    places: list[PlaceItem]


class Settled(Answer):
    """The places that were looked at, by their keys, and those of them in which the word does not stand."""

    shown: list[Key] = Field(min_length=1, max_length=ON_WALL)
    wrong: list[Key] = Field(default_factory=list, max_length=ON_WALL)


class BatchAnswer(Answer):
    """Places that were settled at once: the word stands in ``right`` of them, not in ``wrong``; it was ``expected`` in
    so many. So many words of their lines are probably wrong, before and after. ``left`` have changed and are as they
    were."""

    batch: int
    word: str
    right: int
    wrong: int
    expected: float
    words_wrong_before: float
    words_wrong_after: float
    lines_accepted: int
    left: int


@api.get("/words")
def places_of_a_word(served: Served, asked: Asked) -> WallAnswer:
    """The places in which a word may stand and of which nobody said whether it does."""
    found = served.wall(asked.asked, ON_WALL)
    with served.catalog() as catalog:
        pages = catalog.pages_with([each.line for each in found.sightings])
    places = [_place(each, pages[each.line.id]) for each in found.sightings if each.line.id in pages]
    return WallAnswer(word=found.word, total=found.total, places=places)


@api.put("/words")
def settle_a_word(served: Served, asked: Asked, settled: Settled) -> BatchAnswer:
    """Say that a word stands in the places that were shown, but those that are wrong. The rest of their lines stays."""
    found = served.wall(asked.asked, None)
    kept = served.say_words(found.word, said_of(found, frozenset(settled.shown), frozenset(settled.wrong)))
    with served.catalog() as catalog:
        return _answer(catalog.word_batch(kept.batch), len(set(settled.shown)) - kept.kept)


@api.delete("/words/batches/{batch}")
def take_a_batch_back(served: Served, batch: Number) -> BatchAnswer:
    """Take all of it back."""
    return _answer(served.undo_words(batch), 0)


def _place(sighting: Sighting, where: DocumentPage) -> PlaceItem:
    return PlaceItem(
        key=sighting.key,
        line=sighting.line.id,
        document=where.document,
        page=where.number,
        box=sighting.box.xywh,
        read=sighting.text,
        text=sighting.line.text,
        relevance=round(sighting.relevance, 6),
    )


def _answer(batch: WordBatch, left: int) -> BatchAnswer:
    return BatchAnswer(
        batch=batch.batch,
        word=batch.word,
        right=batch.right,
        wrong=batch.wrong,
        expected=round(batch.expected, 3),
        words_wrong_before=round(batch.wrong_before, 3),
        words_wrong_after=round(batch.wrong_after, 3),
        lines_accepted=batch.accepted,
        left=left,
    )
