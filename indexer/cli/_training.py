"""What ``notes train`` and ``notes adapt`` say while they learn, and of the model that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import typer

from indexer.cli._child import when_input_ends
from indexer.cli._output import display, say, warn
from indexer.cli._progress import progress
from indexer.cli.index import failure_line
from indexer.values import Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from typing import Protocol

    from indexer.api.models import RecognitionModel
    from indexer.training.events import TrainingLines

    class Timed(Protocol):
        """How far learning is, in seconds."""

        @property
        def seconds(self) -> float: ...
        @property
        def whole(self) -> float: ...


_Step = TypeVar("_Step", bound="Timed")


def teller(
    stack: ExitStack, announce: Callable[[TrainingLines], None], said: Callable[[_Step], str], *, as_child: bool
) -> Callable[[Failure | TrainingLines | _Step], None]:
    """What announces what is learned from, and from then on says how far it is; failures are warned of.

    With ``as_child``, the process that started this one is told how far it is, and the end of the input interrupts.
    """
    from indexer.training.events import TrainingLines

    shown: list[Callable[..., None]] = []
    if as_child:
        when_input_ends()

    def tell(event: Failure | TrainingLines | _Step) -> None:
        if isinstance(event, Failure):
            warn(failure_line(event))
        elif isinstance(event, TrainingLines):
            announce(event)
            shown.append(_told if as_child else stack.enter_context(progress("s")))
        else:
            shown[-1](round(event.seconds), round(event.whole), said(event))

    return tell


def _told(seconds: int, whole: int, said: str) -> None:
    typer.echo(f"at {seconds} of {whole} s: {said}")


def say_others(before: float | None, after: float | None) -> None:
    """Say how lines of other hands are read, where there were any."""
    if before is not None and after is not None:
        say(f"on lines of other hands: {before:.1%} before, {after:.1%} after")


def say_kept(model: RecognitionModel) -> None:
    """Say where a new model is, and how it is used."""
    say(f"kept as the model {model.name} in {display(model.folder)}")
    say(f"read with it: notes index --model {model.name} --reread FOLDER")
