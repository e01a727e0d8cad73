"""What is installed: one package of our own name, our own plugins in it, and nothing of anybody else's beside them."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from indexer.api.registry import SHIPPED

ROOT = Path(__file__).parent.parent
BUILD = "import sys; from setuptools import build_meta; build_meta.build_{}(sys.argv[1])"
TRAP = "import pathlib\npathlib.Path(__file__).with_suffix('.RAN').touch()\n"
LOADED_ONCE = """
import sys
from pathlib import Path
from indexer.api.registry import SHIPPED, load_registry
from indexer.plugins import embedded, images
first, second = (load_registry(Path("none"), {}) for _ in range(2))
assert first.problems == (), first.problems
assert first.sources["images"] == second.sources["images"]
assert first.sources["images"].pages.__module__ == images.__name__
assert first.engines["embedded"].open is embedded.open_recogniser
named = [name for name in sys.modules if name.split(".")[0] == "plugins" or name.startswith("notes_plugin")]
assert not named, named
files = [module.__file__ for name, module in sys.modules.items() if name.startswith("indexer") and module.__file__]
assert len(files) == len(set(files))
print(Path(images.__file__).parent)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel made from a source distribution made from this checkout."""
    folder = tmp_path_factory.mktemp("built")
    source = folder / "source"
    source.mkdir()
    for part in ("indexer", "plugins"):
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / part, source)
    build("sdist", source, folder)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "unpacked", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    build("wheel", next((folder / "unpacked").iterdir()), folder)
    return next(folder.glob("*.whl"))


def build(what: str, source: Path, into: Path) -> None:
    command = [sys.executable, "-c", BUILD.format(what), str(into)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, text=True)


@pytest.fixture
def site(wheel: Path, tmp_path: Path) -> Path:
    """The wheel installed beside a package ``plugins`` of somebody else, which has modules of our names too."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for name in ("__init__", "images", "other", "weather/__init__", "embedded/__init__", "aspose/__init__"):
        (site / "plugins" / name).parent.mkdir(parents=True, exist_ok=True)
        (site / "plugins" / f"{name}.py").write_text(TRAP)
    return site


def run(site: Path, *command: str) -> str:
    environ = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, *command], env=environ, cwd=site.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_one_package_of_our_name_and_all_that_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    beside = {name.partition("/")[2] for name in names if ".data/" in name}
    assert beside == {"data/share/man/man1/notes.1"}
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name and ".data/" not in name} == {"indexer"}
    for part, inside in (("indexer", "indexer"), ("plugins", "indexer/plugins")):
        for file in (path for path in (ROOT / part).rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            assert f"{inside}/{file.relative_to(ROOT / part).as_posix()}" in names


def test_modules_of_another_distribution_are_never_ours(site: Path) -> None:
    listed = json.loads(run(site, "-m", "indexer", "plugins", "--json"))
    assert listed["problems"] == []
    assert {row["name"] for row in listed["plugins"] if row["layer"] == "built-in"} == set(SHIPPED)
    assert Path(run(site, "-c", LOADED_ONCE).strip()) == site / "indexer" / "plugins"
    assert not list(site.rglob("*.RAN"))


def test_in_a_checkout_the_plugins_have_the_same_one_name() -> None:
    assert Path(run(ROOT, "-c", LOADED_ONCE).strip()) == ROOT / "plugins"


def test_a_stray_file_in_a_checkout_is_no_built_in_plugin(tmp_path: Path) -> None:
    for part in ("indexer", "plugins"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("stray.py", "boxed/__init__.py"):
        (tmp_path / "plugins" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "plugins" / name).write_text(TRAP)
    listed = json.loads(run(tmp_path, "-m", "indexer", "plugins", "--json"))
    assert {row["name"] for row in listed["plugins"] if row["layer"] == "built-in"} == set(SHIPPED)
    assert not list(tmp_path.rglob("*.RAN"))


def test_every_plugin_of_the_folder_is_named() -> None:
    modules = {path.stem for path in (ROOT / "plugins").glob("[!_]*.py")}
    packages = {path.parent.name for path in (ROOT / "plugins").glob("[!_]*/__init__.py")}
    assert modules | packages == set(SHIPPED)


@pytest.mark.parametrize("path", sorted(ROOT.glob("[itp]*/**/*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_imports_a_top_level_plugins(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typed = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
             for inner in ast.walk(node)}  # fmt: skip
    for node in ast.walk(tree):
        if id(node) not in typed and isinstance(node, ast.ImportFrom) and not node.level:
            assert (node.module or "").split(".")[0] != "plugins", "its one name is indexer.plugins"
