"""Files of arrays in the safetensors layout, mapped into memory when they are large and read when they are small.

The safetensors library writes them. It copies what it reads, so they are read here: the mapped arrays of a million
lines take no memory of their own.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_MAPPED = 1 << 22
"""Bytes from which a file is mapped, and stays open."""
_LENGTH = 8
"""Bytes that say how long the header is."""
_SIZES = {"U": (1, 2, 4, 8), "I": (1, 2, 4, 8), "F": (2, 4, 8)}
_KINDS = {"BOOL": "?", **{f"{kind}{8 * size}": f"<{kind.lower()}{size}" for kind in _SIZES for size in _SIZES[kind]}}
"""The layout's names for kinds of numbers, and NumPy's."""

Group = tuple[str, "Mapping[str, NDArray[Any]]"]
"""A text, and arrays by their names."""


def save(path: Path, kind: str, groups: Sequence[Group]) -> None:
    """Write groups of arrays to a new file that says of what kind it is. Raises ``OSError``."""
    from safetensors import SafetensorError  # seldom needed: a search writes nothing
    from safetensors.numpy import save_file

    arrays = {
        f"{number}/{name}": np.ascontiguousarray(array)
        for number, (_, each) in enumerate(groups)
        for name, array in each.items()
    }
    path.touch()
    mode = path.stat().st_mode  # as the umask has it: the library would let nobody else read the file
    try:
        save_file(arrays, path, {"kind": kind, "texts": json.dumps([text for text, _ in groups])})
    except SafetensorError as error:  # what the system refused has only a text in it
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error
    path.chmod(mode)


def load(path: Path, kind: str) -> list[Group]:
    """The groups of a file. Raises ``ValueError`` for a file that is damaged or of another kind, ``OSError``."""
    data: bytes | mmap.mmap
    with path.open("rb") as stream:
        small = os.fstat(stream.fileno()).st_size < _MAPPED
        data = stream.read() if small else mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    begin = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
    try:
        head = json.loads(data[_LENGTH:begin])
        about = head.pop("__metadata__")
        if about["kind"] != kind:
            raise ValueError(f"{path} is of another kind")
        groups: list[tuple[str, dict[str, NDArray[Any]]]] = [(str(text), {}) for text in json.loads(about["texts"])]
        for name, entry in head.items():
            number, own = name.split("/", 1)
            groups[int(number)][1][own] = _array(data, begin, entry)
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged") from error
    return list(groups)


def _array(data: bytes | mmap.mmap, begin: int, entry: Mapping[str, Any]) -> NDArray[Any]:
    """An array by its entry in the header; its place is counted from the end of the header."""
    kind, shape, (start, end) = np.dtype(_KINDS[entry["dtype"]]), entry["shape"], entry["data_offsets"]
    count = math.prod(shape)
    if count < 0 or start < 0 or count * kind.itemsize != end - start:
        raise ValueError("an array has not the size of its place")
    array: NDArray[Any] = np.frombuffer(data, kind, count, begin + start).reshape(shape)
    return array
