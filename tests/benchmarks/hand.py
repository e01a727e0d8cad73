"""What correcting lines is worth: an owner's archive in a hand that the model has never seen, simulated.

python tests/benchmarks/hand.py PAGES MODEL TAR… --collection NAME [--lines 50 100 200 400] [--others DIR…]

The lines of one collection in the line tars are put together to pages (whole lines, one below the other) and indexed
with MODEL, the folder of a model that was trained without that collection (see indexer.training.recipe). So many of
them are corrected by their ground truth, `notes train --from-index` learns from them, and PAGES, transcribed pages of
the same collection, are read with the new model. Printed for each number of lines: folded character error rate and
mean average precision of searching the ink, before and after; with --others also on the pages of other collections.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from PIL import Image

from indexer.catalog import Catalog
from indexer.formats.groundtruth import truth_for
from indexer.image.geometry import holder, middle, outline
from indexer.training.letters import transcribed
from indexer.training.lines import TrainingLine
from indexer.training.shards import read_shard

MARGIN, PITCH, MOST = 60, 52, 24
"""Pixels around a page's lines, from line to line, and the most lines of a page."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("tars", type=Path, nargs="+")
    parser.add_argument("--collection", required=True)
    parser.add_argument("--lines", type=int, nargs="+", default=[50, 100, 200, 400])
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--others", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        shutil.copytree(given.model, home / "index" / "models" / "base")
        pages = composed(home / "pages", given.tars, given.collection, max(given.lines))
        notes(home, "index", *pages, "--model", "base")
        show("before", home, given.pages, given.others, "base")
        done = 0
        for number in sorted(given.lines):
            done += correct(home / "index", pages, number - done)
            learned = notes(
                *(home, "train", f"hand{number}", "--from-index", "--model", "base", "--minutes", str(given.minutes))
            )
            print(
                f"  {done} lines: on pages kept apart {learned['before']:.3f} -> {learned['after']:.3f}, other hands "
                f"{learned['others_before'] or 0:.3f} -> {learned['others_after'] or 0:.3f}",
                flush=True,
            )
            if learned["model"]:
                show(f"{done} lines", home, given.pages, given.others, learned["model"])


def composed(folder: Path, tars: list[Path], collection: str, lines: int) -> list[Path]:
    """Pages put together from a collection's lines, at least so many lines, each with its ALTO file."""
    by_page: dict[str, list[TrainingLine]] = defaultdict(list)
    for tar in tars:
        for line in read_shard(tar):
            if line.page.split("/")[0] == collection and transcribed(line.text):
                by_page[line.page].append(line)
    folder.mkdir()
    made: list[Path] = []
    number = 0
    for page in sorted(by_page):
        if number >= 1.3 * lines:  # not every line is found
            break
        rows = by_page[page][:MOST]
        made.append(folder / f"{page.replace('/', '-')}.png")
        write_page(made[-1], [row.pixels() for row in rows], [transcribed(row.text) or "" for row in rows])
        number += len(rows)
    return made


def write_page(path: Path, lines: list[np.ndarray], texts: list[str]) -> None:
    paper = int(np.median([np.percentile(line, 80) for line in lines]))
    width = max(line.shape[1] for line in lines) + 2 * MARGIN
    image = np.full((2 * MARGIN + PITCH * len(lines), width), paper, np.uint8)
    rows = []
    for at, (line, text) in enumerate(zip(lines, texts, strict=True)):
        top = MARGIN + at * PITCH
        image[top : top + line.shape[0], MARGIN : MARGIN + line.shape[1]] = line
        place = f'HPOS="{MARGIN}" VPOS="{top}" WIDTH="{line.shape[1]}" HEIGHT="{line.shape[0]}"'
        rows.append(f"<TextLine {place}><String CONTENT={quoteattr(text)} {place}/></TextLine>")
    Image.fromarray(image).save(path)
    size = f'WIDTH="{width}" HEIGHT="{image.shape[0]}"'
    path.with_suffix(".xml").write_text(
        f"<alto><Layout><Page {size}><PrintSpace>{''.join(rows)}</PrintSpace></Page></Layout></alto>"
    )


def correct(index: Path, pages: list[Path], wanted: int) -> int:
    """Correct so many lines that nobody has settled yet, page by page, as an owner would."""
    done = 0
    with Catalog(index) as catalog:
        for path in pages:
            (truth,) = truth_for(path) or ()
            regions = [line.polygon for line in truth.lines]
            for line in catalog.page_lines(path, 1):
                at = holder(regions, middle(outline(line)))
                if done == wanted or at is None or line.origin.engine != "embedded":
                    continue
                if line.box.width > 0.8 * (regions[at][1][0] - regions[at][0][0]):  # a whole line
                    catalog.say(line.id, "correct", truth.lines[at].text)
                    done += 1
    return done


def show(what: str, home: Path, pages: Path, others: list[Path], model: str) -> None:
    for folder in (pages, *others):
        figures = notes(home, "evaluate", folder, "--model", model)
        print(
            f"{what}: {folder.name}: cer_folded {figures['reading']['cer_folded']:.3f}, "
            f"ink map {figures['search']['ink']['map']:.3f}, ece {figures['confidence']['ece']:.3f}",
            flush=True,
        )


def notes(home: Path, *args: object) -> dict[str, Any]:
    places = {"NOTES_INDEX": str(home / "index"), "XDG_DATA_HOME": str(home / "data")}
    environ = {**os.environ, **places, "NOTES_SIDECAR_TEXT": "ignore"}
    command = [sys.executable, "-m", "indexer", *map(str, args), "--json"]
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
