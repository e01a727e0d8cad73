"""Teaching the detector lines: the network is the file's, what is wanted of it, and a run that is interrupted."""

from __future__ import annotations

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from indexer.plugins.embedded import original_model
from indexer.training import detection
from indexer.training.graph import Graph
from indexer.training.middles import wanted

WORDS = ("winter", "harbour", "a letter", "received")


@pytest.fixture(scope="module")
def page() -> Image.Image:
    page = Image.new("L", (320, 320), "white")
    for row, word in enumerate(WORDS):
        ImageDraw.Draw(page).text((40, 40 + 64 * row), word, fill="black", font=ImageFont.load_default(size=28))
    return page


@pytest.fixture(scope="module")
def lines() -> list[dict[str, object]]:
    return [
        {"polygon": [[36, y], [200, y], [200, y + 32], [36, y + 32]], "baseline": [[36, y + 26], [200, y + 26]]}
        for y in range(40, 40 + 64 * len(WORDS), 64)
    ]


def test_the_module_gives_what_the_file_gives_also_after_a_change_of_its_weights(tmp_path) -> None:
    model = onnx.load(original_model("det"))
    network = Graph(model)
    image = torch.rand(1, 3, 64, 96) * 2 - 1
    for change in (0.0, 0.01):
        with torch.no_grad():
            for weight in network.weights:
                weight.mul_(1 + change)
            given = torch.sigmoid(network(image)).numpy()
        network.store(model)
        onnx.save(model, tmp_path / "changed.onnx")
        session = onnxruntime.InferenceSession(str(tmp_path / "changed.onnx"), providers=["CPUExecutionProvider"])
        assert np.abs(session.run(None, {"x": image.numpy()})[0] - given).max() < 1e-4


def test_a_line_that_was_found_keeps_its_middle_and_one_that_was_not_gets_a_band_of_that_kind(page, lines) -> None:
    seen = np.zeros((320, 320), np.uint8)
    for y in (40, 104, 168):
        seen[y + 10 : y + 22, 44:192] = 250
    seen[290:300, 220:300] = 250  # where nothing is written
    sample = wanted(np.asarray(page), [*lines, *lines[:1] * 3], seen)
    assert np.array_equal(sample.middles[40:190] > 0, seen[40:190] > 0)
    rows = np.flatnonzero(sample.middles[232:264].any(axis=1)) + 232
    assert abs(rows[0] - 242) <= 1
    assert abs(rows[-1] - 253) <= 1
    assert sample.weights[245, 100] > 1
    assert not sample.middles[290:300].any()


def test_an_interrupted_run_goes_on(page, lines, tmp_path, monkeypatch, capsys) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    page.save(pages / "one.png")
    page.save(pages / "other.png")
    records = [{"file": f"{name}.png", "collection": name, "lines": lines} for name in ("one", "other")]
    (pages / "pages.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    monkeypatch.setattr(detection, "_SIDE", 64)
    monkeypatch.setattr(detection, "_SAVED", 0.0)
    folder = tmp_path / "learned"
    steps = []
    for minutes in ("0.002", "0.02"):
        options = [
            "--start",
            str(original_model("det")),
            "--minutes",
            minutes,
            "--leave-out",
            "other",
            "--threads",
            "1",
        ]
        monkeypatch.setattr(sys, "argv", ["detection", str(folder), str(pages), *options])
        detection.main()
        steps.append(torch.load(folder / "network.pt", weights_only=True)["step"])
    assert 0 < steps[0] < steps[1]
    assert [each.name for each in (folder / "wanted").iterdir()] == ["one.png.npy"]
    assert "step 1:" in capsys.readouterr().out
    before, after = (Graph(onnx.load(path)).weights for path in (original_model("det"), folder / "detector.onnx"))
    assert any(not torch.equal(one, other) for one, other in zip(before, after, strict=True))
