"""A full disk, and one that can only be read: what is in an index can be searched, shown and backed up all the same."""

from __future__ import annotations

import copy
import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from indexer.archive import backup
from indexer.catalog import Catalog, database, schema
from indexer.search import SearchIndex
from indexer.system.lacking import lack
from indexer.system.originals import source_file
from indexer.values.errors import UnwritableError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of this kind are those of Unix")

CRASH = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA wal_autocheckpoint = 0")
db.execute("UPDATE readings SET text = 'gamma page200' WHERE text = 'alpha page200'")
db.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
db.execute("UPDATE pages SET revision = (SELECT value FROM meta WHERE key = 'revision')")
os.kill(os.getpid(), 9)
"""


def without_room() -> None:
    """No file of this process can become larger, as on a full disk."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def with_few_files(number: int) -> None:
    """This process can have so many files open."""
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


@pytest.fixture(scope="module")
def once(notes_factory, tmp_path_factory: pytest.TempPathFactory):
    """An index of one page."""
    notes = notes_factory(tmp_path_factory.mktemp("once"))
    notes.fake_engine()
    (notes.home / "box").mkdir()
    Image.new("L", (200, 100), 255).save(notes.home / "box" / "a.png")
    notes.run("index", "box")
    return notes


@pytest.fixture
def indexed(once, tmp_path: Path):
    """The same with a copy of the index that it may spoil."""
    notes = copy.copy(once)
    notes.index = tmp_path / "index"
    shutil.copytree(once.index, notes.index)
    notes.environ = {**once.environ, "NOTES_INDEX": str(notes.index)}
    return notes


def texts(said: dict) -> list[str]:
    return [hit["text"] for hit in said["hits"]]


def test_on_a_full_disk_everything_is_found_and_shown(indexed) -> None:
    full = {"preexec_fn": without_room}
    found = indexed.run("search", "alpha", **full)
    assert "[alpha] page200" in found.stdout
    assert found.stderr.strip() == "1 found"
    assert "pages               1" in indexed.run("status", **full).stdout
    assert "doubtful200" in indexed.run("show", "box/a.png", **full).stdout
    assert "agree" in indexed.run("doctor", rc=(0, 4), **full).stdout
    said = indexed.run("threshold", "80", rc=5, **full).stderr
    assert "space left" in said or "no room" in said


def test_where_not_even_a_moment_s_place_is_left_it_is_said(indexed) -> None:
    truth = Path(__file__).parent / "data" / "archive" / "poilus"
    assert "no room" in indexed.run("evaluate", truth, rc=5, preexec_fn=without_room).stderr


@pytest.mark.parametrize("number", range(5, 8))
def test_where_no_more_files_may_be_open_it_is_said(indexed, number: int) -> None:
    """Wherever it ends: while Python loads a module, at the catalogue, or at the search index."""
    done = indexed.run("search", "alpha", rc=(0, 5), preexec_fn=lambda: with_few_files(number))
    assert "a bug of ours" not in done.stderr
    assert done.returncode == 0 or ("oo many" in done.stderr and "ulimit -n" in done.stderr)


def test_where_the_command_line_cannot_be_loaded_it_is_said() -> None:
    none = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))"
    begin = f"import indexer.__main__ as ours; {none}; ours.main()"
    done = subprocess.run([sys.executable, "-c", begin], capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert "it cannot be loaded: [Errno 24]" in done.stderr
    assert "ulimit -n" in done.stderr


def module_error(reason: str, cause: BaseException | None = None) -> ImportError:
    error = ImportError(reason)
    error.__context__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "said", "step"),
    [
        (module_error(f"libx.so: cannot open shared object file: {os.strerror(errno.EMFILE)}"), "open", "ulimit -n"),
        (module_error("read this", OSError(errno.EMFILE, os.strerror(errno.EMFILE))), "open", "ulimit -n"),
        (module_error("libx.so: failed to map segment from shared object"), "memory", "--workers"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "memory", "--workers"),
        (MemoryError(), "memory", "--workers"),
        (module_error("read this", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))), "no room", "space"),
    ],
)
def test_what_the_machine_lacks_is_no_bug_of_ours(error: Exception, said: str, step: str) -> None:
    """Also where a module could not be loaded, whatever the package that it belongs to makes of it."""
    found = lack(error)
    assert found is not None
    assert said in found.message
    assert step in found.hint
    assert found.exit_code == 5
    assert lack(module_error("No module named 'x'")) is None


@pytest.mark.parametrize("shared", [True, False], ids=["beside its log", "its log alone"])
def test_what_a_crash_left_in_the_log_is_found_on_a_full_disk(indexed, shared: bool) -> None:
    file = indexed.index / "catalog.sqlite"
    crashed = subprocess.run([sys.executable, "-c", CRASH, str(file)], check=False)
    assert crashed.returncode == -9
    assert Path(f"{file}-wal").stat().st_size > 0
    if not shared:
        Path(f"{file}-shm").unlink()
    shown = indexed.run("show", "box/a.png", preexec_fn=without_room)
    assert "gamma page200" in shown.stdout
    found = indexed.run("search", "doubtful200", "--all", preexec_fn=without_room)
    assert "searching what was indexed last" in found.stderr
    assert len([line for line in found.stderr.splitlines() if "searching" in line]) == 1


def test_what_cannot_be_written_is_searched_from_elsewhere(indexed) -> None:
    for file in sorted((indexed.index / "search").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    (indexed.index / "search").rmdir()
    (indexed.index / "search").write_text("no folder can be made here")
    temporary = indexed.index / "temporary"
    temporary.mkdir()
    found = indexed.run("search", "alpha", env={**indexed.environ, "TMPDIR": str(temporary)})
    assert "alpha" in found.stdout
    assert "for this once" in found.stderr
    assert list(temporary.iterdir()) == []


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no folder could be written."""
    for module in (schema, database):
        monkeypatch.setattr(module, "writable", lambda _: False)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_backup_writes_to_its_file_alone(indexed, unwritable) -> None:
    before = contents(indexed.index)
    backup.backup(indexed.index, indexed.index.parent / "b.zip")
    assert contents(indexed.index) == before
    assert (indexed.index.parent / "b.zip").stat().st_size > 1_000


def test_a_restored_index_is_searched_without_writing(indexed, monkeypatch) -> None:
    indexed.run("backup", indexed.index.parent / "b.zip")
    elsewhere = indexed.index.parent / "elsewhere"
    indexed.run("restore", indexed.index.parent / "b.zip", "--index", elsewhere)
    for module in (schema, database):
        monkeypatch.setattr(module, "writable", lambda _: False)
    before = contents(elsewhere)
    with Catalog(elsewhere) as catalog:
        assert SearchIndex(elsewhere / "search").agrees(catalog)
        assert not catalog.writable
    assert contents(elsewhere) == before


def test_a_catalogue_that_is_written_meanwhile_is_copied_whole(indexed, unwritable, monkeypatch) -> None:
    plain, times = database.resting_state, []

    def state(folder: Path) -> tuple[int, ...] | None:
        times.append(folder)
        if len(times) == 2:  # just after the copy
            with sqlite3.connect(folder / "catalog.sqlite") as db:
                db.execute("PRAGMA journal_mode = DELETE")
                db.execute("UPDATE readings SET text = 'delta page200' WHERE text = 'alpha page200'")
            db.close()
            os.utime(folder / "catalog.sqlite", ns=(1, 1))
        return plain(folder)

    monkeypatch.setattr(database, "resting_state", state)
    from indexer.catalog.copying import copy_out

    copy_out(indexed.index, indexed.index.parent / "copy.sqlite")
    with sqlite3.connect(indexed.index.parent / "copy.sqlite") as copied:
        assert copied.execute("SELECT 1 FROM readings WHERE text = 'delta page200'").fetchone()
    copied.close()


def test_nothing_is_said_to_be_kept_that_was_not(indexed, monkeypatch) -> None:
    def full(*_given: object, **_more: object) -> None:
        raise UnwritableError("no room", "Free some.")

    monkeypatch.setattr(database, "connect", full)
    with Catalog(indexed.index) as catalog, pytest.raises(UnwritableError):
        catalog.place(source_file(indexed.home / "box" / "a.png"))


def test_half_an_export_is_not_left_behind(indexed, tmp_path: Path) -> None:
    target = tmp_path / "lines.csv"
    done = indexed.run("export", "--as", "lines", "--to", target, rc=2, preexec_fn=without_room)
    assert f"cannot write {target}: file too large" in done.stderr
    assert not target.exists()
    indexed.run("export", "--as", "lines", "--to", target)  # the name is free
    assert len(target.read_text().splitlines()) == 3
