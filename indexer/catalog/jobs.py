"""Documents that were added in the browser: how far each is, and what went wrong."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.catalog.database import Database
from indexer.catalog.records import Job, JobState
from indexer.catalog.storing import now
from indexer.text.folding import printable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from indexer.values import Failure

_JOBS = """
SELECT jobs.sha256, file, state, error, added_at, title FROM jobs
LEFT JOIN titles ON titles.sha256 = jobs.sha256 {where}
ORDER BY added_at DESC, jobs.sha256 LIMIT ? OFFSET ?
"""
_HOW_FAR = """
SELECT sha256, state, error, files.pages, document_totals.pages AS read, EXISTS (
    SELECT 1 FROM held JOIN files own USING (sha256) JOIN document_totals read_of ON read_of.file_id = own.id
    WHERE holder = jobs.sha256 AND read_of.pages < coalesce(own.pages, 1)) AS more,
    EXISTS (SELECT 1 FROM held WHERE holder = jobs.sha256) AS holds
FROM jobs LEFT JOIN files USING (sha256) LEFT JOIN document_totals ON document_totals.file_id = files.id
"""


class Jobs(Database):
    """The part of the catalogue that keeps jobs."""

    def add_job(self, sha256: str, file: str) -> None:
        """Note a file that was added: its content waits to be read, whatever happened to it before."""
        with self._writing() as db:
            db.execute(
                """INSERT INTO jobs (sha256, file, state, added_at) VALUES (?, ?, 'waiting', ?)
                ON CONFLICT (sha256) DO UPDATE SET file = excluded.file, state = 'waiting', error = NULL,
                    added_at = excluded.added_at""",
                (sha256, file, now()),
            )

    def jobs(self, states: Sequence[JobState], limit: int, offset: int = 0) -> list[Job]:
        """Jobs in one of these states, the newest first."""
        where = f"WHERE state IN ({','.join('?' * len(states))})"
        rows = self._all(_JOBS.format(where=where), *states, limit, offset)
        return [_job(row) for row in rows]

    def job(self, sha256: str) -> Job | None:
        """The job of a content, if it was added."""
        rows = self._all(_JOBS.format(where="WHERE jobs.sha256 = ?"), sha256, 1, 0)
        return _job(rows[0]) if rows else None

    def job_counts(self) -> dict[JobState, int]:
        """How many jobs are in each state."""
        rows = self._all("SELECT state, count(*) AS n FROM jobs GROUP BY state")
        return defaultdict(int, {row["state"]: row["n"] for row in rows})

    def move_jobs(self, states: Sequence[JobState], to: JobState, error: str | None = None) -> None:
        """Put all jobs in some states into another one, with what went wrong."""
        with self._writing() as db:
            marks = ",".join("?" * len(states))
            db.execute(f"UPDATE jobs SET state = ?, error = ? WHERE state IN ({marks})", (to, error, *states))  # noqa: S608

    def keep_jobs(self, files: Iterable[tuple[str, str]]) -> None:
        """Keep a job for each of these contents and files, and no other; none for what is forgotten."""
        with self._writing() as db:
            given = dict(files)
            for row in db.execute("SELECT sha256 FROM forgotten"):
                given.pop(row["sha256"], None)
            gone = [(row["sha256"],) for row in db.execute("SELECT sha256 FROM jobs") if row["sha256"] not in given]
            db.executemany("DELETE FROM jobs WHERE sha256 = ?", gone)
            db.executemany(
                """INSERT INTO jobs (sha256, file, state, added_at) VALUES (?, ?, 'waiting', ?)
                ON CONFLICT DO NOTHING""",
                [(sha256, file, now()) for sha256, file in given.items()],
            )

    def settle_jobs(self, failures: Iterable[Failure], *, whole: bool = False) -> None:
        """Set each job to what the catalogue says of its content: read, failed and why, or unchanged.

        ``whole`` includes jobs that are done: their content may have been forgotten since.
        """
        said: dict[str, list[Failure]] = defaultdict(list)
        for failure in failures:
            said[failure.path.name.partition(".")[0]].append(failure)
            named = replace(failure, message=f"{failure.path.name}: {failure.message}")
            for holder in failure.path.parents:  # the failure may concern a file inside the one that was added
                said[holder.name.partition(".")[0]].append(named)
        changed = []
        for row in self._all(_HOW_FAR if whole else f"{_HOW_FAR} WHERE state <> 'read'"):
            state, error = row["state"], row["error"]
            if said[row["sha256"]]:
                state, error = "failed", _words(said[row["sha256"]])
            elif _is_read(row):
                state, error = "read", None
            elif state == "read":  # it was forgotten
                state, error = "waiting", None
            if (state, error) != (row["state"], row["error"]):
                changed.append((state, error, row["sha256"]))
        if changed:
            with self._writing() as db:
                db.executemany("UPDATE jobs SET state = ?, error = ? WHERE sha256 = ?", changed)


def _is_read(row: sqlite3.Row) -> bool:
    """Whether all pages of a content and of what it holds are read, and there are some."""
    pages = row["pages"]
    return pages is not None and row["read"] >= pages and bool(pages or row["holds"]) and not row["more"]


def _job(row: sqlite3.Row) -> Job:
    name = printable(row["title"] or row["file"])
    return Job(row["sha256"], row["file"], name, row["state"], row["error"], row["added_at"])


def _words(failures: Sequence[Failure]) -> str:
    """What went wrong with a document: the first failure, and how many more there are."""
    first = min(failures, key=lambda failure: failure.page or 0)
    words = first.message if first.page is None else f"page {first.page}: {first.message}"
    return words if len(failures) == 1 else f"{words} (and {len(failures) - 1} more of its pages)"
