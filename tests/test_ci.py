"""`.ci/run` with programs in place of the real ones: what it says in the end is what the tests said."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RECIPE = ROOT / ".ci" / "run"
BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None or not RECIPE.exists(), reason="needs bash and the recipe of the checks")

PYTHON = """#!/bin/sh
case "$1 $2" in
    "-c import ensurepip"*) exit 0 ;;
    "-c import sys; print"*) command -v "$0" ;;
    "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp "$FAKES/pip" "$FAKES/pytest" "$3/bin/" ;;
esac
"""


def _recipe(folder: Path, *, tests: int, types: int = 0) -> subprocess.CompletedProcess[str]:
    """The recipe in a folder of its own; each suite ends with `tests` and mypy with `types`."""
    fakes = folder / "fakes"
    fakes.mkdir()
    programs = dict.fromkeys(("chromium", "strace", "psql", "ruff", "pip"), "#!/bin/sh\n")
    programs |= {"mypy": f"#!/bin/sh\nexit {types}\n", "pytest": f'#!/bin/sh\necho ran "$@"\nexit {tests}\n'}
    programs |= {f"python3.{minor}": PYTHON for minor in range(10, 14)}
    for name, text in programs.items():
        (fakes / name).write_text(text)
        (fakes / name).chmod(0o755)
    recipe = folder / ".ci" / "run"
    recipe.parent.mkdir()
    shutil.copy(RECIPE, recipe)
    environment = {"PATH": f"{fakes}{os.pathsep}{os.environ['PATH']}", "FAKES": str(fakes), "PYENV_ROOT": str(folder)}
    environment |= {"HOME": str(folder), "TMPDIR": str(folder)}
    return subprocess.run([str(BASH), str(recipe)], env=environment, capture_output=True, text=True, timeout=60)


def test_passes_when_all_suites_pass(tmp_path: Path) -> None:
    run = _recipe(tmp_path, tests=0)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("ran ") == 3  # the oldest Python, the newest, and learning
    assert sorted(path.name for path in tmp_path.iterdir()) == [".ci", "fakes"]  # the environments are gone


@pytest.mark.parametrize(("tests", "types"), [(1, 0), (0, 1)])
def test_fails_when_anything_fails(tmp_path: Path, tests: int, types: int) -> None:
    run = _recipe(tmp_path, tests=tests, types=types)
    assert run.returncode == 1, run.stderr
    assert run.stdout.count("ran ") == 3
