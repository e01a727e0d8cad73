"""The probabilistic index in a folder: the posteriorgrams of all lines, derived from the catalogue.

Each file is a part: one or more segments. The manifest names the parts that count. It is replaced in one step, after
its parts are written. So it is true after any crash: it says which catalogue the index is made from, and up to which
revision. Files that it does not name are left-overs.

The lock is held only while the manifest is written. New lines are laid out before that, and parts are merged beside it
(``indexer.search.tiers``).
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from indexer.posteriors.posteriorgram import readable
from indexer.search.changes import changes
from indexer.search.spotting.merging import dead_in, joined
from indexer.search.spotting.segment import FILE, MOST_LINES, Segment, SegmentLine, is_whole, load, packed, save
from indexer.search.spotting.stored import Stored, opened, same, shards_of, stored
from indexer.search.spotting.trouble import explained
from indexer.search.tiers import crowded, to_merge
from indexer.system.files import replacing, sync
from indexer.text.hyphenation import followed, is_divided
from indexer.translation import _
from indexer.values import Status
from indexer.values.errors import IndexBusyError, IndexFolderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexer.search.changes import Change
    from indexer.search.spotting.candidates import Spotter
    from indexer.values import Feed, IndexPage

_FORMAT = 13
"""Counts the changes of layout and folding. An index of another format is made anew."""
_MANIFEST = "manifest.json"
PATIENCE = 15.0
"""Seconds to wait for another process that is writing: writing takes a moment."""
_ATTEMPTS = 5
"""How often a search looks again when a part is gone that the manifest still named."""
_AT_ONCE = 600
"""Lines that a commit may always merge: that takes some hundredths of a second."""
_TIMES = 8
"""How many times as many lines as it brings a commit may merge."""

Live = tuple[Segment, "NDArray[np.bool_]"]
"""A segment, and which of its lines count."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A file, its size in bytes, how many of its lines count, and for each segment the pages that do not count any
    more."""

    file: str
    size: int
    lines: int
    dead: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Manifest:
    uuid: str
    revision: int = 0
    last_page: int = 0
    parts: tuple[_Part, ...] = ()
    format: int = _FORMAT


class _DamagedError(IndexFolderError):
    """A part is damaged. The whole index does not count any more."""


class ProbabilisticIndex:
    """The probabilistic index in a folder. Nothing is opened or made before it is needed. What is open is shared by all
    threads."""

    def __init__(self, folder: Path, shards: str = "1") -> None:
        self.folder = folder
        self._shards = shards_of(shards, folder)
        self._opened: dict[_Part, tuple[Live, ...]] = {}
        self._opening = threading.Lock()
        self._on: list[Stored] = []
        self._finder: Spotter | None = None

    def close(self) -> None:
        """End the processes of the shards."""
        if self._shards is not None:
            self._shards.close()

    def is_of(self, feed: Feed) -> bool:
        """Whether it holds an earlier state of the catalogue at least."""
        manifest = self._manifest()
        return manifest is not None and manifest.uuid == feed.uuid

    def agrees(self, feed: Feed) -> bool:
        """Whether it holds exactly what the catalogue has now."""
        manifest = self._manifest()
        if manifest is None or (manifest.uuid, manifest.revision) != (feed.uuid, feed.revision):
            return False
        try:
            self._open(manifest.parts)
        except _DamagedError:
            return False
        except OSError:  # merged meanwhile; any other trouble is reported by whoever opens it
            return True
        return True

    def segments(self) -> list[Live]:
        """The segments, each with which of its lines count; none when there is no index. What did not change are the
        same objects as before. Raises ``IndexFolderError`` when the index cannot be read."""
        return [each.live for each in self._stored()]

    def _stored(self) -> list[Stored]:
        """The same with where each is stored."""
        with explained(self.folder, "read"):
            for _ in range(_ATTEMPTS):
                manifest = self._manifest()
                try:
                    if manifest is not None:
                        parts = zip(manifest.parts, self._open(manifest.parts), strict=True)
                        return [each for part, lives in parts for each in stored(self.folder / part.file, lives)]
                except FileNotFoundError:
                    continue
        return []

    def finder(self, pages: frozenset[int] | None = None) -> Spotter:
        """A spotter on the newest state, for all ``pages`` or as if there were these alone. It shares with the one
        before what did not change."""
        segments = self._stored()
        with self._opening:
            if self._finder is None or self._finder.outdated or not same(segments, self._on):
                self._on, self._finder = segments, opened(segments, self._shards, self._finder)
            return self._finder if pages is None else self._finder.on(pages)

    def sync(self, feed: Feed, patience: float = PATIENCE, until: float = float("inf")) -> None:
        """Bring the index to the catalogue's state, or as far as it comes until then (on the monotonic clock).

        Raises ``IndexBusyError`` when another process keeps it locked, ``IndexFolderError`` when the disk will not
        take it.
        """
        try:
            self._bring_up(feed, patience, until)
        except _DamagedError:
            self._bring_up(feed, patience, until)

    def _bring_up(self, feed: Feed, patience: float, until: float) -> None:
        with explained(self.folder, "write"):
            self.folder.mkdir(parents=True, exist_ok=True)
        while (base := self._base(feed)).revision != feed.revision and time.monotonic() < until:
            for change in changes(feed, base.revision):
                with explained(self.folder, "write"):
                    made = self._commit(base, change, patience)
                if made is None:
                    break
                base, brought = made, sum(len(page.lines) for page in change.pages)
                while brought and self.tidy(max(_AT_ONCE, _TIMES * brought)):
                    pass
                if time.monotonic() >= until:
                    break

    def tidy(self, most: int | None = None) -> bool:
        """Merge parts where there are many of about the same size, of so many lines at most; whether there were any.

        Others read and write meanwhile. Does nothing while another process merges.
        """
        with explained(self.folder, "write"):
            try:
                with FileLock(self.folder / "joining.lock", timeout=0):
                    return self._joined(most)
            except Timeout:
                return False

    def _joined(self, most: int | None) -> bool:
        for left_over in self.folder.glob("*.part"):
            left_over.unlink(missing_ok=True)
        manifest = self._manifest()
        parts = manifest.parts if manifest is not None else ()
        sizes = [part.lines for part in parts]
        chosen = [parts[at] for at in to_merge(sizes)]
        if not chosen or (most is not None and sum(part.lines for part in chosen) > most and not crowded(sizes)):
            return False
        opened = self._open(chosen)
        segments, sources = joined([live for part in opened for live in part])
        path = self.folder / f"{secrets.token_hex(8)}.part"
        save(segments, path)
        sync(path)
        with self._locked(PATIENCE):
            now = self._manifest()
            if now is None:
                path.unlink()
                return False
            current = {part.file: part.dead for part in now.parts}
            # Of a part that is gone no page counts any more.
            after = [
                dead
                for part, lives in zip(chosen, opened, strict=True)
                for dead in current.get(part.file, [tuple(np.unique(each.pages).tolist()) for each, _ in lives])
            ]
            before = [dead for part in chosen for dead in part.dead]
            dead = [dead_in(own, before, after) for own in sources]
            left = sum(int((~np.isin(each.pages, gone)).sum()) for each, gone in zip(segments, dead, strict=True))
            file = path.rename(path.with_suffix(".ink"))
            kept = [part for part in now.parts if part.file not in {each.file for each in chosen}]
            made = _Part(file.name, file.stat().st_size, left, tuple(dead))
            self._write(_Manifest(now.uuid, now.revision, now.last_page, (*kept, *([made] if left else []))))
        return True

    def _base(self, feed: Feed) -> _Manifest:
        """The state to go on from; an empty one when there is none of this catalogue."""
        manifest = self._manifest()
        if manifest is None or manifest.uuid != feed.uuid or manifest.revision > feed.revision:
            return _Manifest(feed.uuid)
        return manifest

    def _commit(self, base: _Manifest, change: Change, patience: float) -> _Manifest | None:
        """The state after a change; ``None`` when another process has changed it meanwhile."""
        lines = list(_lines(change.pages))
        segments = [packed(lines[first : first + MOST_LINES]) for first in range(0, len(lines), MOST_LINES)]
        with self._locked(patience):
            now = self._manifest()
            if now is None and base.revision:
                return None
            if now is not None and now != base and (now.uuid == base.uuid and now.revision <= change.revision):
                if now.revision != base.revision:
                    return None
                base = now  # parts were joined
            outdated = change.outdated(base.last_page)
            parts = [self._without(part, outdated) for part in base.parts] if outdated else list(base.parts)
            parts += [self._written(segment) for segment in segments]
            last_page = change.last_page(base.last_page)
            made = _Manifest(base.uuid, change.revision, last_page, tuple(part for part in parts if part.lines))
            self._write(made)
        return made

    def _without(self, part: _Part, outdated: Sequence[int]) -> _Part:
        """The part without these pages; with 0 lines when nothing is left."""
        dead, lines = [], 0
        for (segment, alive), gone in zip(self._open([part])[0], part.dead, strict=True):
            hit = alive & np.isin(segment.pages, outdated)
            dead.append(tuple(sorted({*gone, *segment.pages[hit].tolist()})))
            lines += int(alive.sum()) - int(hit.sum())
        return _Part(part.file, part.size, lines, tuple(dead))

    def _written(self, segment: Segment) -> _Part:
        path = self.folder / f"{secrets.token_hex(8)}.ink"
        save([segment], path)
        sync(path)
        return _Part(path.name, path.stat().st_size, len(segment), ((),))

    def _open(self, parts: Sequence[_Part]) -> list[tuple[Live, ...]]:
        """The segments of parts; those that are open are the same objects as before."""
        with self._opening:
            files = {part.file: (part, lives) for part, lives in self._opened.items()}
            for part in parts:
                if part in self._opened:
                    continue
                before, lives = files.get(part.file, (None, None))
                if before is None or lives is None or before.size != part.size:
                    segments = self._loaded(part)
                    lives = tuple((each, np.ones(len(each), bool)) for each in segments)
                    before = _Part(part.file, part.size, 0, ((),) * len(segments))
                self._opened.pop(before, None)
                self._opened[part] = tuple(map(_without, lives, before.dead, part.dead))
            return [self._opened[part] for part in parts]

    def _loaded(self, part: _Part) -> list[Segment]:
        try:
            return load(self.folder / part.file)
        except OSError:
            raise
        except Exception as error:
            raise self._damaged(part) from error

    def _damaged(self, part: _Part) -> _DamagedError:
        """Note that a part is damaged: the index does not count any more."""
        with suppress(OSError):
            (self.folder / _MANIFEST).unlink(missing_ok=True)
        return _DamagedError(
            _("the probabilistic index in %(folder)s is damaged (%(file)s)", folder=self.folder, file=part.file),
            _("Run the command again: it is made anew from the catalogue."),
        )

    @contextmanager
    def looking(self) -> Iterator[None]:
        """While it is searched: an error is reported as damage if an open part is damaged."""
        try:
            yield
        except (ArithmeticError, LookupError, ValueError, MemoryError) as error:
            with self._opening:
                opened = [(part, segment) for part, lives in self._opened.items() for segment, _ in lives]
            for part, segment in opened:
                if not is_whole(segment):
                    raise self._damaged(part) from error
            raise

    def _forget(self, manifest: _Manifest) -> None:
        """Close what does not count any more."""
        files = {part.file for part in manifest.parts}
        with self._opening:
            for part in [part for part in self._opened if part.file not in files]:
                del self._opened[part]

    def _manifest(self) -> _Manifest | None:
        """The manifest, or ``None`` when there is none that can be used."""
        try:
            data: dict[str, Any] = json.loads((self.folder / _MANIFEST).read_text(encoding="utf-8"))
            parts = tuple(
                _Part(**{**part, "dead": tuple(tuple(each) for each in part["dead"])}) for part in data.pop("parts")
            )
            manifest = _Manifest(**data, parts=parts)
            whole = all(FILE.fullmatch(part.file) for part in parts)
            whole = whole and isinstance(manifest.revision, int) and isinstance(manifest.last_page, int)
            whole = whole and all((self.folder / part.file).stat().st_size == part.size for part in manifest.parts)
        except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        if manifest.format != _FORMAT or not whole:
            return None
        self._forget(manifest)
        return manifest

    def _write(self, manifest: _Manifest) -> None:
        """Let this manifest count from now on."""
        with replacing(self.folder / _MANIFEST, lasting=False) as new:
            new.write_text(json.dumps(asdict(manifest)), encoding="utf-8")
        self._forget(manifest)
        named = {part.file for part in manifest.parts}
        for file in self.folder.glob("*.ink"):
            if file.name not in named:
                try:
                    os.unlink(file)  # noqa: PTH108 - elsewhere than on Linux an open file stays until the next time
                except OSError:
                    continue

    @contextmanager
    def _locked(self, patience: float) -> Iterator[None]:
        try:
            with FileLock(self.folder / "lock", timeout=patience):
                yield
        except Timeout as error:
            raise IndexBusyError(
                _("another notes is writing to %(folder)s", folder=self.folder), _("Try again when it is done.")
            ) from error


def _without(live: Live, before: Sequence[int], now: Sequence[int]) -> Live:
    """The segment with more pages that do not count; unchanged when none of their lines counted."""
    segment, alive = live
    gone = alive & np.isin(segment.pages, sorted(set(now) - set(before)))
    return (segment, alive & ~gone) if gone.any() else live


def _lines(pages: Sequence[IndexPage]) -> Iterator[SegmentLine]:
    for page in pages:
        lines = [line for line in page.lines if line.status is not Status.REJECTED]
        for at, follows in enumerate(followed([line.text for line in lines], [line.block for line in lines])):
            line = lines[at]
            yield SegmentLine(
                *(line.id, page.id, line.confidence, line.status is Status.ACCEPTED, readable(line.posteriorgram)),
                own=line.own_posteriorgram,
                next=lines[at + 1].id if follows else 0,
                cut=follows and is_divided(line.text, lines[at + 1].text),
            )
