"""The part of the library that carries readings from machine to machine: bundles are made, and merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.archive.opening import paths_of
from indexer.archive.part import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from indexer.archive.carrying import BundleReport, MergeReport
    from indexer.archive.indexing import Event
    from indexer.recognition.reports import Progress
    from indexer.values import Failure


class Bundles(Part):
    """The carrying half of an open archive."""

    def read_into(
        self,
        bundles: str | Path,
        *paths: str | Path,
        part: str = "1/1",
        passwords: Sequence[str] = (),
        hear: Callable[[Progress | Failure], None] = lambda _event: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> BundleReport:
        """Read a ``part`` of files and folders into bundles in a folder, without an index; what is there is not read.

        The third of forty parts is ``3/40``: no two have a page in common, and all together have every page. When
        ``stopping()`` turns true, the pages in hand are finished, and the next call goes on.
        """
        from indexer.archive import carrying  # what reads is not loaded to search
        from indexer.archive.indexing import make_run_plan

        plan = make_run_plan(self.settings, self.engines.engines, paths_of(paths), passwords)
        (folder,) = paths_of([bundles])
        return carrying.read_into(folder, part, plan, self.settings, self.registry, hear=hear, stopping=stopping)

    def merge(
        self,
        *bundles: str | Path,
        files: Sequence[str | Path] = (),
        other_settings: bool = False,
        passwords: Sequence[str] = (),
        hear: Callable[[Event], None] = lambda _event: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> MergeReport:
        """Take bundles, or folders of them, into the index, and make their lines searchable.

        Each page goes to the files with its content: those under ``files``, and those of the index. ``other_settings``
        takes also what was read otherwise than the index, in place of its pages. Merging again changes nothing. What
        is not taken is in the report; raises ``UsageError`` when there is no bundle.
        """
        from indexer.archive import carrying
        from indexer.archive.indexing import make_run_plan

        plan = make_run_plan(self.settings, (), paths_of(files), passwords, reread=other_settings)
        self._let_go()
        return carrying.merge(
            *(paths_of(bundles), plan, self.settings, self.registry, self._voice), hear=hear, stopping=stopping
        )
