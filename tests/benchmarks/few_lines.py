"""What a few corrected lines are worth at once: transcribed pages of a hand as an owner's archive, simulated.

python tests/benchmarks/few_lines.py FOLDER… [--lines 5 10 20 50] [--model NAME] [--train MINUTES]

The pages of each folder are indexed. So many lines are corrected by their ground truth, the first ones on the first
pages, and `notes review learn` learns from them. Measured on the lines after the first 50: the folded character error
rate of all and of the words the share that is right beside their mean confidence; and the seconds that learning took,
with those of the processor. Beside it `notes train --from-index` learns from the same lines for some minutes (--train 0
leaves it out), and reads all again; it wants twenty lines on two pages.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from PIL import Image

import indexer
from indexer.archive import few_lines
from indexer.archive.library import Archive
from indexer.formats.groundtruth import fitted, truth_for
from indexer.image.decoding import orientation_of
from indexer.image.geometry import holder, middle, outline
from indexer.text.folding import search_words
from indexer.training.learner import share_of, wrong
from indexer.training.letters import transcribed
from indexer.values import StoredLine
from indexer.values.errors import UsageError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--lines", type=int, nargs="+", default=[5, 10, 20, 50])
    parser.add_argument("--model")
    parser.add_argument("--train", type=float, default=1.0, help="minutes")
    parser.add_argument("--keep", type=Path, help="where indexes are kept between calls")
    given = parser.parse_args()
    few_lines.LEAST = min(given.lines)
    for folder in given.folders:
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            if given.keep:
                with opened(given.keep / folder.name, given.model) as archive:
                    archive.index(folder)
                shutil.copytree(given.keep / folder.name, home / "index")
            archive = stack.enter_context(opened(home / "index", given.model))
            archive.index(folder)
            measure(archive, folder, sorted(given.lines), given.train)


def opened(index: Path, model: str | None) -> Archive:
    return indexer.open_archive(index, sidecar_text="ignore", **({"model": model} if model else {}))


def measure(archive: Archive, folder: Path, numbers: list[int], minutes: float) -> None:
    pairs = list(told(archive, folder))
    first, rest = pairs[:50], [line.id for line, _ in pairs[50:]]
    texts = {line.id: text for line, text in pairs}
    print(f"{folder.name}: {len(pairs)} lines, {len(rest)} to measure by; {figures(archive, rest, texts)}", flush=True)
    done = 0
    for number in numbers:
        for line, text in first[done:number]:
            archive.catalog.say(line.id, "correct", text)
        done, began, used = number, time.monotonic(), time.process_time()
        try:
            (learned,) = archive.learn(folder)
        except UsageError as error:
            print(f"  {number} lines: {error.message}")
            continue
        how = f"{', '.join(learned.changed) or 'nothing'}: in turn {learned.before:.3f} -> {learned.after:.3f}"
        print(
            f"  {number} lines: {figures(archive, rest, texts)}; {how}; {learned.reread} lines read more surely, "
            f"{time.monotonic() - began:.0f} s, of the processor {time.process_time() - used:.0f} s",
            flush=True,
        )
        if minutes:
            train(archive, folder, number, minutes, texts)


def train(archive: Archive, folder: Path, number: int, minutes: float, texts: dict[int, str]) -> None:
    name = f"trained-{number}"
    try:
        made = archive.train(name, minutes=minutes)
    except UsageError as error:
        print(f"    notes train: {error.message}")
        return
    if made.model is None:
        print(f"    notes train: not kept, {made.before:.3f} -> {made.after:.3f} on pages kept apart")
        return
    with tempfile.TemporaryDirectory() as home:
        shutil.copytree(archive.settings.index / "models", Path(home) / "models")
        with opened(Path(home), name) as other:
            other.index(folder)
            pairs = list(told(other, folder))[50:]
            read = figures(other, [line.id for line, _ in pairs], {line.id: text for line, text in pairs})
            print(f"    notes train, {minutes:g} minutes: {read}", flush=True)


def told(archive: Archive, folder: Path) -> Iterator[tuple[StoredLine, str]]:
    """The lines that lie on one line of the ground truth each, with its text."""
    for path in sorted(folder.iterdir()):
        truth = truth_for(path) if path.suffix in (".jpg", ".png") else None
        if not truth:
            continue
        with Image.open(path) as image:
            size = image.size
        try:
            page = fitted(truth[0], *size, orientation_of(path))
        except UsageError:
            continue
        lines = archive.catalog.page_lines(path.absolute(), 1)
        held = [holder([line.polygon for line in page.lines], middle(outline(line))) for line in lines]
        for line, at in zip(lines, held, strict=True):
            text = None if at is None or held.count(at) > 1 else transcribed(page.lines[at].text)
            if text:
                yield line, text


def figures(archive: Archive, ids: list[int], texts: dict[int, str]) -> str:
    now = archive.catalog.lines(ids)
    error = share_of([wrong(texts[each], now[each].text if each in now else "") for each in ids])
    right, sure = [], []
    for each in now.values():
        there = search_words(texts[each.id])
        for word in search_words(each.text):
            right.append(word in there)
            sure.append(each.confidence or 0.0)
    words = f"{sum(right) / max(1, len(right)):.3f} of words right, confidence {sum(sure) / max(1, len(sure)):.3f}"
    return f"wrong letters {error:.3f}, {words}"


if __name__ == "__main__":
    main()
