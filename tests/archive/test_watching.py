"""Folders are followed: what is written is read once, in as few runs as possible; what is not, waits."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer.api.registry import load_registry
from indexer.archive.watching import Followed, check_folders, follow, to_read
from indexer.system import changes as system
from indexer.system.changes import changes
from indexer.system.drives import is_remote
from indexer.values.errors import IndexFolderError, UnavailableError, UsageError


class Days:
    """Steps of a second, in each of which something is done and changes are told; and what was read, and when."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.now = 0.0
        self.runs: list[tuple[float, list[str]]] = []
        self.said: list[str] = []
        self.followed = Followed((folder,), load_registry(folder / "none", {}), folder / "index")

    def write(self, name: str, text: str = "x") -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
        return path

    def read(self, paths) -> None:
        self.runs.append((self.now, [path.relative_to(self.folder).as_posix() for path in paths]))

    def follow(self, *steps: Callable[[], object], read: Callable[..., None] | None = None) -> None:
        def told() -> Iterator[set[Path]]:
            for step in steps:
                changed = step()
                yield {changed} if isinstance(changed, Path) else set(changed or ())
                self.now += 1.0

        follow(
            self.followed, told(), read or self.read, lambda error: self.said.append(error.message), lambda: self.now
        )


def nothing() -> None:
    pass


@pytest.fixture
def days(tmp_path: Path) -> Days:
    return Days(tmp_path / "box")


def test_what_is_written_is_read_and_what_is_being_written_waits(days: Days) -> None:
    days.follow(
        nothing,
        lambda: days.write("a.png"),
        lambda: days.write("a.png", "more"),
        lambda: days.write("a.png", "still more"),
        *[nothing] * 4,
    )
    assert days.runs == [(0.0, ["."]), (5.0, ["a.png"])]


def test_what_comes_together_is_read_in_one_run_but_does_not_wait_for_ever(days: Days) -> None:
    days.follow(
        nothing,
        lambda: days.write("a.png"),
        lambda: days.write("b.png"),
        *[nothing] * 3,
        *[lambda: days.write("c.png"), *[lambda: days.write("slow.png", f"{days.now}")] * 8],
        *[nothing] * 3,
    )
    assert days.runs[1] == (4.0, ["a.png", "b.png"])
    assert days.runs[2][1] == ["c.png"]
    assert days.runs[2][0] <= 12.0
    assert days.runs[3:] == [(16.0, ["slow.png"])]


@pytest.mark.parametrize(
    "name",
    [
        *("a.png.part", "a.jpg.crdownload", "b.tmp", ".~lock.a.pdf#", ".syncthing.a.jpg.tmp", "~syncthing~a.jpg"),
        *("~$a.pdf", ".dropbox.cache/a.jpg", "._a.jpg", ".a.jpg.Ab12Cd", "Thumbs.db", "a.txt", "index/documents/a.png"),
    ],
)
def test_names_that_pass_are_not_read(days: Days, name: str) -> None:
    days.follow(nothing, lambda: days.write(name), *[nothing] * 8)
    assert [names for _, names in days.runs] == [["."]]


def test_a_folder_that_comes_is_its_files(days: Days) -> None:
    days.follow(nothing, lambda: days.write("new/deep/a.png").parents[1], *[nothing] * 3)
    assert days.runs[1:] == [(3.0, ["new/deep/a.png"])]


def test_an_image_that_is_a_page_of_a_package_has_the_package_read(days: Days) -> None:
    mets = (
        '<mets xmlns="http://www.loc.gov/METS/" xmlns:x="http://www.w3.org/1999/xlink"><fileSec><fileGrp>'
        '<file ID="a" MIMETYPE="image/png"><FLocat x:href="in/a.png"/></file></fileGrp></fileSec></mets>'
    )
    days.write("mets.xml", mets)
    days.follow(nothing, lambda: [days.write("in/a.png"), days.write("in/b.png")], *[nothing] * 4)
    assert days.runs[1:] == [(3.0, ["mets.xml", "in/b.png"])]


def test_text_that_comes_changes_or_goes_has_its_pages_looked_at(days: Days) -> None:
    mets = (
        '<mets xmlns="http://www.loc.gov/METS/" xmlns:x="http://www.w3.org/1999/xlink"><fileSec><fileGrp>'
        '<file ID="a" MIMETYPE="image/png"><FLocat x:href="in/a.png"/></file></fileGrp><fileGrp>'
        '<file ID="t" MIMETYPE="text/xml"><FLocat x:href="text/1.xml"/></file></fileGrp></fileSec><structMap><div>'
        '<div><fptr FILEID="a"/><fptr FILEID="t"/></div></div></structMap></mets>'
    )
    for name in ("a.png", "b.png", "in/a.png"):
        days.write(name)
    days.write("mets.xml", mets)
    days.follow(
        *[nothing, lambda: [days.write("a.txt"), days.write("page/b.png.xml"), days.write("nothing.xml")]],
        *[*[nothing] * 3, lambda: days.write("a.txt", "more")],
        *[*[nothing] * 3, lambda: days.write("text/1.xml")],
        *[*[nothing] * 3, lambda: gone(days.folder / "a.txt")],
        *[nothing] * 4,
    )
    assert [names for _, names in days.runs[1:]] == [["a.png", "b.png"], ["a.png"], ["mets.xml"], ["a.txt", "a.png"]]
    assert to_read([days.folder / "a.txt"], [days.folder]) == (days.folder,), "what was said of it is looked at again"


def gone(path: Path) -> Path:
    path.unlink()
    return path


def test_a_folder_that_cannot_be_listed_any_more_stops_nothing(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(path: Path) -> Iterator[Path]:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "iterdir", gone)
    days.follow(nothing, lambda: days.write("a.png"), *[nothing] * 4)
    assert days.runs[1][1] == ["a.png"]


def test_of_what_is_gone_the_folder_is_looked_at(days: Days) -> None:
    path = days.write("in/a.png")
    other = days.write("in/b.png")
    path.unlink()
    assert to_read([path, other], [days.folder]) == (days.folder / "in",)
    other.unlink()
    (days.folder / "in").rmdir()
    assert to_read([path], [days.folder]) == (days.folder,)
    assert to_read([path.parents[2] / "elsewhere" / "a.png"], [days.folder]) == ()


def test_trouble_is_said_once_and_reading_tried_again(days: Days) -> None:
    def busy(paths) -> None:
        days.read(paths)
        if days.now < 20:
            raise IndexFolderError("another notes is indexing")

    days.follow(*[nothing] * 10, lambda: days.write("a.png"), *[nothing] * 40, read=busy)
    assert days.said == ["another notes is indexing"]
    assert [at for at, _ in days.runs] == [0.0, 5.0, 15.0, 35.0]
    assert days.runs[-1][1] == [".", "a.png"]


def test_an_engine_that_is_not_there_ends_it_at_once_and_later_is_waited_for(days: Days) -> None:
    def unusable(paths) -> None:
        raise UnavailableError("no engine")

    with pytest.raises(UnavailableError):
        days.follow(nothing, read=unusable)

    def later(paths) -> None:
        if days.now:
            raise UnavailableError("no engine any more")

    days.follow(nothing, lambda: days.write("a.png"), *[nothing] * 9, read=later)
    assert days.said == ["no engine any more"]


@pytest.mark.parametrize("poll", [False, True])
def test_the_system_tells_what_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, poll: bool) -> None:
    monkeypatch.setattr(system, "_POLLED", 20)
    ended: list[bool] = []
    told = changes([tmp_path], lambda: bool(ended), poll=poll)
    assert next(told) == set()
    path = tmp_path / "a.png"
    path.write_text("x")
    found: set[Path] = set()
    while path not in found:
        found |= next(told)
    path.rename(tmp_path / "b.png")
    while tmp_path / "b.png" not in found:
        found |= next(told)
    ended.append(True)
    assert list(told) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        check_folders([tmp_path / "none"])


def test_a_system_that_cannot_tell_of_changes_is_said_with_the_way_out(tmp_path: Path, monkeypatch) -> None:
    def full(*paths, **options) -> Iterator[None]:
        raise OSError("OS file watch limit reached")
        yield

    monkeypatch.setattr("watchfiles.watch", full)
    with pytest.raises(UnavailableError, match="watch limit") as caught:
        next(changes([tmp_path], lambda: False, poll=False))
    assert "--poll" in caught.value.hint


def test_network_drives_are_known_by_their_file_system(tmp_path: Path) -> None:
    mounts = f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path.parent} nfs4 rw 0 0\n"
    assert is_remote(tmp_path, mounts)
    assert not is_remote(Path("/"), mounts)
    assert not is_remote(tmp_path, mounts + f"/dev/sdb {tmp_path} ext4 rw 0 0\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_followed_folder_is_read_and_a_renamed_file_keeps_what_was_said(notes, make_page, until) -> None:
    notes.fake_engine()
    box = notes.home / "box"
    page = make_page(notes.home / "page.png", 301)
    box.mkdir()
    with notes.begin("watch", "box", "--workers", "1") as process:
        until(lambda: notes.index.exists())
        page.replace(box / "one.png")
        until(lambda: notes.run("search", "page301", rc=(0, 1, 5)).returncode == 0)
        (hit,) = notes.json("search", "page301")["hits"]
        notes.run("review", "correct", hit["id"], "a person says", "--sure")
        (box / "one.png").rename(box / "other.png")
        until(lambda: notes.json("search", "person")["hits"][0]["path"] == str(box / "other.png"))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


def test_a_server_reads_what_comes_into_a_folder(notes, make_page, serve, until) -> None:
    notes.fake_engine()
    (notes.home / "box").mkdir()
    server = serve(notes, "--watch", notes.home / "box")
    make_page(notes.home / "box" / "one.png", 301)
    until(lambda: server.client.get("/api/v1/search", params={"q": "page301"}).json().get("hits"))
    assert "no folder" in notes.run("serve", "--watch", "none", rc=2).stderr
