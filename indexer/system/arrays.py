"""Files of arrays that are mapped into memory when they are large, and read when they are small."""

from __future__ import annotations

import json
import mmap
import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_MAPPED = 1 << 22
"""Bytes from which a file is mapped, and stays open."""

Group = tuple[str, "Mapping[str, NDArray[Any]]"]
"""A text, and arrays by their names."""


def save(path: Path, magic: bytes, groups: Sequence[Group]) -> None:
    """Write groups of arrays to a new file that begins with the magic bytes."""
    heads = [
        {"text": text, "arrays": {name: [array.dtype.str, array.shape] for name, array in arrays.items()}}
        for text, arrays in groups
    ]
    head = json.dumps(heads).encode()
    with path.open("wb") as stream:
        stream.write(magic + len(head).to_bytes(8, "little") + head)
        for _, arrays in groups:
            for array in arrays.values():
                stream.write(bytes(-stream.tell() % 8))
                stream.write(np.ascontiguousarray(array).data)


def load(path: Path, magic: bytes) -> list[Group]:
    """The groups of a file. Raises ``ValueError`` for one that is not as it was written, ``OSError``."""
    data: bytes | mmap.mmap
    with path.open("rb") as stream:
        small = os.fstat(stream.fileno()).st_size < _MAPPED
        data = stream.read() if small else mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    if data[: len(magic)] != magic:
        raise ValueError(f"{path} does not begin as it should")
    at = len(magic) + 8
    end = at + int.from_bytes(data[len(magic) : at], "little")
    groups: list[Group] = []
    try:
        heads = json.loads(data[at:end])
        for head in heads:
            arrays = {}
            for name, (kind, shape) in head["arrays"].items():
                if np.dtype(kind).hasobject:
                    raise ValueError(f"{path} holds what are no numbers")
                end += -end % 8
                arrays[name] = np.frombuffer(data, kind, int(np.prod(shape)), end).reshape(shape)
                end += arrays[name].nbytes
            groups.append((str(head["text"]), arrays))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged") from error
    return groups
