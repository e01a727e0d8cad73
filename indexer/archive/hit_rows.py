"""Hits as rows of CSV and as JSON Lines: what ``notes search`` prints and what the browser saves."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Literal

from indexer.archive.as_json import hit_json
from indexer.text.folding import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexer.values import Hit, SearchResult

HitForm = Literal["csv", "json lines"]
COLUMNS = (
    *("query", "relevance", "read", "within", "path", "page", "line", "id"),
    *("status", "confidence", "found", "text"),
)


def head(form: HitForm) -> str:
    """What stands before all hits."""
    return _csv(COLUMNS) if form == "csv" else ""


def rows(query: str, result: SearchResult, labels: Mapping[int, str], form: HitForm) -> str:
    """The hits of a result, a line each. ``labels`` are those of the pages of lines."""
    if form == "csv":
        return "".join(_csv(_row(query, hit)) for hit in result.hits)
    told = ({"query": query, **hit_json(hit, labels.get(hit.line.id))} for hit in result.hits)
    return "".join(f"{json.dumps(each)}\n" for each in told)


def _row(query: str, hit: Hit) -> Sequence[object]:
    """What a row of CSV has; of a hit of several lines their numbers, ids and texts."""
    lines = [part.line for part in hit.parts]
    pages = " ".join(map(str, dict.fromkeys(line.page for line in lines)))
    return (
        *(query, f"{hit.relevance:.4f}", int(hit.read), hit.within, printable(str(hit.line.path)), pages),
        *(" ".join(str(line.number) for line in lines), " ".join(str(line.id) for line in lines)),
        *(hit.line.status.value, "" if hit.line.confidence is None else f"{hit.line.confidence:.3f}"),
        *(" ".join(place.text for part in hit.parts for place in part.places), " / ".join(line.text for line in lines)),
    )


def _csv(row: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()
