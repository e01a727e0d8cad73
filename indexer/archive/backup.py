"""A backup of an index folder in one file: what cannot be made again, and nothing else.

It is a zip of the catalogue, the documents that were added, the models that were trained, the tables that were
written down and the words that were searched for, with a list of their hashes. What is derived is not in it, nor is the
token of the server: it is a key.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.api.models import SHELVES
from indexer.archive.table_file import FOLDER as TABLES
from indexer.catalog import Catalog
from indexer.catalog.copying import copy_in, copy_out, ready_copy
from indexer.catalog.folder import address_in
from indexer.catalog.forgetting import FOLDER as FORGOTTEN
from indexer.catalog.people_copying import keep_people
from indexer.catalog.trouble import FILE_NAME
from indexer.system.files import make_folder, move, replacing, sync
from indexer.system.links import is_link, remove_link
from indexer.system.lock import indexing
from indexer.system.paths import is_gone, is_there
from indexer.translation import _
from indexer.values.errors import IndexFolderError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_LIST = "notes-backup.json"
_FORMAT = 1
_BLOCK = 1 << 20
_TIMES = 9
"""How many times the catalogue is copied at most."""
_MOST_LISTED = 500_000_000
"""The list of files has at most so many bytes: a longer one is not ours."""
_NAMES = re.compile(
    rf"{re.escape(FILE_NAME)}|searches\.txt|documents/[0-9a-f]{{64}}\.[^./\\:\s]+|tables/[\w-]+\.toml"
    rf"|{FORGOTTEN}/\d{{1,9}}/(?:{re.escape(FILE_NAME)}|documents/[0-9a-f]{{64}}\.[^./\\:\s]+)"
    r"|(?:models|readers)/[\w-]+/\w[\w.-]*(?<!\.)"
)
"""Paths in the index folder that a backup may hold. No other name is read or written."""
_UNPACKED = ".restoring-"
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Held:
    """What is in a backup: the number of documents, models and bytes. ``left_out`` are files that are not ours."""

    documents: int
    models: int
    size: int
    left_out: tuple[Path, ...] = ()


def backup(folder: Path, target: Path) -> Held:
    """Write a backup of an index folder that may be in use; raises ``UsageError`` when ``target`` cannot be written."""
    if not is_gone(target):
        raise UsageError(_("%(target)s is there already", target=target), _("Give the backup a new name."))
    with tempfile.TemporaryDirectory(prefix="notes-") as place, _told(f"the backup {target} cannot be written"):
        catalog = Path(place) / FILE_NAME
        names, left_out = _copied_out(folder, catalog)
        with replacing(target) as partial, zipfile.ZipFile(partial, "w", strict_timestamps=False) as archive:
            files = {name: _put(archive, name, folder / name) for name in names}
            files[FILE_NAME] = _put(archive, FILE_NAME, catalog)
            made = datetime.now(timezone.utc).isoformat(timespec="seconds")
            listed = json.dumps({"format": _FORMAT, "made": made, "files": files}, indent=1)
            archive.writestr(_LIST, listed, zipfile.ZIP_DEFLATED)
    return _held(files, left_out)


def _copied_out(folder: Path, catalog: Path) -> tuple[list[str], tuple[Path, ...]]:
    """Copy the catalogue into a new file; gives what ``_to_keep`` gives.

    The catalogue comes first: all that it names is in the folder by then. What is forgotten, or brought back, meanwhile
    is in another place: it is copied again.
    """
    for __ in range(_TIMES):
        forgotten, kept = copy_out(folder, catalog), _to_keep(folder)
        with Catalog(folder) as now:
            if forgotten == {(each.sha256, each.deed) for each in now.forgotten()}:
                return kept
        catalog.unlink()
    raise IndexFolderError(
        _("documents are being forgotten or brought back all the time"), _("Make the backup after that.")
    )


def _to_keep(folder: Path) -> tuple[list[str], tuple[Path, ...]]:
    """The files of an index folder to keep beside the catalogue, and the files in its folders that are not ours."""
    found = [
        folder / "searches.txt",
        *(folder / "documents").glob("*"),
        *(folder / TABLES).glob("*.toml"),
        *(folder / FORGOTTEN).glob("*/*"),
        *(folder / FORGOTTEN).glob("*/documents/*"),
        *(path for shelf in SHELVES for path in (folder / shelf).glob("*/*")),
    ]
    named = {path.relative_to(folder).as_posix(): path for path in sorted(found) if path.is_file()}
    linked = {name for name, path in named.items() if any(map(is_link, (path, path.parent, path.parent.parent)))}
    kept = [name for name in named if _NAMES.fullmatch(name) and name not in linked]
    return kept, tuple(named[name] for name in named if name not in kept and not named[name].name.startswith("."))


def _put(archive: zipfile.ZipFile, name: str, path: Path) -> dict[str, object]:
    info = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    info.compress_type = zipfile.ZIP_STORED if name.startswith("documents/") else zipfile.ZIP_DEFLATED
    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as into:
        sha256, size = _copied(source, into)
    return {"sha256": sha256, "size": size}


def restore(
    source: Path, folder: Path, *, replace: bool = False, say: Callable[[str], None] = lambda _text: None
) -> Held:
    """Bring a backup into an index folder. Everything in it is checked before anything is changed, and who may come in
    afterwards is said.

    Files that lie in the folder and are not in the backup stay, and so do the users of the folder. Raises
    ``UsageError`` when the file is no whole backup. It also raises it when there is an index already, unless that is to
    be ``replace``d.
    """
    if address_in(folder) is not None:
        raise UsageError(
            _("the catalogue of the index in %(folder)s is shared: a backup is not put in its place", folder=folder),
            _("Restore into another folder with --index; notes catalog move takes it into an empty database."),
        )
    if not replace and any(not is_gone(folder / name) for name in (FILE_NAME, "documents", *SHELVES)):
        raise UsageError(
            _("there is an index in %(folder)s already", folder=folder),
            _("Name another folder with --index, or insist with --replace."),
        )
    with (
        indexing(folder),
        _told(f"the backup {source} cannot be brought into {folder}"),
        _place_in(folder) as place,
    ):
        files = _taken_out(source, place)
        ready_copy(place)
        if told := keep_people(place, folder):
            say(told)
        for name in files.keys() - {FILE_NAME}:
            if "/" in name:
                for parent in (*reversed(Path(name).parents),)[1:]:
                    remove_link(folder / parent)
            make_folder((folder / name).parent)
            for log in ("-wal", "-shm", "-journal"):  # of the catalogue that lay there, after a crash
                (folder / f"{name}{log}").unlink(missing_ok=True)
            move(place / name, folder / name)
        copy_in(place, folder)
    return _held(files)


@contextmanager
def _place_in(folder: Path) -> Iterator[Path]:
    """A folder to unpack in, on the same disk. What a killed run left of an earlier one is deleted."""
    for left in folder.glob(f"{_UNPACKED}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_UNPACKED, dir=folder) as place:
        yield Path(place)


def _taken_out(source: Path, place: Path) -> dict[str, Any]:
    """Unpack a backup into a folder and check each file; gives what its list says of them."""
    with _opened(source) as archive:
        files = _listed(archive, source)
        _check_room(files, place)
        for name, facts in files.items():
            _take_out(archive, name, facts, place, source)
    return files


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    """The backup in a file. Whatever is damaged in it becomes one sentence."""
    if not is_there(source):
        raise UsageError(_("there is no backup %(source)s", source=source), _("Is its drive attached?"))
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except _DAMAGE as error:
        raise _damaged(source, str(error) or type(error).__name__) from error


def _listed(archive: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    """The files of a backup with sizes and hashes; raises ``UsageError`` when it does not hold exactly these."""
    if archive.getinfo(_LIST).file_size > _MOST_LISTED:
        raise _damaged(source, "its list of files is too long")
    told = json.loads(archive.read(_LIST))
    if told["format"] != _FORMAT:
        raise UsageError(
            _("%(source)s was made by a newer notes", source=source),
            _("Update notes: in a newer checkout of it, pip install ."),
        )
    files: dict[str, Any] = {str(name): facts for name, facts in told["files"].items()}
    infos = [info for info in archive.infolist() if info.filename != _LIST]
    for info in infos:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if not _NAMES.fullmatch(info.filename) or kind not in (0, stat.S_IFREG):
            raise _damaged(source, f"it has something in it that belongs to no index: {info.filename!r}")
    if FILE_NAME not in files or sorted(files) != sorted(info.filename for info in infos):
        raise _damaged(source, "what is in it is not what its list says")
    return files


def _check_room(files: Mapping[str, Any], place: Path) -> None:
    needed = sum(int(facts["size"]) for facts in files.values())
    if needed > shutil.disk_usage(place).free:
        raise IndexFolderError(
            _("the backup needs %(needed)s bytes, and there is no room for them", needed=format(needed, ",")),
            _("Free some space."),
        )


def _take_out(archive: zipfile.ZipFile, name: str, facts: Mapping[str, Any], place: Path, source: Path) -> None:
    target = place / name
    target.parent.mkdir(parents=True, exist_ok=True)
    size = int(facts["size"])
    with archive.open(name) as packed, target.open("xb") as into:
        found = _copied(packed, into, size)
    sync(target)
    if found != (facts["sha256"], size):
        raise _damaged(source, f"{name} is not what was put into it")


def _copied(source: Any, into: Any, most: int | None = None) -> tuple[str, int]:
    """Copy a stream, at most a block more than ``most`` bytes; gives its hash and size."""
    digest, size = hashlib.sha256(), 0
    while (most is None or size <= most) and (block := source.read(_BLOCK)):
        digest.update(block)
        size += len(block)
        into.write(block)
    return digest.hexdigest(), size


def _damaged(source: Path, why: str) -> UsageError:
    return UsageError(
        _("%(source)s is no whole backup of notes: %(why)s", source=source, why=why),
        _("Nothing was changed. Use another backup."),
    )


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexFolderError(
            f"{what}: {(error.strerror or str(error)).lower()}", _("Is there room, and a drive?")
        ) from error


def _held(files: Mapping[str, Any], left_out: tuple[Path, ...] = ()) -> Held:
    documents = [name for name in files if name.startswith("documents/")]
    models = {name.split("/")[1] for name in files if name.split("/")[0] in SHELVES}
    return Held(len(documents), len(models), sum(int(facts["size"]) for facts in files.values()), left_out)
