"""Which cluster a person names, and what is missing to use it."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from indexer.cluster.elsewhere import Elsewhere
from indexer.translation import _
from indexer.values.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from indexer.cluster.carrier import OpenCarrier
    from indexer.recognition.messages import Setup, Task
    from indexer.recognition.pool import MakeReaders, Readers
    from indexer.recognition.run_plan import RunPlan

_MOST = 1024
"""The most workers that are started on one machine, and jobs."""


def cluster_readers(cluster: str, index: Path, warn: Callable[[str], None]) -> MakeReaders:
    """What makes the readers of a run on the cluster that a person names; ``warn`` is told of workers that are not
    used. Jobs of Slurm share a folder in the index folder.

    Raises ``UsageError`` for what names none, ``UnavailableError`` without the packages that it takes.
    """
    way = _way(cluster, index)

    def readers(setup: Setup, run_plan: RunPlan, prepared: Callable[[Task], Task]) -> Readers:
        return Elsewhere(way, setup, run_plan, prepared, warn)

    return readers


def job_script(cluster: str, index: Path) -> str | None:
    """The script of the jobs that would be submitted; ``None`` for a cluster without jobs. Raises as
    ``cluster_readers``."""
    _way(cluster, index)
    kind, __, number = cluster.partition(":")
    if kind != "slurm":
        return None
    from indexer.cluster.over_slurm import script

    return script(int(number), index)


def _way(cluster: str, index: Path) -> OpenCarrier:
    kind, __, rest = cluster.partition(":")
    if kind in ("tcp", "tls") and rest.startswith("//") and rest.strip("/"):
        _require("distributed")
        from indexer.cluster.over_dask import connected

        return partial(connected, cluster)
    if kind == "local" and rest.isdecimal() and 1 <= int(rest) <= _MOST:
        _require("distributed", "cryptography")
        from indexer.cluster.local_dask import here

        return partial(here, int(rest))
    if kind == "slurm" and rest.isdecimal() and 1 <= int(rest) <= _MOST:
        _require("submitit")
        from indexer.cluster.over_slurm import jobs

        return partial(jobs, int(rest), index)
    raise UsageError(
        _("%(cluster)s names no cluster", cluster=repr(cluster)),
        _("It is tcp://host:8786, tls://host:8786, local:4, or slurm:20."),
    )


def _require(*packages: str) -> None:
    for package in packages:
        if find_spec(package) is None:
            raise UnavailableError(
                _("--cluster needs %(package)s", package=package),
                _('In the checkout of notes: pip install ".[cluster]".'),
            )
