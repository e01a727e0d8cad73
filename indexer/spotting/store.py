"""The ink index in a folder: every line of the archive with its frames, derived from the catalogue.

A file is a segment, and a manifest says which of them count. It is replaced in one step, after the segments it names
are written: whatever a crash leaves behind, it says truly which catalogue the index is made from, up to which
revision. Files it does not name are left-overs.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from indexer.changes import changes
from indexer.errors import IndexFolderError
from indexer.files import replacing
from indexer.frames import readable
from indexer.model import Status
from indexer.spotting.segment import MOST_LINES, InkLine, Segment, load, merged, packed, save
from indexer.tiers import to_merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexer.changes import Change
    from indexer.model import Feed, IndexPage

_FORMAT = 4
"""Counts the changes of layout and folding: an index of another format is made again."""
_MANIFEST = "manifest.json"
_PATIENCE = 15.0
"""Seconds to wait for another process that is writing; its batches are short."""
_ATTEMPTS = 5
"""Times that a reader looks again when a segment was merged away between reading the manifest and opening it."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A segment's file, its bytes, how many of its lines count, and the pages whose lines in it do not any more."""

    file: str
    size: int
    lines: int
    dead: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Manifest:
    uuid: str
    revision: int = 0
    last_page: int = 0
    parts: tuple[_Part, ...] = ()
    format: int = _FORMAT


class InkIndex:
    """The ink index in a folder. Nothing is opened or made before it is needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def agrees(self, feed: Feed) -> bool:
        """Whether it holds exactly what the catalogue has now."""
        manifest = self._manifest()
        return manifest is not None and (manifest.uuid, manifest.revision) == (feed.uuid, feed.revision)

    def segments(self) -> list[tuple[Segment, NDArray[np.bool_]]]:
        """The segments, each with which of its lines count; none when there is no index."""
        for _ in range(_ATTEMPTS):
            manifest = self._manifest()
            try:
                if manifest is not None:
                    return [self._opened(part) for part in manifest.parts]
            except FileNotFoundError:
                continue
        return []

    def sync(self, feed: Feed) -> None:
        """Bring the index to the catalogue's state.

        Raises ``IndexFolderError`` when another process keeps it locked or the disk will not take it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "lock", timeout=_PATIENCE):
                self._catch_up(feed)
        except Timeout as error:
            message = f"another notes is writing to {self.folder}"
            raise IndexFolderError(message, "Try again when it is done.") from error
        except OSError as error:
            raise IndexFolderError(
                f"cannot write the ink index in {self.folder}: {(error.strerror or str(error)).lower()}",
                "Check the folder's permissions and free space, then run the command again: what was read is kept.",
            ) from error

    def _catch_up(self, feed: Feed) -> None:
        manifest = self._manifest()
        if manifest is None or manifest.uuid != feed.uuid or manifest.revision > feed.revision:
            manifest = _Manifest(feed.uuid)
        if manifest.revision != feed.revision:
            for change in changes(feed, manifest.revision):
                manifest = self._commit(manifest, change)

    def _commit(self, manifest: _Manifest, change: Change) -> _Manifest:
        outdated = set(change.outdated(manifest.last_page))
        parts = [self._without(part, outdated) for part in manifest.parts] if outdated else list(manifest.parts)
        lines = list(_lines(change.pages))
        for first in range(0, len(lines), MOST_LINES):
            parts.append(self._written(packed(lines[first : first + MOST_LINES]), parts))
        parts = self._tidied([part for part in parts if part.lines])
        made = _Manifest(manifest.uuid, change.revision, change.last_page(manifest.last_page), tuple(parts))
        with replacing(self.folder / _MANIFEST) as new:
            new.write_text(json.dumps(asdict(made)), encoding="utf-8")
        self._sweep(made)
        return made

    def _without(self, part: _Part, outdated: set[int]) -> _Part:
        """The part with these pages dead; of no lines when it has none left."""
        segment, _ = self._opened(part)
        dead = sorted({*part.dead, *outdated.intersection(np.unique(segment.pages).tolist())})
        left = int((~np.isin(segment.pages, dead)).sum())
        return _Part(part.file, part.size, left, tuple(dead))

    def _tidied(self, parts: list[_Part]) -> list[_Part]:
        chosen = to_merge([part.lines for part in parts])
        if not chosen:
            return parts
        joined = merged([self._opened(parts[at]) for at in chosen])
        kept = [part for at, part in enumerate(parts) if at not in chosen]
        return [*kept, self._written(joined, parts)]

    def _written(self, segment: Segment, parts: Sequence[_Part]) -> _Part:
        number = max((int(part.file.partition(".")[0]) for part in parts), default=0) + 1
        while (self.folder / f"{number}.ink").exists():  # a left-over, perhaps still open in another process
            number += 1
        path = self.folder / f"{number}.ink"
        save(segment, path)
        return _Part(path.name, path.stat().st_size, len(segment))

    def _opened(self, part: _Part) -> tuple[Segment, NDArray[np.bool_]]:
        segment = load(self.folder / part.file)
        return segment, ~np.isin(segment.pages, np.array(part.dead, np.int64))

    def _manifest(self) -> _Manifest | None:
        """What counts, or ``None`` when there is nothing that can be used."""
        try:
            data: dict[str, Any] = json.loads((self.folder / _MANIFEST).read_text(encoding="utf-8"))
            parts = tuple(_Part(**{**part, "dead": tuple(part["dead"])}) for part in data.pop("parts"))
            manifest = _Manifest(**data, parts=parts)
            whole = all((self.folder / part.file).stat().st_size == part.size for part in manifest.parts)
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None
        return manifest if manifest.format == _FORMAT and whole else None

    def _sweep(self, manifest: _Manifest) -> None:
        named = {part.file for part in manifest.parts}
        for file in self.folder.glob("*.ink"):
            if file.name not in named:
                try:
                    os.unlink(file)  # noqa: PTH108 - elsewhere than on Linux an open file stays until the next time
                except OSError:
                    continue


def _lines(pages: Sequence[IndexPage]) -> Iterator[InkLine]:
    for page in pages:
        for line in page.lines:
            if line.status is not Status.REJECTED:
                accepted = line.status is Status.ACCEPTED
                yield InkLine(line.id, page.id, line.confidence, accepted, readable(line.frames))
