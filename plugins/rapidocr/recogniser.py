"""Reads a line of writing: PP-OCRv6's recogniser, and the best path through what it gives for each frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from .detector import network_input

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

_HEIGHT = 48
"""Pixels: the network takes lines of this height, and gives a frame for every 8 pixels of their width."""
_FRAME = 8
_END_ROOM = 48
"""Pixels of grey after a line: where the line ends with its image, its last letters are often lost."""
_WIDEST = 4096
"""Pixels of a line as the network sees it; longer ones are squeezed, which no page of writing has shown to need."""
_GREY = (127, 127, 127)
_TALL, _UPRIGHT = 1.5, 3.0
"""Height over width from which a box may hold a line that runs up or down the margin, and from which it does."""


class Recogniser:
    """The recogniser on an opened model, which holds its characters: one a class, class 0 is the blank of CTC."""

    def __init__(self, session: InferenceSession) -> None:
        self._session = session
        self._characters = characters(session.get_modelmeta().custom_metadata_map)

    def read(self, line: NDArray[np.uint8]) -> tuple[str, float]:
        """The text of a line (BGR, of any size) and the mean probability (0-1) of its characters' frames.

        One that stands on its side is read both ways; the surer reading counts.
        """
        return max(map(self._read, views(line)), key=lambda reading: reading[1])

    def _read(self, line: NDArray[np.uint8]) -> tuple[str, float]:
        (probabilities,) = self._session.run(None, {"x": network_input(framed(line))})
        classes = probabilities[0].argmax(axis=1)
        starts = np.flatnonzero((classes != 0) & (np.diff(classes, prepend=0) != 0))
        text = "".join(self._characters[each] for each in classes[starts])
        score = float(probabilities[0][starts, classes[starts]].mean()) if len(starts) else 0.0
        return text, min(max(score, 0.0), 1.0)


def characters(metadata: Mapping[str, str]) -> list[str]:
    """The character of each class by what a model says of itself; the blank first, the space last."""
    return ["", *metadata["character"].split("\n"), " "]


def cut_out(pixels: NDArray[np.uint8], corners: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The line between its corners (clockwise from the top left) laid level."""
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)  # top, right, bottom, left
    width, height = max(1, int(max(sides[0], sides[2]))), max(1, int(max(sides[1], sides[3])))
    level = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(corners, level)
    size = (width, height)
    return np.asarray(cv2.warpPerspective(pixels, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


def views(line: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The ways a box may have to be turned to be read: as it is, or when it is tall on either side."""
    height, width = line.shape[:2]
    turned = [np.ascontiguousarray(np.rot90(line, turns)) for turns in (-1, 1)] if height >= _TALL * width else []
    return turned if height >= _UPRIGHT * width else [line, *turned]


def framed(line: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The line at the height of the network, with room after it, its width a whole number of frames."""
    width = min(_WIDEST, max(_FRAME, round(line.shape[1] * _HEIGHT / line.shape[0])))
    scaled = cv2.resize(line, (width, _HEIGHT), interpolation=cv2.INTER_LINEAR)
    room = _END_ROOM + -width % _FRAME
    return np.asarray(cv2.copyMakeBorder(scaled, 0, 0, 0, room, cv2.BORDER_CONSTANT, value=_GREY))
