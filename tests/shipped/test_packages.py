"""What is installed is what lies in a checkout."""

from __future__ import annotations

import re
from pathlib import Path

HOME = Path(__file__).parents[2]


def test_every_package_is_installed() -> None:
    listed = re.search(r"^packages = \[\n(.*?)^\]", (HOME / "pyproject.toml").read_text(encoding="utf-8"), re.M | re.S)
    assert listed
    inside = [file.parent.relative_to(HOME) for top in ("indexer", "plugins") for file in HOME.glob(f"{top}/**/*.py")]
    names = {".".join(folder.parts) for folder in inside}
    assert set(re.findall(r'"([\w.]+)"', listed[1])) == {
        name if name.startswith("indexer") else f"indexer.{name}" for name in names
    } | {"indexer.catalog.migrations"}
