"""Made-up pages in joined school hands, which TeX sets."""

from __future__ import annotations

import lzma
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.training.shards import read_shard

TEXTS = {"de": "Das Haus des Herrn Bürgermeisters steht am Markt. ", "en": "The house of the mayor. "}


def _made(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "indexer.training.school_hands", str(folder), str(folder / "OUT.tar"), *options]
    return subprocess.run(program, capture_output=True, text=True, check=False)


def _texts(folder: Path) -> None:
    for name, text in (
        ("de", "Das Haus des Herrn Bürgermeisters steht am Markt. "),
        ("en", "The house of the mayor. "),
    ):
        with lzma.open(folder / f"{name}.txt.xz", "wt", encoding="utf-8") as file:
            file.write(text * 40)


def test_without_text_or_without_tex_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "de.txt.xz and en.txt.xz are expected there" in _made(tmp_path).stderr
    _texts(tmp_path)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "mf, latex, dvipng, kpsewhich is missing: install" in _made(tmp_path).stderr


@pytest.mark.skipif(
    shutil.which("kpsewhich") is None
    or not subprocess.run(["kpsewhich", "wesu14.mf"], capture_output=True, check=False).stdout,
    reason="needs TeX with the package schulschriften",
)
def test_lines_are_set_in_new_hands(tmp_path: Path) -> None:
    _texts(tmp_path)
    done = _made(tmp_path, "--hands", "2", "--pages", "2")
    lines = list(read_shard(tmp_path / "OUT.tar"))
    assert done.stdout == f"{tmp_path / 'OUT.tar'}: {len(lines)} lines\n"
    assert len(lines) > 4
    assert {line.collection for line in lines} == {"synthetic-school-1"}
    assert {word for line in lines for word in line.text.split()} <= {*TEXTS["de"].split(), *TEXTS["en"].split()}
    widths = {line.text: line.pixels().shape[1] for line in lines}
    assert widths[max(widths, key=len)] > widths[min(widths, key=len)]
