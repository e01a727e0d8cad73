"""Tasks become orders: which files they take, how these are read, and what of it is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.api import models
from indexer.cluster.order import EngineOrder, Held, How, Needed, Order, written

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.recognition.messages import Task
    from indexer.recognition.run_plan import RunPlan
    from indexer.values import EngineChoice, Sidecar, SourceFile

LARGEST = 64 << 20
"""The most bytes of files that are sent with an order. What is larger has to lie on shared storage."""


def how_of(run_plan: RunPlan) -> How:
    """How the pages of a run are read. The secrets of engines stay here: workers have their own."""
    options = run_plan.source_options
    return How(
        recipe=run_plan.recipe,
        engines=tuple(map(_engine, run_plan.engines)),
        page_timeout=run_plan.page_timeout,
        passwords=options.passwords,
        pdf_text=options.pdf_text,
        sidecar_text=options.sidecar_text,
        max_pixels=options.max_pixels,
    )


def _engine(choice: EngineChoice) -> EngineOrder:
    options, secrets = choice.options, choice.engine.secrets
    return EngineOrder(
        choice.engine.name,
        options.language,
        options.thorough,
        json.dumps({name: value for name, value in options.settings.items() if name not in secrets}, default=str),
        None if options.model is None else models.identity(options.model),
        None if options.model is None else str(options.model.parent.absolute()),
    )


def order_of(how: How, task: Task) -> Order:
    """The order to read the pages of a task."""
    needed: dict[Path, Needed] = {}

    def held(file: SourceFile | Sidecar) -> Held:
        outer = file.holder or file
        path = outer.path.absolute()
        needed.setdefault(path, Needed(str(path), path.name, outer.sha256, outer.size))
        names = () if file.holder is None else file.path.relative_to(file.holder.path).parts
        return Held(list(needed).index(path), file.sha256, file.size, names)

    file = held(task.file)
    whole = None if task.beside.whole is None else held(task.beside.whole)
    pages = task.pages or ()
    single = tuple((page, held(text)) for page, text in sorted(task.beside.single.items()))
    turns = tuple((page, turn) for page, turn in sorted(task.turns.items()) if page in pages)
    return Order(how, tuple(needed.values()), file, pages, turns, whole, single)


def weight(order: Order) -> int:
    """The bytes of the files that an order takes."""
    return sum(each.size for each in order.needed)


def packed(order: Order, *, with_files: bool) -> bytes:
    """The bytes of an order, those of its files included if asked. Raises ``OSError`` if one cannot be read, and
    ``ValueError`` if the order cannot be written."""
    if not with_files:
        return written(order)
    parcels = [_content(each) for each in order.needed]
    told = (replace(each, size=len(data), parcel=True) for each, data in zip(order.needed, parcels, strict=True))
    return written(replace(order, needed=tuple(told)), parcels)


def _content(needed: Needed) -> bytes:
    with open(needed.path, "rb") as stream:  # noqa: PTH123 - the path is a text here
        return stream.read(LARGEST + 1)
