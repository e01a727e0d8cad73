"""Builds the application: the pages, the API, and the guard in front of both."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from indexer.archive.watching import Followed
from indexer.catalog.damage import blame
from indexer.system.lacking import lack
from indexer.translation import _, again, speaking
from indexer.values.errors import (
    ConflictError,
    DoubtError,
    IndexFolderError,
    LackError,
    MissingError,
    NotesError,
    PluginError,
    UnavailableError,
    UsageError,
)
from indexer.values.person import may
from indexer.web import (
    api,
    describing,
    documents,
    drawn_lines,
    elsewhere,
    exports,
    forgetting,
    iiif,
    image_api,
    ordering,
    orphan_pages,
    pages,
    review,
    saved,
    signing_in,
    spoken,
    together,
    training,
    words,
    writing,
)
from indexer.web.adding import Shelf
from indexer.web.following import Following
from indexer.web.rights import allowed
from indexer.web.running import Ending
from indexer.web.security import PROGRAMS, Guard
from indexer.web.service import ServedArchive
from indexer.web.training_runs import TrainingInBackground
from indexer.web.views import at_page, explained, kind_of, sentence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.types import Lifespan

    from indexer.api.registry import Registry
    from indexer.system.settings import Settings
    from indexer.web.doors import Door
    from indexer.web.oidc import Provider

_HERE = Path(__file__).parent
_LATER = "5"
"""Seconds after which a client may ask again when the index cannot be used now."""


def create_app(
    settings: Settings,
    registry: Registry,
    names: frozenset[str],
    door: Door,
    viewers: frozenset[str],
    *,
    watched: Sequence[Path] = (),
    poll: bool = False,
    provider: Provider | None = None,
) -> FastAPI:
    """The application that serves an archive, to requests that ask for one of its names. The door says who is let in.

    ``viewers`` are origins of IIIF viewers that may show the documents. What comes into ``watched`` folders is read.
    People may sign in with a ``provider``.
    """
    followed = Followed(tuple(watched), registry, settings.index)

    app = FastAPI(
        title="notes",
        description="Full-text search for an archive of handwritten pages, on this machine.",
        version="1",
        lifespan=_while_open(settings, registry, followed, poll=poll),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        dependencies=[Depends(allowed)],
    )
    app.state.ending = Ending()
    app.state.door = door
    app.state.elsewhere = None if provider is None else elsewhere.Elsewhere(provider)
    app.state.revisions = together.Revisions(settings.index)
    app.state.templates = _templates()
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    app.include_router(signing_in.router)
    app.include_router(spoken.router)
    app.include_router(elsewhere.router)
    app.include_router(forgetting.router)
    app.include_router(describing.router)
    app.include_router(documents.router)
    app.include_router(writing.router)
    app.include_router(drawn_lines.router)
    app.include_router(ordering.router)
    app.include_router(together.router)
    app.include_router(training.router)
    app.include_router(saved.router)
    app.include_router(pages.router)
    app.include_router(orphan_pages.router)
    app.include_router(words.router)
    app.include_router(review.router)
    app.include_router(exports.router)
    app.include_router(api.router, prefix="/api/v1")
    app.include_router(exports.api, prefix="/api/v1")
    app.include_router(words.api, prefix="/api/v1")
    app.include_router(drawn_lines.api, prefix="/api/v1")
    app.include_router(ordering.api, prefix="/api/v1")
    app.include_router(iiif.router, prefix="/iiif")
    app.include_router(image_api.router, prefix="/iiif")
    app.add_exception_handler(NotesError, _explained)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Guard, names=names, door=door, viewers=viewers)
    app.add_middleware(spoken.Spoken)
    return app


def _templates() -> Jinja2Templates:
    made = Jinja2Templates(_HERE / "templates")
    made.env.globals.update(may=may, at_page=at_page, kind_of=kind_of, sentence=sentence, explained=explained)
    spoken.teach(made.env)
    return made


def _while_open(settings: Settings, registry: Registry, followed: Followed, *, poll: bool) -> Lifespan[FastAPI]:
    """Opens the archive and the shelf of added documents when the application starts, and closes them at its end."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with (
            closing(ServedArchive(settings, registry, app.state.ending)) as app.state.archive,
            closing(Shelf(settings, registry, app.state.ending)) as app.state.shelf,
            closing(TrainingInBackground(settings.index, app.state.ending)) as app.state.training,
        ):
            Following(followed, app.state.shelf.read_again, app.state.ending, poll=poll)
            yield

    return lifespan


def _status(error: NotesError) -> int:
    if isinstance(error, (ConflictError, DoubtError)):
        return 409
    if isinstance(error, UsageError):
        return 404 if isinstance(error, MissingError) else 400
    if isinstance(error, (IndexFolderError, LackError)):
        return 503
    return 422 if isinstance(error, (PluginError, UnavailableError)) else 500


async def _explained(request: Request, error: Exception) -> Response:
    """What went wrong and what to do: JSON for programs, a page for people."""
    assert isinstance(error, NotesError)  # noqa: S101 - it is registered for these alone
    return _answer(
        request, _status(error), sentence(error.message), again(error.hint), doubted=isinstance(error, DoubtError)
    )


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    return _answer(
        request, error.status_code, _("There is no such page.") if error.status_code == 404 else again(error.detail), ""
    )


async def _malformed(request: Request, error: Exception) -> Response:
    """Programs learn what is wrong with each parameter, people which parameter is wrong."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    if request.url.path.startswith(PROGRAMS):
        wrong = [{part: each[part] for part in ("type", "loc", "msg")} for each in error.errors()]
        answer = json.dumps({"detail": wrong})  # what was sent may hold lone surrogates, which UTF-8 cannot encode
        return Response(answer, 422, media_type="application/json")
    names = ", ".join(sorted({str(each["loc"][-1]) for each in error.errors()}))
    message = _("This address or form makes no sense: %(names)s.", names=names)
    return _answer(request, 422, message, _("Go back and try again."))


async def _failed(request: Request, error: Exception) -> Response:
    """Say what the machine lacks, that the catalogue is damaged, or that this is a bug of ours. The traceback is only
    in the log."""
    lacking = lack(error)
    if lacking is not None:
        return await _explained(request, lacking)
    try:
        await run_in_threadpool(blame, request.app.state.archive.settings.index, error)
    except NotesError as damage:
        return await _explained(request, damage)
    with speaking(spoken.language_of(request)):  # what nobody foresaw is answered outside of everything else
        return _answer(
            request, 500, _("Something went wrong here."), _("What was read and said is kept. Please report it.")
        )


def _answer(request: Request, status: int, message: str, hint: str, *, doubted: bool = False) -> Response:
    headers = {"retry-after": _LATER} if status == 503 else None
    message, hint = (text.encode("utf-8", "backslashreplace").decode() for text in (message, hint))  # names of files
    if request.url.path.startswith(PROGRAMS):
        asks = {"doubted": True} if doubted else {}
        return JSONResponse({"detail": message, "hint": hint, **asks}, status, headers)
    templates: Jinja2Templates = request.app.state.templates
    context = {"message": message, "hint": hint, "query": ""}
    return templates.TemplateResponse(request, "error.html", context, status, headers)
