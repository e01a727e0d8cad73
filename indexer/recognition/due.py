"""What there is to do with a file: it is opened, and compared with what is known of its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.recognition.sidecars import is_same
from indexer.recognition.taking_in import can_stay
from indexer.system.originals import source_file
from indexer.values import Failure, SourceFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.catalog import Catalog, KnownFile
    from indexer.recognition.messages import Task
    from indexer.recognition.run_plan import RunPlan
    from indexer.recognition.sidecars import Beside
    from indexer.values import Inside, PageReading


def opened_file(path: Path, catalog: Catalog | None, *, afresh: bool) -> SourceFile | Failure:
    """A file with its hash, or why it has none. A hash is taken from the catalogue if the date is the same, unless
    ``afresh``."""
    try:
        file = source_file(path, catalog.seen(path) if catalog and not afresh else None)
    except OSError as error:
        return Failure(path, None, "unreadable", f"it cannot be opened: {(error.strerror or str(error)).lower()}")
    if file.size == 0:
        return Failure(path, None, "empty", "the file is empty (0 bytes)")
    return file


def held_file(file: SourceFile, inside: Inside) -> SourceFile:
    """A file inside another one."""
    path = file.path.joinpath(*inside.names)
    return SourceFile(path, inside.sha256, inside.size, file.modified, file.stamp, file)


def is_done(known: KnownFile | None, run_plan: RunPlan, beside: Beside) -> bool:
    """Whether every page of a content is read with the text beside it, and with the same recipe if that is asked
    for."""
    if known is None or known.pages is None or known.pages > len(known.recipes) or known.unseen:
        return False
    return not due_pages(list(known.recipes), known, run_plan, beside)


def due_pages(pages: Sequence[int], known: KnownFile | None, run_plan: RunPlan, beside: Beside) -> list[int]:
    """The pages of a content that are to be read."""
    if known is None:
        return list(pages)
    return [
        page
        for page in pages
        if page in known.unseen
        or not _is_read(known.recipes.get(page), run_plan)
        or not is_same(known.sidecars.get(page), beside.of(page))
    ]


def kept_pages(task: Task, known: KnownFile | None, run_plan: RunPlan, catalog: Catalog) -> dict[int, PageReading]:
    """What was read of those pages of a task that are due only because the text beside them is another one."""
    found = {}
    for page in task.pages or ():
        if known is None or page in known.unseen or not _is_read(known.recipes.get(page), run_plan):
            continue
        kept = catalog.as_read(task.file.sha256, page)
        if kept is not None and can_stay(kept, run_plan.source_options):
            found[page] = kept
    return found


def _is_read(recipe: str | None, run_plan: RunPlan) -> bool:
    return recipe is not None and (not run_plan.reread or recipe == run_plan.recipe)
