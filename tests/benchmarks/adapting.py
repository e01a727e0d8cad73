"""What `notes adapt` brings on collections that the model does not know, and how near its estimate is to the truth.

python tests/benchmarks/adapting.py FOLDER… [--minutes 60] [--model NAME] [--mixed] [--kept FOLDER]

Each FOLDER has pages with ground truth. The pages of each, or with --mixed of all together, are indexed without their
ground truth and adapted to. Then they are read with the adapted model. Printed for each folder: the folded character
error rate, the mean average precision of searching the ink, and the share of wrong words by `notes status` of the
former model, before and after; the estimated share after, and the model's letter errors on other hands. With --kept the
indexes stay there, and a run that was interrupted goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--model", default="latin")
    parser.add_argument("--mixed", action="store_true")
    parser.add_argument("--kept", type=Path)
    given = parser.parse_args()
    archives = [given.folders] if given.mixed else [[folder] for folder in given.folders]
    with tempfile.TemporaryDirectory() as name:
        home = given.kept or Path(name)
        for folders in archives:
            adapted(home / "-".join(folder.name for folder in folders), folders, given.model, given.minutes)


def adapted(home: Path, folders: Sequence[Path], base: str, minutes: float) -> None:
    """Adapt to an archive of these folders, and print what that brought."""
    home.mkdir(parents=True, exist_ok=True)
    notes(home, "index", *folders, "--model", base)
    outcome = json.loads(notes(home, "adapt", "adapted", "--model", base, "--minutes", minutes, "--json"))
    told = [f"{key} {outcome[key]:.3f}" for key in sorted(outcome) if isinstance(outcome[key], float)]
    print(home.name, f"{outcome['lines']} lines", "kept" if outcome["model"] else "not kept", *told, flush=True)
    for folder in folders if outcome["model"] else ():
        before, after = (figures(home, folder, model) for model in (base, "adapted"))
        print(f"  {folder.name:12}", *(f"{key} {before[key]:.3f} {after[key]:.3f} " for key in before), flush=True)


def figures(home: Path, folder: Path, model: str) -> dict[str, float]:
    """How a model reads the pages of a folder."""
    measured = json.loads(notes(home, "evaluate", folder, "--model", model, "--json"))
    found = {"cer": measured["reading"]["cer_folded"], "words wrong": 1 - measured["reading"]["word_recall"]}
    return {**found, "ink map": measured["search"]["ink"]["map"], "ece": measured["confidence"]["ece"]}


def notes(home: Path, *command: Any) -> str:
    """What a command prints that works in the index of this home."""
    found = {**os.environ, "NOTES_INDEX": str(home / "index"), "NOTES_WORKERS": "1", "NOTES_SIDECAR_TEXT": "ignore"}
    return subprocess.run(
        [sys.executable, "-m", "indexer", *map(str, command)], env=found, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


if __name__ == "__main__":
    main()
