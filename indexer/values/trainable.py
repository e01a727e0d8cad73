"""What an engine offers whose recognition models can be trained: a network, and line images of pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class LineShape:
    """The line images that a network takes, and the frames that it makes of them.

    A line image is ``height`` pixels high. Its width is ``stretch`` times the width that this height gives the line,
    with ``room`` pixels of grey after it; the network gives a frame for every ``frame`` pixels of it. ``cut`` says
    where the line image mostly begins and ends in the upright rectangle around a transcribed line (0 its top, 1 its
    bottom).
    """

    height: int
    frame: int
    room: int = 0
    stretch: float = 1.0
    cut: tuple[float, float] = (0.0, 1.0)


LineRecogniser = Callable[["NDArray[np.uint8]"], Sequence[tuple[str, float]]]
"""Reads a line image (grey, of any size): its words, each with its confidence (0-1)."""


@runtime_checkable
class Layered(Protocol):
    """A network that says which layers are its last ones: these alone are trained on a few lines."""

    def see(self, lines: Tensor) -> Tensor:
        """The features that the other layers give for lines (batch x … x places)."""

    def judge(self, features: Tensor) -> Tensor:
        """What the network gives, by such features."""


class Trainable(Protocol):
    """An engine that ``notes train`` can teach: a network in PyTorch that is trained with CTC.

    ``Engine.training`` opens it, and PyTorch with it. A ``folder`` is that of a recognition model
    (``indexer.api.models``); the characters of a model are one a class, the blank of CTC first as an empty text. Arrays
    are ``uint8``. Raises ``PluginError`` for what is missing or damaged.
    """

    @property
    def shape(self) -> LineShape:
        """The line images that the network takes."""

    def pixels(self, image: Image) -> tuple[NDArray[np.uint8], float]:
        """The page as the engine sees it (height x width x 3, BGR), and the factor back to the pixels of the page."""

    def find(self, pixels: NDArray[np.uint8]) -> Sequence[NDArray[np.float32]]:
        """The lines of a page that ``pixels`` gave, in reading order: outlines as for ``along`` (n x 2)."""

    def cut(self, pixels: NDArray[np.uint8], outline: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The line in an outline as the engine cuts it out, laid level; grey if the pixels are grey."""

    def network(self, folder: Path, characters: Sequence[str] | None = None) -> tuple[nn.Module, tuple[str, ...]]:
        """The network of a recognition model, and its characters.

        The network gives log probabilities (batch x frames x classes) for grey line images (batch x height x width, 0
        to 255). With other ``characters`` the known ones keep their weights, and new ones begin untrained. A network
        that is ``Layered`` can learn from ten lines.
        """

    def write(
        self, folder: Path, network: nn.Module, characters: Sequence[str], lines: Sequence[NDArray[np.uint8]]
    ) -> None:
        """Write a network into the folder of a recognition model, for reading and for further training.

        ``lines`` are some lines of the hands to be read, grey and as ``cut`` gives them. An engine may take the ranges
        of its integers from them.
        """

    def write_language(
        self, folder: Path, base: Path, lines: Sequence[Sequence[int]], characters: Sequence[str]
    ) -> None:
        """Write the language model of a recognition model, if it has one, from that of the ``base`` and the lines.

        The lines are given as the classes of their characters.
        """

    def recogniser(self, folder: Path) -> LineRecogniser:
        """A function that reads single lines as the engine does with a recognition model."""


PageRecogniser = Callable[[Sequence["NDArray[np.uint8]"]], Sequence[Sequence[tuple[str, float]]]]
"""Reads the line images of a page (grey, of any size) together: the words of each, each with its confidence (0-1)."""


@runtime_checkable
class ReadsTogether(Protocol):
    """A trainable engine for which the lines of a page say something of one another, such as their language."""

    def page_recogniser(self, folder: Path) -> PageRecogniser:
        """A function that reads the lines of a page as the engine does with a recognition model."""


@runtime_checkable
class WritesLastLayers(Protocol):
    """A trainable engine that writes a network sooner if only its last layers (``Layered``) were trained."""

    def write_last(self, folder: Path, base: Path, network: nn.Module, lines: Sequence[NDArray[np.uint8]]) -> bool:
        """Write a network as ``Trainable.write`` does, all but its last layers as in the model ``base``, with the same
        characters. Whether that could be done; if not, nothing is written.
        """
