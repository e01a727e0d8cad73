"""No process takes a module from the current folder, the archive or the index: every name is a trap."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ARCHIVE = ROOT / "tests" / "data" / "archive"
TRAP = "import os\nopen(os.path.join(os.path.dirname(__file__), __name__ + '.RAN'), 'w').close()\n"
LINE = "poilus/poilus-06.jpg"


def names() -> set[str]:
    """Every module of the standard library, of what is installed and of ours."""
    installed = {name for name in packages_distributions() if name.isidentifier()}
    return {*sys.stdlib_module_names, *installed, "plugins", "usercustomize", "sitecustomize", "options", "worker"}


def set_traps(folder: Path, without: set[str] = frozenset()) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names() - without:
        (folder / f"{name}.py").write_text(TRAP)
    return folder


def sprung(*folders: Path) -> list[str]:
    return sorted(path.name for folder in folders for path in folder.rglob("*.RAN"))


def disarm(folder: Path, environ: dict[str, str]) -> None:
    """Take away what Python itself imports before anything of ours has its turn."""
    (folder / "nothing.py").touch()
    loaded = "import runpy, sys; print(*sys.modules)"  # without these it would not start, before 3.11 least of all
    done = subprocess.run([sys.executable, "-I", "-c", loaded], capture_output=True, text=True, check=True)
    for name in {name.partition(".")[0] for name in done.stdout.split()}:
        (folder / f"{name}.py").unlink(missing_ok=True)
    subprocess.run([sys.executable, "-m", "nothing"], cwd=folder, env=environ, capture_output=True, check=False)
    while ran := sprung(folder):
        for name in ran:
            (folder / name).unlink()
            (folder / name.replace(".RAN", ".py")).unlink()
        subprocess.run([sys.executable, "-m", "nothing"], cwd=folder, env=environ, capture_output=True, check=False)


@pytest.fixture
def hostile(notes, tmp_path: Path) -> Path:
    """A folder full of traps, with a page in it, and an index full of traps; ``notes`` begins as when installed."""
    folder = set_traps(tmp_path / "hostile", {"indexer"})
    set_traps(notes.index)
    shutil.copy(ARCHIVE / LINE, folder)
    notes.environ["PYTHONPATH"] = str(ROOT)
    start = tmp_path / "bin" / "start.py"  # as the command that pip installs: a text given with -c loads modules itself
    start.parent.mkdir()
    start.write_text("from indexer.__main__ import main\n\nmain()\n")
    notes.command = lambda *args: [sys.executable, str(start), *map(str, args)]
    return folder


def test_no_command_takes_a_module_from_where_one_stands(notes, hostile: Path) -> None:
    for command in (
        ("--help",),
        ("index", "--workers", "2", "."),
        ("search", "testament"),
        ("search", "testamemt"),
        ("read", "poilus-06.jpg"),
        ("show", "1", "--crop", "line.png"),
        ("status",),
        ("review",),
        ("doctor",),
        ("models",),
        ("plugins",),
        ("config",),
    ):
        notes.run(*command, cwd=hostile)
        assert not sprung(hostile, notes.index), command


def test_nor_when_our_package_is_run_as_a_module(notes, hostile: Path) -> None:
    disarm(hostile, notes.environ)
    notes.command = lambda *args: [sys.executable, "-m", "indexer", *map(str, args)]
    for command in (("index", "--workers", "1", "."), ("search", "testament"), ("status",)):
        notes.run(*command, cwd=hostile)
        assert not sprung(hostile, notes.index), command


def test_nor_where_an_empty_entry_of_the_module_path_means_the_current_folder(notes, hostile: Path) -> None:
    notes.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), ""])
    disarm(hostile, notes.environ)
    notes.run("search", "x", rc=5, cwd=hostile)
    assert not sprung(hostile)


def test_nor_a_server_what_it_reads_with_and_draws_with(notes, hostile: Path, serve) -> None:
    notes.home = hostile
    server = serve(notes)
    with (ARCHIVE / LINE).open("rb") as file:
        server.client.post("/api/v1/documents", files={"files": ("a.jpg", file)}).raise_for_status()
    server.wait()
    (hit,) = server.client.get("/api/v1/search", params={"q": "testament"}).json()["hits"]
    assert server.client.get(f"/api/v1/lines/{hit['id']}.png").status_code == 200
    assert server.client.get("/", params={"q": "testament"}).status_code == 200
    server.close()
    assert not sprung(hostile, notes.index)


def test_a_checkout_works_where_it_lies(notes) -> None:
    notes.environ.pop("PYTHONPATH", None)
    notes.fresh = True
    notes.fake_engine()
    shutil.copy(ARCHIVE / LINE, notes.home)
    environ = {"NOTES_ENGINE": "fake"}
    notes.run("index", notes.home / "poilus-06.jpg", cwd=ROOT, env={**notes.environ, **environ})
    notes.run("search", "alpha", cwd=ROOT)


@pytest.fixture
def heeded() -> Iterator[None]:
    """Ctrl-C reaches what is started, although a shell that runs the tests behind lets all of them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="a signal to one process")
@pytest.mark.parametrize("start", [["-m", "indexer"], ["-c", "import sys; from indexer.__main__ import main; main()"]])
@pytest.mark.parametrize("slow", ["typer", "signal"])
@pytest.mark.usefixtures("heeded")
def test_ctrl_c_while_the_program_is_loaded_shows_no_traceback(tmp_path: Path, start: list[str], slow: str) -> None:
    (tmp_path / f"{slow}.py").write_text("print('loading', flush=True)\nimport time\ntime.sleep(60)\n")
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, *start, "--help"], env=environ, stdout=pipe, stderr=pipe, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "loading\n"
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=20)
    assert (run.returncode, said) == (130, "notes: interrupted\n")
