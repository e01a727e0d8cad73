"""Tests of the catalogue run on both databases: those that take ``catalog``, unless they say ``sqlite_alone``.

PostgreSQL is Debian's package. It is started in a temporary folder, without a network."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from indexer.archive.sharing import join

QUICK = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=16MB"


def lacking() -> str | None:
    """Why there is none; ``None`` if it can be started."""
    if importlib.util.find_spec("psycopg") is None:
        return 'psycopg is not installed (pip install ".[test]")'
    if _programs() is None:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        return "PostgreSQL does not run as root, and there is no setpriv"
    return None


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def started() -> Iterator[Callable[..., str]]:
    """A server, and what gives the address of a new, empty database in it."""
    programs = _programs()
    assert programs
    # The path of a socket has a hundred letters at most.
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp", ignore_cleanup_errors=True) as place:
        person = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        if person:
            shutil.chown(place, "postgres", "postgres")

        def run(program: str, *options: str) -> None:
            command = [*person, str(programs / program), *options]
            done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stdout + done.stderr

        data = f"{place}/data"
        run("initdb", "-D", data, "-U", "notes", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        run("pg_ctl", "-D", data, "-w", "-l", f"{place}/log", "-o", f"{QUICK} -k {place}", "start")
        numbers = count(1)

        def database(*options: str) -> str:
            name = f"archive{next(numbers)}"
            run("createdb", "-h", place, "-U", "notes", *options, name)
            return f"postgresql://notes@/{name}?host={place}"

        try:
            yield database
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[..., str]]:
    """What gives the address of a new database: an empty one, or with ``filled`` one that has a catalogue."""
    why = lacking()
    if why:
        pytest.skip(why)
    with started() as database:
        from indexer.catalog.postgres.opening import connect

        first = database()
        connect(first, create=True).close()
        template = first.partition("@/")[2].partition("?")[0]
        yield lambda filled=False: database(*(["-T", template] if filled else []))


@pytest.fixture(scope="session")
def one_database(new_database: Callable[..., str]) -> str:
    """The address of a database that many tests use one after the other: each new one costs seven megabytes."""
    return new_database(filled=True)


def emptied(address: str) -> str:
    """The same address, of a catalogue in which there is nothing any more."""
    import psycopg

    with psycopg.connect(address, options="-c lock_timeout=20s -c search_path=main") as db:
        tables = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'main' AND tablename <> 'meta'")
        names = ", ".join(name for (name,) in tables)
        db.execute(f"TRUNCATE {names} RESTART IDENTITY".encode())
        db.execute("DELETE FROM meta WHERE key NOT IN ('uuid', 'revision', 'version')")
        db.execute(
            "UPDATE meta SET value = CASE key WHEN 'uuid' THEN md5(random()::text) ELSE '0' END WHERE key <> 'version'"
        )
    return address


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that take ``catalog`` run on both databases."""
    if "catalog" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("sqlite_alone"):
        metafunc.parametrize("shared", (False, True), ids=("sqlite", "postgresql"))


@pytest.fixture
def shared() -> bool:
    """Whether the catalogue of a test is in PostgreSQL."""
    return False


@pytest.fixture(autouse=True)
def _which(shared: bool, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shared:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        join(tmp_path, emptied(request.getfixturevalue("one_database")))
