"""Nothing leaves the machine: in an empty home no file is written outside our folders, and no connection is tried.

Every process is traced while pages are read, searched, served, added and learned from: what it opens to write, makes,
renames or links, and what it connects to or listens on.
"""

from __future__ import annotations

import ast
import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"
PAGE = ARCHIVE / "poilus" / "poilus-06.jpg"
CALLS = "connect,bind,sendto,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat"
NOWHERE = ("/dev/null", "/dev/zero", "/dev/tty", "/proc/self/")
traced = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (apt-get install strace)")


class Trace:
    """Runs ``notes`` under strace, in an empty home, without the plugins and settings of the tests."""

    def __init__(self, notes) -> None:
        self.notes = notes
        self.file = notes.home.parent / f"{notes.home.name}-calls"
        shutil.rmtree(notes.plugins)
        del notes.environ["NOTES_PLUGIN_PATH"]
        notes.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # Python keeps what it compiled beside each module
        for name in ("TMPDIR", "XDG_CACHE_HOME"):
            notes.environ[name] = str(notes.home / name)
            (notes.home / name).mkdir()
        begin = notes.command
        options = ["-f", "-qq", "-y", "-s", "512", "--seccomp-bpf", "-e", f"trace=execve,{CALLS}", "-o", str(self.file)]
        notes.command = lambda *args: ["strace", *options, *begin(*args)]

    def check(self, *ours: Path) -> list[str]:
        """Nothing was written but below these folders, nothing was connected to; returns what was listened on."""
        calls = [line.split(maxsplit=1)[1] for line in self.file.read_text().splitlines()]
        assert sum(call.startswith("openat(") for call in calls) > 100, "nothing was looked at"
        allowed = [self.notes.home / "TMPDIR", *ours]
        wrong = [each for each in map(self._written, calls) if each is not None and not _in(each, allowed)]
        assert not wrong, wrong
        kept = {path.relative_to(self.notes.home).parts[0] for path in self.notes.home.rglob("*") if path.is_file()}
        assert kept <= {path.relative_to(self.notes.home).parts[0] for path in ours}, kept
        spoken = [call for call in calls if call.startswith(("connect(", "sendto(")) and "AF_UNIX" not in call]
        spoken = [call for call in spoken if call.startswith("connect(") or "sa_family" in call]
        assert not spoken, spoken
        return [call for call in calls if call.startswith("bind(")]

    def _written(self, call: str) -> str | None:
        """The path that a call writes or makes something at, if it does; of a link that where it lies."""
        name = call.partition("(")[0]
        if name.startswith("open") and not re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE", call):
            return None
        if name not in CALLS.split(",")[3:] or " = -1 " in call:
            return None
        texts = [ast.literal_eval(each) for each in re.findall(r'"(?:[^"\\]|\\.)*"', call)]
        folder = re.search(r"(?:AT_FDCWD|\d+)<([^>]*)>", call)
        return str(Path(folder[1] if folder else self.notes.home) / texts[-1])


def _in(path: str, folders: list[Path]) -> bool:
    true = os.path.normpath(path)
    return true.startswith(NOWHERE) or any(Path(true).is_relative_to(folder) for folder in folders)


@traced
def test_reading_and_searching_in_an_empty_home(notes) -> None:
    trace = Trace(notes)
    for command in (("index", "--workers", "1", PAGE), ("search", "testament"), ("read", PAGE), ("doctor",)):
        notes.run(*command)
        assert not trace.check(notes.index)


@traced
def test_serving_and_adding_in_an_empty_home(notes, serve) -> None:
    trace = Trace(notes)
    server = serve(notes)
    (child,) = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    try:
        sent = [("files", (PAGE.name, PAGE.read_bytes()))]
        assert server.client.post("/api/v1/documents", files=sent).status_code == 202
        server.wait()
        found = server.client.get("/api/v1/search", params={"q": "testament"}).json()["hits"]
        for address in ("/?q=testament", "/add", f"/api/v1/lines/{found[0]['id']}.png"):
            assert server.client.get(address, follow_redirects=True).status_code == 200
    finally:
        os.kill(int(child), signal.SIGTERM)
        server.client.close()
        server.process.communicate(timeout=60)
    listened = trace.check(notes.index)
    assert len(listened) == 1
    assert 'inet_addr("127.0.0.1")' in listened[0]


@traced
@pytest.mark.skipif(find_spec("mcp") is None, reason='needs the library of the protocol (pip install ".[mcp]")')
def test_assistants_ask_in_an_empty_home(notes) -> None:
    import mcp

    trace = Trace(notes)
    notes.run("index", "--workers", "1", PAGE)
    command, *args = notes.command("mcp", "--allow-corrections")
    server = mcp.StdioServerParameters(command=command, args=args, env=notes.environ, cwd=notes.home)

    async def ask() -> list[bool]:
        async with mcp.Client(server) as client:
            found = await client.call_tool("search", {"query": "testament"})
            (hit, *_) = found.structured_content["hits"]
            said = {"line": hit["id"], "seen": hit["text"], "text": hit["text"]}
            more = (("show_page", {"page": hit["path"]}), ("read_file", {"file": str(PAGE)}), ("correct_line", said))
            return [(await client.call_tool(name, asked)).is_error for name, asked in more]

    assert asyncio.run(ask()) == [False, False, False]
    assert not trace.check(notes.index)


@traced
@pytest.mark.skipif(find_spec("torch") is None, reason="needs PyTorch")
def test_learning_in_an_empty_home(notes) -> None:
    trace = Trace(notes)
    notes.run("train", "mine", "--from", ARCHIVE / "hooker", "--minutes", "0.1", "--model", "original", timeout=500)
    assert not trace.check(notes.index, notes.home / "data")


@traced
@pytest.mark.skipif(find_spec("matplotlib") is None, reason="needs matplotlib")
def test_plots_take_no_settings_from_the_current_folder_and_keep_nothing(notes) -> None:
    trace = Trace(notes)
    hostile = notes.home / "hostile"
    hostile.mkdir()
    (hostile / "matplotlibrc").write_text("text.usetex: True\nbackend: module://gift\n")
    (hostile / "gift.py").write_text("raise SystemExit('it ran')")
    code = (
        "import os; from pathlib import Path; from indexer.evaluation.plots import prepare;"
        "prepare(Path.cwd() / 'plots');"
        "import matplotlib;"
        "assert not matplotlib.rcParams['text.usetex']; assert 'MPLCONFIGDIR' not in os.environ; print(os.getcwd())"
    )
    begin = [*notes.command()[:-2], "-c", code]
    done = subprocess.run(begin, cwd=hostile, env=notes.environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, str(hostile)), done.stderr
    assert not trace.check(hostile)


SWITCHES = ("ORT_DISABLE_TELEMETRY", "OPENCV_OPENCL_RUNTIME", "CUDA_CACHE_DISABLE", "USE_PYTORCH_KERNEL_CACHE")


def test_what_libraries_would_write_is_off_before_they_are_loaded_in_every_process() -> None:
    show = "import os, sys; print(*map(os.environ.get, sys.argv[1:]), flush=True)"
    code = (
        "import sys, indexer; assert not {'onnxruntime', 'cv2', 'torch'} & sys.modules.keys();"
        f"show = {show!r}; exec(show); from indexer.system.children import python; import subprocess;"
        "subprocess.run(python(show, *sys.argv[1:]), check=True)"
    )
    environ = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    command = [sys.executable, "-c", code, *SWITCHES]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["1 disabled 1 0"] * 2
