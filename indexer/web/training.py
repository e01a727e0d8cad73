"""The page of what works in the background: what is read, and models that are trained, followed and taken into use."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from indexer.archive.made_models import figures_in_words, made_models
from indexer.web.pages import Adding, Number, Served, page
from indexer.web.streams import streamed, told
from indexer.web.training_runs import TrainingInBackground

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$"
"""What a model may be called here; the command line takes more."""
ModelName = Annotated[str, Form(pattern=NAME)]


def _trainings(request: Request) -> TrainingInBackground:
    found: TrainingInBackground = request.app.state.training
    return found


Trainings = Annotated[TrainingInBackground, Depends(_trainings)]


@router.get("/jobs")
def jobs(request: Request, served: Served, adding: Adding, trainings: Trainings) -> Response:
    """What works in the background, and the models that were made here."""
    with served.catalog() as catalog:
        counts = catalog.counts()
    made = made_models(served.settings)
    return page(
        *(request, "jobs.html"),
        progress=adding.progress(),
        runs=trainings.runs,
        models=[(each, figures_in_words(each)) for each in made],
        counts=counts,
        can_train=find_spec("torch") is not None,
        name_pattern=NAME[1:-1],
    )


@router.post("/jobs")
def begin(
    trainings: Trainings,
    kind: Annotated[Literal["train", "adapt"], Form()],
    name: ModelName,
    minutes: Annotated[float, Form(gt=0, le=1440)] = 15.0,
) -> Response:
    """Train a model from what people said, or let one get used to the hands of the archive."""
    trainings.begin(kind, name, minutes)
    return RedirectResponse("/jobs", 303)


@router.post("/jobs/reread")
def reread(trainings: Trainings, name: ModelName) -> Response:
    """Read all pages again with a model that was made here."""
    trainings.begin("reread", name, 0.0)
    return RedirectResponse("/jobs", 303)


@router.post("/jobs/{number}/stop")
def stop(trainings: Trainings, number: Number) -> Response:
    """Stop a run."""
    trainings.stop(number)
    return RedirectResponse("/jobs", 303)


@router.get("/jobs/events")
async def events(request: Request, trainings: Trainings) -> Response:
    """Send how far the runs are, now and whenever it changes."""

    async def look() -> list[object]:
        return [(each.number, each.state, round(each.done, 2), each.said) for each in trainings.runs]

    return streamed(told(request, look))
