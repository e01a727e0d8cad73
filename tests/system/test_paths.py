"""Whether something is there, on systems and with troubles that this machine does not have."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any, cast

import pytest

from indexer.system.paths import (
    LINUX,
    MACOS,
    WINDOWS,
    Presence,
    is_gone,
    is_there,
    lies_in,
    matcher,
    place_key,
    presence_of,
    spelled,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Notes, Served


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
        notes.run("show", shut / "a.png", rc=(0, 2), **HUMBLE)
        notes.environ["NOTES_PLUGIN_FOLDER"] = str(shut / "plugins")
        assert "cannot be looked into" in notes.run("plugins", rc=(0, 4), **HUMBLE).stderr
        assert "cannot look into" in notes.run("status", "--index", shut / "index", rc=5, **HUMBLE).stderr
        del notes.environ["NOTES_PLUGIN_FOLDER"]
    finally:
        shut.chmod(0o755)
    assert notes.json("search", "page230")["total"] == 1
    copy.unlink()
    (hit,) = notes.json("search", "page220")["hits"]
    assert Path(hit["path"]).parent.name == "shut"


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        (r"C:\box\letters\a.jpg", "letters/*", True),
        (r"C:\box\letters\a.jpg", r"letters\*", True),
        (r"C:\box\Letters\A.JPG", "letters/a.jpg", True),
        (r"C:\box\letters\a.jpg", "letter", False),
        (r"\\nas\scans\letters\a.jpg", "//nas/scans", True),
        ("/box/letters/a.jpg", "letters/", True),
        ("/box/letters/a.jpg", "Letters", False),
        ("/box/scans [1900]/a.jpg", "scans [1900]", True),
        ("/box/m\u00fcller/a.jpg", "mu\u0308ller", True),
        ("/box/mu\u0308ller/a.jpg", "m\u00fcller/*", True),
        ("/box/a\\b.jpg", "a\\b.jpg", True),
    ],
)
def test_a_filter_takes_any_way_to_write_a_place(path: str, pattern: str, fits: bool) -> None:
    assert matcher(pattern, LINUX)(path) is fits


def test_names_are_the_same_where_the_system_takes_them_for_the_same() -> None:
    assert place_key("C:\\Box\\A.jpg", WINDOWS) == place_key("c:/box/a.jpg/", WINDOWS)
    assert place_key("\\\\?\\C:\\box", WINDOWS) == place_key("C:/box", WINDOWS)
    assert place_key("/Users/e/Mu\u0308ller", MACOS) == place_key("/users/e/m\u00fcller", MACOS)
    assert place_key("/box/A.jpg", LINUX) != place_key("/box/a.jpg", LINUX)
    assert lies_in(Path("/Box/a.jpg"), Path("/box/"), MACOS)
    assert not lies_in(Path("/boxes/a.jpg"), Path("/box"), MACOS)


def test_a_given_path_is_spelled_as_on_the_disk() -> None:
    tree = {"/": ["Users"], "/Users": ["Mu\u0308ller"], "/Users/Mu\u0308ller": ["Letters", "letters"]}

    def listed(folder: Path) -> list[str]:
        return tree[str(folder)]

    typed = Path("/users/m\u00fcller/letters/new.jpg")
    tree["/Users/Mu\u0308ller/letters"] = []
    assert spelled(typed, MACOS, listed) == Path("/Users/Mu\u0308ller/letters/new.jpg")
    assert spelled(typed, LINUX, listed) == typed


def test_a_place_is_found_by_any_name_that_means_it(notes: Notes, make_page: Callable[..., Path]) -> None:
    notes.fake_engine()
    make_page(notes.home / "box" / "mu\u0308ller.png", 220)
    notes.environ["NOTES_ENGINE"] = "fake"
    (notes.home / "sub").mkdir()
    (notes.home / "link").symlink_to(notes.home / "box")
    notes.run("index", "../box", cwd=notes.home / "sub")
    for name in ("../box/m\u00fcller.png", "../link/mu\u0308ller.png:1", "../sub/../box/mu\u0308ller.png"):
        assert "page220" in notes.run("show", name, cwd=notes.home / "sub").stdout, name
    for pattern in ("../box", "../box/*.png", "../link", "box/", "box/m\u00fcller.png", str(notes.home / "box")):
        assert "page220" in notes.run("search", "alpha", "--in", pattern, cwd=notes.home / "sub").stdout, pattern
    notes.run("search", "alpha", "--in", "../sub", rc=1)


def test_a_content_in_several_places_is_shown_where_it_was_asked_for_and_is(
    notes: Notes, make_page: Callable[..., Path], serve: Callable[..., Served]
) -> None:
    notes.fake_engine()
    first = make_page(notes.home / "a" / "page.png", 220)
    for folder in ("b", "c"):
        (notes.home / folder).mkdir()
        shutil.copy(first, notes.home / folder / "page.png")
    os.utime(notes.home / "b" / "page.png", (86400, 86400))
    notes.run("index", "a", "b", "c")

    def shown(*options: str) -> str:
        (hit,) = notes.json("search", "alpha", *options)["hits"]
        return Path(hit["path"]).parent.name

    assert [shown(), shown("--in", "b"), shown("--in", "c"), shown("--until", "1999-01-01")] == ["a", "b", "c", "b"]
    assert Path(notes.json("show", "b/page.png")["path"]).parent.name == "b"
    first.unlink()
    assert [shown(), shown("--in", "a")] == ["b", "a"]
    assert Path(notes.json("show", 1)["path"]).parent.name == "b"
    notes.run("show", 1, "--crop", "line.png")
