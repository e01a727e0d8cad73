"""Benchmarks that index pages beside their ground truth do not read that."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent / "benchmarks"


@pytest.mark.parametrize(("name", "options"), [("adapting", ["--json"]), ("hand", [])])
def test_benchmarks_of_learning_ignore_it(tmp_path: Path, name: str, options: list[str]) -> None:
    told = runpy.run_path(str(BENCHMARKS / f"{name}.py"))["notes"](tmp_path, "config", *options)
    settings: dict[str, Any] = (json.loads(told) if isinstance(told, str) else told)["settings"]
    assert settings["sidecar_text"]["value"] == "ignore"


def test_the_benchmark_of_rows_ignores_it(tmp_path: Path) -> None:
    opened: dict[str, object] = {}

    class OpenedError(Exception):
        pass

    def open_archive(_folder: str, **settings: object) -> None:
        opened.update(settings)
        raise OpenedError

    pages = runpy.run_path(str(BENCHMARKS / "rows.py"))["pages"]
    pages.__globals__["open_archive"] = open_archive
    with pytest.raises(OpenedError):
        next(pages(tmp_path, None))
    assert opened == {"sidecar_text": "ignore"}
