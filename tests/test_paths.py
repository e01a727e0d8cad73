"""Whether something is there, on systems and with troubles that this machine does not have."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any, cast

import pytest

from indexer.paths import Presence, is_gone, is_there, presence_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Notes


def _without_powers() -> None:
    """Root may look everywhere, and permissions would not be tried."""
    import ctypes

    libc = ctypes.CDLL(None)
    for power in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        libc.prctl(24, power, 0, 0, 0)


HUMBLE: dict[str, Any] = {"preexec_fn": _without_powers} if sys.platform == "linux" else {}


def failing(number: int, winerror: int | None = None) -> Callable[[Path], object]:
    def stat(path: Path) -> object:
        error = OSError(number, os.strerror(number))
        if winerror is not None:
            error.winerror = winerror  # type: ignore[attr-defined, unused-ignore]
        raise error

    return stat


@pytest.mark.parametrize("name", ["EACCES", "EPERM", "EIO", "ENOTCONN", "ESTALE", "EHOSTDOWN", "ELOOP", "ETIMEDOUT"])
def test_trouble_is_not_absence(name: str) -> None:
    assert presence_of(Path("/a/b.png"), failing(getattr(errno, name))) is Presence.UNKNOWN


def test_only_what_the_system_says_is_not_there_is_gone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert is_there(tmp_path / "file")
    assert is_gone(tmp_path / "other")
    assert is_gone(tmp_path / "file" / "below")
    assert is_gone(tmp_path / "no\0name")


def test_a_drive_or_server_of_windows_that_does_not_answer_is_not_gone() -> None:
    def stat(path: object) -> object:
        raise FileNotFoundError(errno.ENOENT, "the system cannot find the path")

    assert presence_of(cast("Path", PureWindowsPath("E:/scans/a.png")), stat) is Presence.UNKNOWN
    assert (
        presence_of(cast("Path", PureWindowsPath("//nas/scans/a.png")), failing(errno.ENOENT, 53)) is Presence.UNKNOWN
    )

    def only_the_drive(path: object) -> object:
        if str(path) == "E:\\":
            return Path("/").stat()
        raise FileNotFoundError(errno.ENOENT, "the system cannot find the file")

    assert presence_of(cast("Path", PureWindowsPath("E:/scans/a.png")), only_the_drive) is Presence.GONE


def test_a_shut_folder_ends_no_run_and_loses_nothing(notes: Notes, make_page: Callable[..., Path]) -> None:
    notes.fake_engine()
    shut = make_page(notes.home / "in" / "shut" / "a.png", 220).parent
    (notes.home / "in" / "open").mkdir()
    copy = notes.home / "in" / "open" / "a.png"
    shutil.copy(shut / "a.png", copy)
    notes.run("index", "in", **HUMBLE)
    make_page(notes.home / "in" / "open" / "new.png", 230)
    shut.chmod(0)
    try:
        assert notes.run("index", "in/open", **HUMBLE).returncode == 0
        said = notes.run("index", "--prune", "in", rc=3, **HUMBLE)
        assert str(shut.relative_to(notes.home)) in said.stderr
        assert "forgotten" not in said.stderr
        for words in (["show", shut / "a.png"], ["doctor"]):
            notes.run(*words, rc=None, **HUMBLE)
    finally:
        shut.chmod(0o755)
    assert notes.json("search", "page230")["total"] == 1
    assert notes.json("search", "page220")["total"] == 1
