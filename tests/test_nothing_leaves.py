"""Nothing leaves the machine: in an empty home no file appears outside our folders, and no connection is tried.

Looked through: onnxruntime keeps a device id and events in the cache folder and would send them, unless
ORT_DISABLE_TELEMETRY is set before it loads; the .NET of Aspose opens a socket for debuggers, unless told not to.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parent / "data" / "archive" / "poilus" / "poilus-06.jpg"


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_reading_and_searching_in_an_empty_home(notes, tmp_path: Path) -> None:
    shutil.rmtree(notes.plugins)
    for name in ("TMPDIR", "XDG_CACHE_HOME"):
        notes.environ[name] = str(tmp_path / name)
        (tmp_path / name).mkdir()
    calls = tmp_path / "calls"
    begin = notes.command
    notes.command = lambda *args: ["strace", "-f", "-qq", "-e", "trace=connect", "-o", str(calls), *begin(*args)]
    for command in (("index", "--workers", "1", PAGE), ("search", "testament"), ("read", PAGE)):
        notes.run(*command)
        tried = [line for line in calls.read_text().splitlines() if "connect(" in line and "AF_UNIX" not in line]
        assert not tried
    made = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert made <= {notes.index.name, "calls", "data"}, made


def test_telemetry_is_off_before_onnxruntime_is_loaded() -> None:
    code = (
        "import sys, indexer, os; assert 'onnxruntime' not in sys.modules; print(os.environ['ORT_DISABLE_TELEMETRY']);"
        "from indexer.children import python; import subprocess;"
        "subprocess.run(python('import os; print(os.environ[\"ORT_DISABLE_TELEMETRY\"])'), check=True)"
    )
    environ = dict(os.environ)
    environ.pop("ORT_DISABLE_TELEMETRY", None)
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1"]
