"""The posteriorgram of a line, packed: for each frame the few letters that may stand there.

A recogniser trained with CTC gives for every frame (a strip of the line a few pixels wide) a probability of every
character and of the blank. A search needs folded letters only: the probabilities of e, E and é are added up, whatever
separates words counts as a space, and unlikely letters are dropped.
"""

from __future__ import annotations

import math
import struct
import warnings
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indexer.text.folding import folded_letter, is_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

BLANK, SPACE = "", " "
_FORMAT, _WIDE = 3, 2
"""What is written, and what was written before: as much, but not compressed and with two bytes for each letter."""
_HEAD = struct.Struct("<BHHfBB")
STEPS = 16
"""Steps a nat: costs are whole sixteenths, up to 16 nats."""
_LEAST = 1 / 500
"""Letters with a lower probability are dropped."""
_BYTE = 256
"""The most letters that a byte tells apart."""
_RAW = -15
"""Deflated bytes without a head and a sum: the catalogue is checked as a whole."""
_LONGEST = 0xFFFF
"""The most frames of a line, and the most bytes of its letters."""
_MOST = 8
"""The most letters of a frame."""
ABSENT = 7.0
"""Nats that a dropped letter costs: a little more than the least likely letter that is kept."""


@dataclass(frozen=True, slots=True)
class Posteriorgram:
    """Sparse costs. Entry i: at frame ``frame[i]`` the letter ``symbols[symbol[i]]`` costs ``cost[i]`` sixteenths of a
    nat more than the likeliest letter there.

    ``width`` is the width of the line's box in frames; the other frames lie beyond it. ``path_probability`` is the mean
    probability (0-1) of the likeliest character, over the frames where that is no blank, and over all frames.
    """

    length: int
    width: float
    path_probability: tuple[float, float]
    symbols: tuple[str, ...]
    frame: NDArray[np.intp]
    symbol: NDArray[np.intp]
    cost: NDArray[np.uint8]

    def between(self, start: float, end: float) -> Posteriorgram:
        """A piece of the line, from one part of its width (0-1) to another, and one frame more at both ends."""
        first = max(0, min(self.length - 1, int(start * self.width) - 1))
        last = max(first + 1, min(self.length, math.ceil(end * self.width) + 1))
        here = (self.frame >= first) & (self.frame < last)
        return replace(
            self,
            length=last - first,
            width=float(last - first),
            frame=self.frame[here] - first,
            symbol=self.symbol[here],
            cost=self.cost[here],
        )


class PosteriorgramPacker:
    """Packs the posteriorgrams of one recogniser; ``characters`` are those of its classes, the blank ``""``."""

    def __init__(self, characters: Sequence[str]) -> None:
        import numpy as np

        self._blank = characters.index(BLANK)
        self._symbols, columns = folded_classes(characters)
        self._folding = np.zeros((len(characters), len(self._symbols)), np.float32)
        for column, classes in enumerate(columns):
            self._folding[classes, column] = 1.0

    def path_probability(self, probabilities: NDArray[np.float32]) -> tuple[float, float]:
        """The mean probability of the likeliest class, over the frames where it is not the blank and over all."""
        likeliest = probabilities.max(axis=1)
        inked = likeliest[probabilities.argmax(axis=1) != self._blank]
        return (float(inked.mean()) if len(inked) else 0.0, float(likeliest.mean()) if len(likeliest) else 0.0)

    def sureness(self, probabilities: NDArray[np.float32]) -> tuple[float, float]:
        """What ``path_probability`` was called: it works for one more release."""
        warnings.warn("sureness is called path_probability now", DeprecationWarning, stacklevel=2)
        return self.path_probability(probabilities)

    def pack(self, probabilities: NDArray[np.float32], width: float) -> bytes:
        """Probabilities (frames x classes) as bytes, of a line whose box is so many frames wide.

        Raises ``ValueError`` for a line that is too long, or has too many different letters.
        """
        import numpy as np

        path_probability = self.path_probability(probabilities)
        folded = probabilities @ self._folding
        likeliest = folded.max(axis=1)
        wanted = folded >= _LEAST
        wanted[np.arange(len(folded)), folded.argmax(axis=1)] = True
        crowded = np.flatnonzero(wanted.sum(axis=1) > _MOST)
        if len(crowded):  # of equally likely letters the first ones stay
            kept = np.argsort(-folded[crowded], axis=1, kind="stable")[:, :_MOST]
            wanted[crowded] = False
            wanted[crowded[:, None], kept] = True
        frame, letter = np.nonzero(wanted)
        costs = np.log(np.maximum(likeliest[frame], 1e-9)) - np.log(np.maximum(folded[frame, letter], 1e-9))
        used, symbol = np.unique(letter, return_inverse=True)
        table = "".join(self._symbols[each] or "\0" for each in used).encode()
        if max(len(probabilities), len(table)) > _LONGEST:
            raise ValueError(f"a line of {len(probabilities)} frames and {len(used)} letters is too long to be kept")
        quantised = np.minimum(np.round(costs * STEPS), 255).astype(np.uint8)
        head = _HEAD.pack(
            _FORMAT, len(probabilities), len(table), width, *(round(255 * min(1, p)) for p in path_probability)
        )
        counts = wanted.sum(axis=1).astype(np.uint8)
        entries = counts.tobytes() + symbol.astype(_kind_of(len(used))).tobytes() + quantised.tobytes()
        deflating = zlib.compressobj(wbits=_RAW)
        return b"".join((head, table, deflating.compress(entries), deflating.flush()))


def best_path(probabilities: NDArray[np.float32]) -> list[tuple[int, int]]:
    """The class and the frame of each letter of the best CTC path (frames x classes, class 0 the blank).

    Works on probabilities and on their logarithms.
    """
    import numpy as np

    classes = probabilities.argmax(axis=1)
    starts = np.flatnonzero((classes != 0) & (np.diff(classes, prepend=0) != 0))
    return [(int(classes[at]), int(at)) for at in starts]


def unpack(data: bytes) -> Posteriorgram:
    """What a ``PosteriorgramPacker`` kept; raises ``ValueError`` for damaged bytes, or those of another format."""
    import numpy as np

    if data[:1] not in (bytes([_FORMAT]), bytes([_WIDE])) or len(data) < _HEAD.size:
        raise ValueError(f"frame probabilities of format {data[0] if data else None}")
    version, length, table, width, letters, overall = _HEAD.unpack_from(data)
    at = _HEAD.size + table
    symbols = tuple(BLANK if char == "\0" else char for char in data[_HEAD.size : at].decode())
    kind = np.dtype("<u2" if version == _WIDE else _kind_of(len(symbols)))
    packed = data[at:] if version == _WIDE else _inflated(data[at:], length * (1 + _MOST * (kind.itemsize + 1)))
    counts = np.frombuffer(packed, np.uint8, length)
    entries = int(counts.sum())
    symbol = np.frombuffer(packed, kind, entries, length).astype(np.intp)
    cost = np.frombuffer(packed, np.uint8, entries, length + kind.itemsize * entries)
    if symbol.max(initial=-1) >= len(symbols):
        raise ValueError("frame probabilities of letters that are not named")
    frame = np.repeat(np.arange(length), counts)
    return Posteriorgram(length, width, (letters / 255, overall / 255), symbols, frame, symbol, cost)


def _kind_of(letters: int) -> str:
    """The numbers that tell so many letters apart."""
    return "u1" if letters <= _BYTE else "<u2"


def _inflated(data: bytes, most: int) -> bytes:
    """The bytes that were compressed, ``most`` of them; raises ``ValueError`` when they are damaged."""
    try:
        return zlib.decompressobj(wbits=_RAW).decompress(data, max(1, most))
    except zlib.error as error:
        raise ValueError("frame probabilities are damaged") from error


def readable(data: bytes | None) -> Posteriorgram | None:
    """What was kept of a line, if anything. What an older version packed is not read: the line has to be read again."""
    try:
        return None if data is None else unpack(data)
    except ValueError:
        return None


def is_sound(data: bytes) -> bool:
    """Whether what somebody gives as a posteriorgram can be kept: a whole one, or one of a format that is not read."""
    if data[:1] not in (bytes([_FORMAT]), bytes([_WIDE])):
        return True
    found = readable(data)
    return found is not None and 0 <= found.width < math.inf


def folded_classes(characters: Sequence[str]) -> tuple[list[str], list[list[int]]]:
    """The folded letters that classes stand for, and for each letter its classes."""
    classes: dict[str, list[int]] = {}
    for number, character in enumerate(characters):
        letter = folded_letter(character)
        if letter == BLANK:  # an accent alone counts as the blank
            classes.setdefault(BLANK, []).append(number)
        elif len(letter) == 1 and (letter.isalnum() or is_mark(letter)):
            classes.setdefault(letter, []).append(number)
        elif not any(char.isalnum() for char in letter):
            classes.setdefault(SPACE, []).append(number)
    # A letter that folds to several (œ) is none of them alone, and is left out.
    return list(classes), list(classes.values())
