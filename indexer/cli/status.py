"""``notes status``: how much is in the index and what could not be read."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import typer

from indexer.archive.as_json import failure_json
from indexer.archive.expecting import estimated, found_in_words, wrong_in_words
from indexer.archive.made_models import read_with
from indexer.archive.remedies import remedy
from indexer.catalog import Catalog, JobState
from indexer.cli._output import amount, display, emit_json, former_line, percent, shown, spoken_in, stdout
from indexer.cli._prune import gone_line
from indexer.cli._session import load_settings
from indexer.recognition.pruning import gone_of
from indexer.values import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexer.archive.made_models import ReadWith
    from indexer.catalog import Counts, DocumentPage, Job
    from indexer.posteriors.estimation import Estimate
    from indexer.values import Failure

_MOST, _NAMED = 50, 20
"""Most added documents that are not read and are named; most pages without text, and files that are gone, that are
named."""


def command(
    context: typer.Context,
    index: Path | None,
    as_json: bool,
) -> None:
    """Say how much is in the index, how sure it is, and what could not be read."""
    settings = load_settings(context, {"index": index})
    with Catalog(settings.index) as catalog:
        counts, failures = catalog.counts(), catalog.failures()
        added = catalog.job_counts()
        empty = catalog.pages_without_text(None if as_json else _NAMED)
        unread = catalog.jobs(("waiting", "reading", "failed"), _MOST)
        former = catalog.former()
        places = catalog.places()
        estimate = estimated(catalog)
        used = read_with(settings, catalog)
        called = catalog.called([*(each.path for each in empty), *(each.path for each in failures)])
    gone = gone_of(places)
    if as_json:
        emit_json(
            {
                **_json(settings.index, counts, failures, empty),
                "estimate": None if estimate is None else asdict(estimate),
                "models": [_used_json(each) for each in used],
                "gone": [str(path) for path in gone],
                "added": _added_json(added, unread),
                "former": _former_json(former),
            }
        )
    else:
        _print(settings.index, counts, failures, empty, called, estimate, used)
        _print_added(added, unread)
        if gone:
            said = f"{gone_line(gone, _NAMED)}; notes index --prune FOLDER forgets what was read there"
            stdout().print(said, markup=False, highlight=False, soft_wrap=True)
        for path, lines in former.items():
            stdout().print(former_line(path, lines), markup=False, highlight=False, soft_wrap=True)


def _former_json(former: Mapping[Path, int]) -> list[dict[str, object]]:
    return [{"path": str(path), "verdicts": lines} for path, lines in former.items()]


def _added_json(added: Mapping[JobState, int], unread: Sequence[Job]) -> dict[str, object]:
    jobs = [{"sha256": job.sha256, "name": job.name, "state": job.state, "error": job.error} for job in unread]
    return {**{state: added[state] for state in get_args(JobState)}, "unread": jobs}


def _print_added(added: Mapping[JobState, int], unread: Sequence[Job]) -> None:
    """How many documents were added in the browser; of those that are not read, how far they are and why."""
    if not any(added.values()):
        return
    out = stdout()
    said = ", ".join(f"{added[state]} {state}" for state in get_args(JobState) if added[state])
    lines = [f"{'added in the browser':<20} {said}"]
    lines += [f"  {job.name}: {job.state}{f', {job.error}' if job.error else ''}" for job in unread]
    left = added["waiting"] + added["reading"] + added["failed"] - len(unread)
    for line in (*lines, *([f"  and {left} more"] if left else [])):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def _json(index: Path, counts: Counts, failures: list[Failure], empty: list[DocumentPage]) -> dict[str, object]:
    return {
        "schema": 1,
        "index": str(index),
        "files": counts.files,
        "pages": counts.pages,
        "pages_without_text": [{"path": str(page.path), "page": page.number} for page in empty],
        "incomplete": sum(counts.incomplete.values()),
        "pages_incomplete": counts.incomplete,
        "lines": {status.value: number for status, number in counts.lines.items()},
        "accepted_words_right": counts.right,
        "engines": counts.engines,
        "languages": counts.languages,
        "verdicts": counts.verdicts,
        "orphans": counts.orphans,
        "failures": [failure_json(each) for each in failures],
    }


def _expected(estimate: Estimate) -> list[tuple[str, str]]:
    """The rows of what is expected."""
    return [
        ("read wrong", f"about {wrong_in_words(estimate)} (estimated from {amount(estimate.lines, 'line')})"),
        ("found", f"about {found_in_words(estimate)}"),
    ]


def _used(use: ReadWith) -> list[tuple[str, str]]:
    """The rows of what was read with a model that was made here: how it was made, and where the pages are."""
    said = f"{use.name}: {amount(use.lines, 'line')} on {amount(use.pages, 'page')} ({use.how})"
    some = list(use.folders.items())[:_NAMED]
    left = len(use.folders) - len(some)
    return [
        ("  with a model", said),
        *(("", f"{amount(pages, 'page')} in {display(folder)}") for folder, pages in some),
        *([("", f"and more in {amount(left, 'other folder')} (--json lists them)")] if left else []),
    ]


def _used_json(use: ReadWith) -> dict[str, object]:
    return {
        "model": use.identity,
        "how": use.how,
        "provenance": use.model and use.model.provenance,
        "lines": use.lines,
        "pages": use.pages,
        "folders": [{"path": str(folder), "pages": pages} for folder, pages in use.folders.items()],
    }


def _print(
    index: Path,
    counts: Counts,
    failures: list[Failure],
    empty: list[DocumentPage],
    called: Mapping[Path, str],
    estimate: Estimate | None,
    used: Sequence[ReadWith],
) -> None:
    lines = counts.lines
    promise = "" if counts.right is None else f": about {percent(counts.right)} of their words are right"
    out = stdout()
    rows = [
        ("index", display(index)),
        ("files", str(counts.files)),
        ("pages", str(counts.pages)),
        ("pages without text", str(counts.empty)),
        *(("incomplete", f"{number} of them: {reason}") for reason, number in counts.incomplete.items()),
        ("lines accepted", f"{lines[Status.ACCEPTED]}{promise}"),
        (
            "lines in review",
            f"{lines[Status.REVIEW]} below the threshold, {lines[Status.UNKNOWN]} of unknown confidence",
        ),
        ("lines rejected", str(lines[Status.REJECTED])),
        *([] if estimate is None else _expected(estimate)),
        ("read by", ", ".join(f"{engine}: {number}" for engine, number in counts.engines.items()) or "nobody yet"),
        *(row for each in used for row in _used(each)),
        *([("languages", spoken_in(counts.languages))] if counts.languages else []),
        ("verdicts of people", str(counts.verdicts)),
        *([("  on no line", f"{counts.orphans} (notes review --orphans)")] if counts.orphans else []),
        ("failures", str(len(failures))),
    ]
    for name, value in rows:
        out.print(f"{name:<20}{value}", markup=False, highlight=False, soft_wrap=True)
    for each in empty:
        out.print(f"  {shown(each.path, called)}, page {each.number}: nothing was read", soft_wrap=True)
    if counts.empty > len(empty):
        out.print(f"  … and {counts.empty - len(empty)} more pages without text (--json lists them)", soft_wrap=True)
    for failure in failures:
        page = "" if failure.page is None else f", page {failure.page}"
        end = "" if failure.message.endswith((".", "?")) else "."
        said = f"  {shown(failure.path, called)}{page}: {failure.message}{end} {remedy(failure)}"
        out.print(said, markup=False, highlight=False, soft_wrap=True)
