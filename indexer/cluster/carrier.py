"""What carries orders to workers elsewhere and their answers back: Dask, or jobs of Slurm. Who reads what is decided
here, in ``elsewhere``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from indexer.translation import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager


class Carrier(Protocol):
    """An open way to workers. It is called by one thread. Each of its methods returns soon, whatever the network does.

    What it raises is an ``UnavailableError``: nobody can be reached any more.
    """

    @property
    def name(self) -> str:
        """How people call it: ``the scheduler tcp://…``."""

    def workers(self) -> Mapping[str, int]:
        """The workers that show signs of life, and how many orders each does at the same time."""

    def is_coming(self) -> bool:
        """Whether workers were asked for that may still come, as jobs that wait for their turn."""

    def send(self, worker: str, order: bytes) -> int:
        """Send an order to a worker; the number stands for it from now on."""

    def answers(self) -> list[tuple[int, bytes | None]]:
        """What was answered since the last call, by the number of the order; ``None`` if no answer will come."""

    def drop(self, number: int) -> None:
        """Forget an order: its answer is not wanted any more."""

    def wait(self, seconds: float) -> None:
        """Wait for an answer, at most so long."""


OpenCarrier: TypeAlias = "Callable[[], AbstractContextManager[Carrier]]"
"""Opens a way to workers."""


def what_is_kept() -> str:
    """What is not lost when a run ends before all is read, and how to go on."""
    return _("What was read is kept; the same command goes on where it was.")
