"""The engines on the same pages: error rate, what is accepted and how right that is, seconds a page; a table.

    python tests/benchmarks/engines.py [FOLDER] [--engines embedded embedded:original tesseract aspose]

Measured by ``notes evaluate`` (its words are defined in ``indexer.evaluation.metrics``), with one worker and one
thread. After a colon stands a model of the embedded engine; ``tesseract`` is the plugin file beside this one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ARCHIVE = Path(__file__).parent.parent / "data" / "archive"
ENGINES = ("embedded", "embedded:original", "tesseract", "aspose")
PLUGIN = Path(__file__).with_name("tesseract.py")


def figures(engine: str, folder: Path) -> dict[str, Any]:
    name, _, model = engine.partition(":")
    command = [sys.executable, "-m", "indexer", "evaluate", str(folder), "--engine", name, "--workers", "1", "--json"]
    command += ["--model", model] if model else []
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "NOTES_PLUGIN_PATH": str(PLUGIN)}
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, env=environ)
    assert done.returncode in (0, 3), "measuring failed"  # 3: some page could not be read, and counts as unread
    return dict(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ARCHIVE)
    parser.add_argument("--engines", nargs="+", default=ENGINES)
    arguments = parser.parse_args()
    print("| engine | CER, folded | word recall | accepted lines | their word precision | recall | seconds a page |")
    print("|---|---|---|---|---|---|---|")
    base = None
    for engine in arguments.engines:
        found = figures(engine, arguments.folder)
        reading, accepted = found["reading"], found["reading"]["accepted"]
        base = base or found["seconds_per_page"]
        rates = (reading["cer_folded"], reading["word_recall"], accepted["share"])
        row = [*map(rate, rates), rate(accepted["word_precision"]), rate(accepted["word_recall"])]
        took = f"{found['seconds_per_page'] / base:.1f} x {arguments.engines[0]}'s"
        print(f"| {engine} | {' | '.join(row)} | {took} |", flush=True)


def rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()
