"""Training lines in files: a tar of line images and, beside it, a JSON record for each line.

A record has ``file`` (the name in the tar), ``text``, ``collection`` and ``page``. It may have ``dev`` (the line is
never trained on), ``cut`` (``detector`` when an engine cut the line out, else it is the rectangle around a region),
``language`` (ISO 639) and ``ships`` (``false`` when the line may not be passed on).
"""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from .lines import DETECTOR, TRUTH, Laid, TrainingLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def read_shard(tar: Path, *, lying: bool = False) -> Iterator[TrainingLine]:
    """The lines of a tar with JSON beside it, without those marked ``dev``.

    Images that are ``lying`` stay in the tar until they are asked for: so lines go to other processes at once.
    """
    with tar.with_suffix(".jsonl").open(encoding="utf-8") as records, tarfile.open(tar) as images:
        for record in map(json.loads, records):
            member = images.getmember(record["file"])
            if not member.isreg() or record.get("dev"):
                continue
            place = Laid(tar, member.offset_data, member.size)
            cut = DETECTOR if record.get("cut") == DETECTOR else TRUTH
            page = f"{record['collection']}/{record['page']}"
            language, ships = str(record.get("language") or ""), bool(record.get("ships", True))
            line = TrainingLine(place, str(record["text"]), page, cut, language=language, ships=ships)
            yield line if lying else replace(line, image=line.data)


def write_shard(tar: Path, lines: Iterable[TrainingLine]) -> int:
    """Write lines as ``read_shard`` reads them, and say how many there were."""
    number = 0
    with tar.with_suffix(".jsonl").open("w", encoding="utf-8") as records, tarfile.open(tar, "w") as images:
        for number, line in enumerate(lines, 1):
            name = f"{number:06}.webp"
            entry = tarfile.TarInfo(name)
            data = line.data
            entry.size = len(data)
            images.addfile(entry, io.BytesIO(data))
            collection, _, page = line.page.partition("/")
            record: dict[str, Any] = {
                "file": name,
                "text": line.text,
                "collection": collection,
                "page": page,
                "cut": line.cut,
            }
            if line.language:
                record["language"] = line.language
            if not line.ships:
                record["ships"] = False
            records.write(json.dumps(record, ensure_ascii=False) + "\n")
    return number


def image_bytes(pixels: np.ndarray, quality: int = 80) -> bytes:
    """A grey line image as WebP."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=quality)
    return buffer.getvalue()
