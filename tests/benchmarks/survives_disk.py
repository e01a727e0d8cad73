"""A disk as a power cut leaves it: made from the system calls of a process, as ``strace`` told them.

What is certain is only what was synced: the content of a file by ``fsync`` of it, a name in a folder by ``fsync`` of
the folder. Of everything else a power cut may keep as much as it likes, or nothing.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

CALLS = (
    "openat,write,pwrite64,pwritev,pwritev2,writev,ftruncate,truncate,fallocate,fsync,fdatasync,sync_file_range,rename,"
    "renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,sendfile,copy_file_range,lseek"
)
"""The calls that a disk follows."""
Left = Literal["nothing", "names", "some"]
"""What of that which was not synced a power cut leaves: the names with zeros in the files, or this and that."""

_LINE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)(.*)", re.DOTALL)
_FILE = re.compile(r"(\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>")
_HERE = re.compile(r"AT_FDCWD<((?:\\x[0-9a-f]{2})+)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_CUT, _GOES_ON = " <unfinished ...>", re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)", re.DOTALL)


@dataclass(slots=True, eq=False)
class Node:
    """A file or a folder: as processes see it, and as it is certain to be on the disk."""

    is_folder: bool
    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    names: dict[str, Node] = field(default_factory=dict)
    synced_names: dict[str, Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that did something: its name, the paths in it, bytes, the numbers in it and what it gave."""

    name: str
    paths: tuple[str, ...]
    data: bytes
    numbers: tuple[int, ...]
    given: int
    options: str
    handle: int


def calls(trace: Path) -> Iterator[Call]:
    """The calls that went well, in their order."""
    begun: dict[str, str] = {}
    here = b""  # where the process stands: other calls than those with a handle of a folder do not tell it
    with trace.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            text = line.rstrip("\n")
            if text.endswith(_CUT):
                begun[text.split(" ", 1)[0]] = text[: -len(_CUT)]
                continue
            resumed = _GOES_ON.match(text)
            if resumed:
                text = begun.pop(resumed[1], "") + resumed[2]
            found = _LINE.match(text)
            stands = _HERE.search(text)
            here = _bytes(stands[1]) if stands else here
            if found and int(found[4]) >= 0:
                yield _call(found[2], found[3], int(found[4]), found[5], here)


def _call(name: str, said: str, given: int, after: str, here: bytes) -> Call:
    handles = [(number, _bytes(path)) for number, path in _FILE.findall(said)]
    texts = [_bytes(text) for text in _TEXT.findall(said)]
    opened = [_bytes(path) for _, path in _FILE.findall(f"{given}{after}")] if name == "openat" else []
    bare = _TEXT.sub("", _FILE.sub("", said))
    numbers = tuple(int(each) for each in re.findall(r"(?<![\w|])(\d+)(?![\w|])", bare))
    if "write" in name:
        paths, data = [path for _, path in handles[:1]], b"".join(texts)[:given]
    else:
        folder = next((path for number, path in handles if number == "AT_FDCWD"), here)
        if name == "unlinkat" and handles:
            folder = handles[0][1]
        named = [text if text.startswith(b"/") else folder + b"/" + text for text in texts]
        paths, data = opened or named or [path for _, path in handles[:1]], b""
    handle = given if name == "openat" else int(handles[0][0]) if handles and handles[0][0].isdecimal() else -1
    return Call(name, tuple(os.fsdecode(os.path.normpath(each)) for each in paths), data, numbers, given, said, handle)


def _bytes(hexed: str) -> bytes:
    return bytes.fromhex(hexed.replace("\\x", ""))


class Disk:
    """A folder on a disk. All that is in it at first is certain."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._top = _kept(root)
        self._at: dict[int, int] = {}
        self.unknown: set[str] = set()
        """Calls that changed a file in a way that is not followed."""

    def happens(self, call: Call) -> bool:
        """Follow a call; whether it was about this folder and changed something, or made something certain."""
        paths = [path for path in call.paths if path == self._root or path.startswith(self._root + os.sep)]
        if not paths:
            return False
        match call.name:
            case "openat":
                return self._opened(call, paths[0])
            case "lseek":
                self._at[call.handle] = call.given
                return False
            case "write" | "writev":
                at = self._place(call, paths[0])
                self._write(paths[0], call.data, at)
                if self._at.get(call.handle, 0) >= 0:
                    self._at[call.handle] = at + len(call.data)
            case "pwrite64" | "pwritev" | "pwritev2":
                self._write(paths[0], call.data, call.numbers[-1])
            case "ftruncate" | "truncate":
                self._resize(paths[0], call.numbers[-1])
            case "fsync" | "fdatasync":
                self._sync(paths[0])
            case _:
                self._names_change(call, paths[0])
        return True

    def _names_change(self, call: Call, path: str) -> None:
        folder, name = self._folder(path)
        match call.name:
            case "rename" | "renameat" | "renameat2":
                self._rename(*call.paths)
            case "unlink" | "unlinkat" | "rmdir":
                folder.names.pop(name, None)
            case "mkdir" | "mkdirat":
                folder.names[name] = Node(is_folder=True)
            case other:
                self.unknown.add(other)

    def _opened(self, call: Call, path: str) -> bool:
        self._at[call.handle] = 0
        if path == self._root:
            return False
        folder, name = self._folder(path)
        made = name not in folder.names and "O_CREAT" in call.options
        if made:
            folder.names[name] = Node(is_folder=False)
        if "O_TRUNC" in call.options and name in folder.names:
            folder.names[name].data.clear()
        if "O_APPEND" in call.options:
            self._at[call.handle] = -1
        return made or "O_TRUNC" in call.options

    def _place(self, call: Call, path: str) -> int:
        at = self._at.get(call.handle, 0)
        return len(self._node(path).data) if at < 0 else at

    def _write(self, path: str, data: bytes, at: int) -> None:
        kept = self._node(path).data
        if len(kept) < at:
            kept.extend(bytes(at - len(kept)))
        kept[at : at + len(data)] = data

    def _resize(self, path: str, size: int) -> None:
        kept = self._node(path).data
        kept[size:] = bytes(max(0, size - len(kept)))

    def _sync(self, path: str) -> None:
        node = self._node(path)
        node.synced, node.synced_names = bytes(node.data), dict(node.names)

    def _rename(self, start: str, to: str) -> None:
        folder, name = self._folder(start)
        node = folder.names.pop(name)
        into, called = self._folder(to)
        into.names[called] = node

    def _node(self, path: str) -> Node:
        if path == self._root:
            return self._top
        folder, name = self._folder(path)
        return folder.names[name] if name in folder.names else Node(is_folder=False)  # its name is gone by now

    def _folder(self, path: str) -> tuple[Node, str]:
        *above, name = Path(path).relative_to(self._root).parts
        node = self._top
        for each in above:
            node = node.names.get(each, Node(is_folder=True))
        return node, name

    def after_cut(self, folder: Path, left: Left, chance: random.Random) -> None:
        """Write into a new folder what is there when the power is cut now."""
        _laid(self._top, folder, left, chance, {})


def _kept(path: Path) -> Node:
    if not path.is_dir():
        data = path.read_bytes()
        return Node(False, bytearray(data), data)
    names = {each.name: _kept(each) for each in path.iterdir() if not each.is_socket()}
    return Node(True, names=names, synced_names=dict(names))


def _laid(node: Node, path: Path, left: Left, chance: random.Random, new: dict[int, bool]) -> None:
    """Lay down a file or folder. ``new`` has the files whose names are those of now: a renaming is one step."""
    if not node.is_folder:
        path.write_bytes(_content(node, left, chance))
        return
    path.mkdir()

    def is_new(each: Node | None) -> bool:
        if each is None:
            return False
        return new.setdefault(id(each), left == "names" or (left == "some" and chance.random() < 0.5))

    for name in {**node.synced_names, **node.names}:
        now, before = node.names.get(name), node.synced_names.get(name)
        each = now
        if now is not before and not is_new(now):
            each = before if now is not None or not is_new(before) else None
        if each is not None and not name.endswith("-shm"):  # memory that is shared; it is nowhere after a cut
            _laid(each, path / name, left, chance, new)


def _content(node: Node, left: Left, chance: random.Random) -> bytes:
    if left == "nothing" or bytes(node.data) == node.synced:
        return node.synced
    if left == "names":  # the size is that of the file, and where nothing was synced are zeros
        return node.synced[: len(node.data)] + bytes(max(0, len(node.data) - len(node.synced)))
    return bytes(node.data) if chance.random() < 0.5 else node.synced
