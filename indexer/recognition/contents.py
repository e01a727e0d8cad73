"""The pages of a file, wherever it lies, and the files inside a container: each is read by the source of its suffix."""

from __future__ import annotations

import re
import tempfile
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.formats.reading import SUFFIXES
from indexer.recognition.discovery import is_of_a_system
from indexer.recognition.sidecars import looked_at
from indexer.system.originals import source_file
from indexer.system.paths import MACOS, place_key
from indexer.translation import _
from indexer.values import Inside, SourceFile
from indexer.values.errors import NotesError, PluginError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from indexer.api.registry import Registry
    from indexer.values import Packed, Page, Source, SourceOptions

_MOST_BYTES = 1_000_000_000
"""The most bytes of one file inside a container."""
_MOST_IN_ALL = 20_000_000_000
"""The most bytes that are unpacked of one file on the disk while looking into it."""
_MOST_FILES = 10_000
"""The most files inside one file on the disk that are looked at."""
_BLOCK = 1 << 20
_LEADS_OUT = re.compile(r"[A-Za-z]:|/|(?:.*/)?\.\.(?:/|$)")
"""Names that would lie outside the folder into which a container is unpacked."""
_FORKS = "__MACOSX"
"""The folder in which archives made on a Mac keep what belongs to no other system."""


_REST = "(the rest)"
"""What is said to lie in a container from where it is damaged on."""


@dataclass(slots=True)
class _Left:
    """How much of a file on the disk may still be unpacked."""

    bytes: int
    files: int


def pages_of(registry: Registry, file: SourceFile, options: SourceOptions) -> Generator[Page, None, None]:
    """The pages of a file on the disk or inside another one. Close it if not all are taken.

    Raises ``PluginError`` if no source reads it, or if it is not inside the other any more as it was found.
    """
    source = registry.source_for((file.holder or file).path)
    if source is None:
        raise PluginError(
            _("no source plugin reads such files: %(name)s", name=file.path.suffix or file.path.name),
            kind="unsupported",
        )
    if file.holder is None or source.contents is None:
        yield from source.pages(file, options)
        return
    with _one_unpacked(registry, source, file, options) as unpacked:
        yield from pages_of(registry, unpacked, options)


@contextmanager
def unpacked_file(registry: Registry, file: SourceFile, options: SourceOptions) -> Iterator[Path]:
    """A file on the disk; one inside a container lies in a temporary folder meanwhile. Raises as ``pages_of``."""
    source = registry.source_for(file.holder.path) if file.holder else None
    if source is None or source.contents is None:
        yield file.path
        return
    with (
        _one_unpacked(registry, source, file, options) as unpacked,
        unpacked_file(registry, unpacked, options) as path,
    ):
        yield path


@contextmanager
def _one_unpacked(registry: Registry, source: Source, file: SourceFile, options: SourceOptions) -> Iterator[SourceFile]:
    """A file, once the outermost file that holds it was taken out of the container."""
    assert file.holder is not None  # noqa: S101 - who asks has looked
    with closing(_named(registry, source, file.holder, options)) as given:
        for names, packed in given:
            if file.names[: len(names)] == names:
                with _unpacked(packed, registry.suffix_of(Path(names[-1])), _MOST_BYTES) as path:
                    yield _as_unpacked(file, names, path)
                return
    raise _changed()


def _as_unpacked(file: SourceFile, names: tuple[str, ...], path: Path) -> SourceFile:
    """A file, once what these names lead to was unpacked there. Raises ``PluginError`` if it is another one by now."""
    outer, rest = source_file(path), file.names[len(names) :]
    if not rest and outer.sha256 != file.sha256:
        raise _changed()
    return replace(file, path=path.joinpath(*rest), stamp=outer.stamp, holder=outer if rest else None)


def _changed() -> PluginError:
    return PluginError(_("it is not the file any more that was found there"), _("Index it again."), kind="changed")


def files_inside(registry: Registry, file: SourceFile, options: SourceOptions) -> Iterator[Inside]:
    """The files inside a file on the disk and inside these, in order."""
    yield from _inside(registry, file, options, (), _Left(_MOST_IN_ALL, _MOST_FILES))


def _inside(
    registry: Registry, file: SourceFile, options: SourceOptions, above: tuple[Source, ...], left: _Left
) -> Iterator[Inside]:
    source = registry.source_for(file.path)
    if source is None or source.contents is None:
        yield from source.inside(file, options) if source and source.inside else ()
        return
    within, begun = (*above, source), False
    try:
        with closing(_named(registry, source, file, options)) as given:
            for names, packed in given:
                begun = True
                left.files -= 1
                if left.files < 0:
                    why = f"this and what follows is left: at most {_MOST_FILES} files"
                    yield Inside(names, trouble=("too-large", why))
                    return
                yield from _one_inside(registry, names, packed, options, within, left)
    except PluginError as error:
        if not begun and not above:
            raise
        yield Inside((_REST,), trouble=_trouble(error))  # what came before is whole


def _trouble(error: PluginError) -> tuple[str, str]:
    return error.kind, error.whole


def _one_inside(
    registry: Registry,
    names: tuple[str, ...],
    packed: Packed,
    options: SourceOptions,
    within: tuple[Source, ...],
    left: _Left,
) -> Iterator[Inside]:
    """A file of a container, and what is inside it."""
    source = registry.source_inside(names[-1])
    if source is None or any(name.startswith(".") for name in names):
        yield _text(registry, names, packed, left)
        return
    try:
        _check(packed, source, within)
        with _unpacked(packed, registry.suffix_of(Path(names[-1])), min(_MOST_BYTES, left.bytes)) as path:
            file = source_file(path)
            left.bytes -= file.size
            if not file.size:
                raise PluginError(_("the file is empty (0 bytes)"), kind="empty")
            yield Inside(names, file.sha256, file.size)
            with suppress(PluginError):  # reading its pages will say what is wrong
                for each in _inside(registry, file, options, within, left):
                    yield replace(each, names=(*names, *each.names))
    except PluginError as error:
        yield Inside(names, trouble=_trouble(error))


def _text(registry: Registry, names: tuple[str, ...], packed: Packed, left: _Left) -> Inside:
    """A file of a container that no source reads: text that may be of pages there, or nothing that is of use."""
    suffix = Path(names[-1]).suffix.lower()
    if suffix not in (*SUFFIXES, *registry.text_suffixes()) or any(name.startswith(".") for name in names):
        return Inside(names)
    try:
        _check(packed, None, ())
        with _unpacked(packed, suffix, min(_MOST_BYTES, left.bytes)) as path:
            found = looked_at(path)
    except PluginError:  # passed over as before: nobody knows whether it was of use
        return Inside(names)
    left.bytes -= found.size if found else 0
    return Inside(names, found.sha256, found.size, is_text=True) if found and found.sha256 else Inside(names)


def _check(packed: Packed, source: Source | None, within: Iterable[Source]) -> None:
    """Raise ``PluginError`` for a name that leads out, and for a container inside one of its kind."""
    if _LEADS_OUT.match(packed.name.replace("\\", "/")):
        raise PluginError(
            _("its name leads out of what it lies in (%(name)s)", name=repr(packed.name[:200])), kind="leads-out"
        )
    if source is not None and source in within:
        hint = _("Unpack it, and index what was in it.")
        raise PluginError(_("it lies in a file of its own kind, and is not opened there"), hint, kind="nested")


def _named(
    registry: Registry, source: Source, file: SourceFile, options: SourceOptions
) -> Generator[tuple[tuple[str, ...], Packed], None, None]:
    """The files of a container with names that a path can have, each unlike all others on every system."""
    assert source.contents is not None  # noqa: S101 - who asks has looked
    taken: dict[str, int] = {}
    for packed in source.contents(file, options):
        names = _names(registry, packed.name)
        if not is_of_a_system(names[-1]) and _FORKS not in names:
            yield _unlike(names, taken), packed


def _names(registry: Registry, name: str) -> tuple[str, ...]:
    """A name as the parts of a path. No folder has a suffix that a source reads: then it is told from a file."""
    text = "".join(char if char.isprintable() else "_" for char in name).replace("\\", "/")
    parts = [part for part in (each.strip() for each in text.split("/")) if part not in ("", ".", "..")] or ["file"]
    folders = (f"{part}_" if registry.source_inside(part) else part for part in parts[:-1])
    return (*folders, parts[-1])


def _unlike(names: tuple[str, ...], taken: dict[str, int]) -> tuple[str, ...]:
    """The names; the last gets a number if some system would take them for the same as earlier ones.

    ``taken`` has the last number that each name got, so that thousands of the same name take no longer than others.
    """
    last, key = Path(names[-1]), _key(names)
    several = (
        (number, names[-1] if number == 1 else f"{last.stem} ({number}){last.suffix}")
        for number in count(taken.get(key, 0) + 1)
    )
    number, chosen = next(each for each in several if each[0] == 1 or _key((*names[:-1], each[1])) not in taken)
    taken[key] = number
    taken.setdefault(_key((*names[:-1], chosen)), 1)
    return (*names[:-1], chosen)


def _key(names: tuple[str, ...]) -> str:
    return place_key("/".join(names), MACOS)


@contextmanager
def _unpacked(packed: Packed, suffix: str, most: int) -> Iterator[Path]:
    """A file of a container in a temporary folder. Raises ``PluginError`` if it cannot be had or is too large."""
    with tempfile.TemporaryDirectory(prefix="notes-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / f"file{suffix}"
        blocks = _blocks(packed, most)
        try:
            with path.open("wb") as kept:
                kept.writelines(blocks)
        except OSError as error:
            message = f"it cannot be unpacked: {(error.strerror or str(error)).lower()}"
            raise PluginError(
                message, _("Is there room in %(gettempdir)s?", gettempdir=tempfile.gettempdir()), kind="unreadable"
            ) from error
        yield path


def _blocks(packed: Packed, most: int) -> Iterator[bytes]:
    """The content of a file, piece by piece. Whatever a damaged container raises is a ``PluginError``."""
    size = 0
    try:
        with packed.open() as stream:
            while block := stream.read(_BLOCK):
                size += len(block)
                if size > most:
                    raise _too_large(most)
                yield block
    except NotesError:
        raise
    except Exception as error:  # modules for archives raise many kinds of errors for damaged files
        raise PluginError(
            _("it is damaged (%(why)s)", why=str(error) or type(error).__name__), _("Restore it from a backup.")
        ) from error


def _too_large(most: int) -> PluginError:
    if most < _MOST_BYTES:
        message = "it is too large together with what lies beside it"
    else:
        message = f"it is larger than {most // 1_000_000} MB"
    return PluginError(message, _("Unpack it, and index it by itself."), kind="too-large")
