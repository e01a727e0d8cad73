"""DjVu: read with the programs of the system, or named with what to install."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.api.registry import load_registry
from indexer.api.testing import check_source
from indexer.plugins import djvu
from indexer.system.originals import source_file
from indexer.values import SourceOptions
from indexer.values.errors import PluginError

SAMPLE = Path(__file__).parents[1] / "data" / "sources" / "two.djvu"
"""Two pages, made with cjb2 and djvm."""
real = pytest.mark.skipif(shutil.which("ddjvu") is None, reason="needs DjVuLibre (apt-get install djvulibre-bin)")


def read(path: Path, options: SourceOptions | None = None) -> list[tuple[int, int]]:
    return [page.image().size for page in djvu.pages(source_file(path, None), options or SourceOptions())]


@real
def test_pages_are_rendered_as_they_were_scanned(tmp_path: Path) -> None:
    path = tmp_path / "-ü %20.djvu"
    shutil.copy(SAMPLE, path)
    assert read(path) == [(600, 200), (600, 200)]
    assert read(path, SourceOptions(max_pixels=30_001)) == [(300, 100), (300, 100)]
    with pytest.raises(PluginError, match="too large"):
        read(path, SourceOptions(max_pixels=100))
    check_source(load_registry(tmp_path / "none", {}).sources["djvu"], path)


@real
def test_text_behind_a_page_comes_along_line_by_line(tmp_path: Path) -> None:
    path, text = tmp_path / "a.djvu", tmp_path / "text"
    shutil.copy(SAMPLE, path)
    text.write_text(
        '(page 0 0 600 200 (para 10 10 590 190 (line 20 100 500 150 (word 20 100 100 150 "d\\303\\251ar")'
        ' (word 120 100 300 150 (char 120 100 200 150 "\\"s") (char 200 100 300 150 "ir\\"")))'
        ' (line 20 40 500 90 "I am")))'
    )
    subprocess.run([str(shutil.which("djvused")), "-e", f"select 2; set-txt {text}; save", str(path)], check=True)
    first, second = djvu.pages(source_file(path, None), SourceOptions())
    layer = second.text()
    assert first.text() is None
    assert layer is not None
    assert ((layer.width, layer.height), layer.lines, layer.complete) == ((600, 200), (), False)
    assert [line.text for line in layer.unproven] == ['déar "sir"', "I am"]
    assert layer.unproven[0].box.xywh == (20, 50, 480, 50)
    assert layer.unproven[0].words[1].box.xywh == (120, 50, 180, 50)
    assert [page.text for page in djvu.pages(source_file(path, None), SourceOptions(pdf_text="ignore"))] == [None] * 2


@real
def test_words_that_stand_in_no_line_make_lines(tmp_path: Path) -> None:
    path, text = tmp_path / "a.djvu", tmp_path / "text"
    shutil.copy(SAMPLE, path)
    text.write_text(
        '(page 0 0 600 200 (word 20 100 100 150 "Dear") (word 120 105 300 155 "sir") (word 320 40 500 90 "I am")'
        ' (word 20 40 200 90 "yours"))'
    )
    subprocess.run([str(shutil.which("djvused")), "-e", f"select 2; set-txt {text}; save", str(path)], check=True)
    _, second = djvu.pages(source_file(path, None), SourceOptions())
    layer = second.text()
    assert layer is not None
    assert [line.text for line in layer.unproven] == ["Dear sir", "I am", "yours"]
    assert layer.unproven[0].box.xywh == (20, 45, 280, 55)


def test_without_the_programs_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PluginError, match="djvused, which is not there") as caught:
        read(SAMPLE)
    assert "djvulibre" in caught.value.hint
    (check,) = djvu.notes_checks()
    assert check.run().state == "warning"
    assert "ddjvu and djvused" in check.run().message


@pytest.mark.skipif(sys.platform == "win32", reason="scripts")
def test_programs_that_fail_or_hang_lose_only_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program, text in (
        ("djvused", "case $2 in n) echo 1;; *) echo width=10 height=10;; esac"),
        ("ddjvu", "exit 10"),
    ):
        (tmp_path / program).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(PluginError, match="damaged"):
        read(SAMPLE)
    (tmp_path / "djvused").write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(djvu, "_SECONDS", 0.1)
    with pytest.raises(PluginError, match="took longer"):
        read(SAMPLE)
    (tmp_path / "djvused").write_text("#!/bin/sh\necho 0\n")
    with pytest.raises(PluginError, match="no pages"):
        read(SAMPLE)
