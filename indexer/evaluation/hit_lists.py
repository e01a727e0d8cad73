"""Lists of hits that any program may write, and the task that it is given: JSON Lines, one object a line.

A line of a task is a query and where it stands: ``{"query": "soit", "lines": [{"file": "letters/a.jpg", "page": 1,
"box": [x, y, width, height]}, …]}``. A line of hits is ``{"query": "soit", "file": "letters/a.jpg", "page": 1, "box":
[x, y, width, height], "score": 0.93}``, best with a ``score`` that is a probability. A line ``{"query": "soit",
"expected_missed": 1.5}`` says about how many lines were missed. Boxes are in the units of the ground truth.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from indexer.evaluation.search_figures import Unit, figures, judgements, ranked
from indexer.image.geometry import bounding_box, holders
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from indexer.formats.groundtruth import TruthPage

_SHOWN = 80


def task(pages: Mapping[tuple[str, int], TruthPage]) -> Iterator[dict[str, Any]]:
    """Every query and the lines that have it."""
    for query, units in sorted(_judged(pages).items()):
        yield {"query": query, "lines": list(_places(units, pages))}


def measured(file: Path, pages: Mapping[tuple[str, int], TruthPage]) -> dict[str, Any]:
    """The figures of a list of hits (``indexer.evaluation.metrics``); raises ``UsageError`` for a line that is none."""
    hits: defaultdict[str, list[tuple[Unit, float]]] = defaultdict(list)
    missed: list[float] = []
    regions = {name: [line.polygon for line in page.lines] for name, page in pages.items()}
    for number, given in _objects(file):
        try:
            query = str(given["query"])
            if "expected_missed" in given:
                missed.append(_finite(given["expected_missed"]))
                continue
            name = (str(given["file"]), int(given.get("page", 1)))
            x, y, width, height = map(_finite, given["box"])
            score = _finite(given["score"])
        except KeyError as error:
            raise _no_hit(file, number, f"it has no {error.args[0]}") from error
        except (TypeError, ValueError) as error:
            raise _no_hit(file, number, "its page, its score and the four of its box have to be numbers") from error
        if name not in regions:
            raise _no_hit(file, number, f"there is no ground truth of {name[0]}, page {name[1]}")
        (held,) = holders(regions[name], [(x + width / 2, y + height / 2)])
        hits[query].append(((*name, number, "outside") if held is None else (*name, held), score))
    return figures(ranked(_judged(pages), hits), sum(missed) if missed else None)


def _judged(pages: Mapping[tuple[str, int], TruthPage]) -> dict[str, set[Unit]]:
    return judgements(((*name, at), line.text) for name, page in pages.items() for at, line in enumerate(page.lines))


def _places(units: Iterable[Any], pages: Mapping[tuple[str, int], TruthPage]) -> Iterator[dict[str, Any]]:
    for file, number, at in sorted(units):
        yield {"file": file, "page": number, "box": bounding_box(pages[file, number].lines[at].polygon).xywh}


def _objects(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file, each with the number of its line."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            _("%(file)s cannot be read: %(why)s", file=file, why=error), _("Give a file of JSON Lines, in UTF-8.")
        ) from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                given = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise _no_hit(file, number, str(error)) from error
            if not isinstance(given, dict):
                raise _no_hit(file, number, f"it is {line[:_SHOWN]}")
            yield number, given


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is no number that can be compared")
    return number


def _no_hit(file: Path, number: int, why: str) -> UsageError:
    return UsageError(
        _("%(file)s, line %(number)s is no hit: %(why)s", file=file, number=number, why=why),
        _("Write an object with query, file, page, box and score on each line (notes help evaluating)."),
    )
