"""The runs of ``notes index``: when each began and ended, and what came of it."""

from __future__ import annotations

from indexer.catalog.database import Database
from indexer.catalog.storing import now

MOST_NOTED = 1_000
"""Runs that are kept: a job that runs every hour must not make the catalogue grow."""


class Runs(Database):
    """The part of the catalogue that keeps runs."""

    def run_started(self, engine: str) -> int:
        """Note that a run begins; returns its id for ``run_finished``."""
        with self._writing() as db:
            cursor = db.execute("INSERT INTO runs (started_at, engine) VALUES (?, ?)", (now(), engine))
            db.execute("DELETE FROM runs WHERE id <= ?", (int(cursor.lastrowid or 0) - MOST_NOTED,))
            return int(cursor.lastrowid or 0)

    def run_finished(self, run: int, pages: int, failures: int) -> None:
        """Note that a run has ended, interrupted or not."""
        with self._writing() as db:
            db.execute(
                "UPDATE runs SET finished_at = ?, pages = ?, failures = ? WHERE id = ?", (now(), pages, failures, run)
            )
