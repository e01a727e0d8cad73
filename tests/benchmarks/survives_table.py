"""The table of faults in the docs: runs ``survives.py`` and ``survives_weeks.py``, and writes what they count there.

    python tests/benchmarks/survives_table.py [--long]

The short form tries every fault with five commands at one moment of each, chosen by chance, and runs two days of
hours; it takes some minutes of a processor. The long form tries every moment and runs two weeks, for hours. Ends with 1
if anything was not as it has to be; which moment that was is on stderr.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
DOCS = Path(__file__).parents[2] / "indexer" / "docs" / "faults.md"
BEGINS, ENDS = "<!-- tried -->\n", "<!-- tried: end -->"
SHORT, LONG = (["--commands", "5", "--moments", "1"], ["--hours", "48"]), ([], ["--hours", "336"])
"""The options of both in either form."""
FAULTS = {
    "power": "the power is cut after a call; what was not synced is gone, or there in part",
    "full": "the disk is full (`ENOSPC`)",
    "broken": "the disk does not read or write (`EIO`)",
    "shut": "files and folders may not be changed any more (`EACCES`)",
    "handles": "no file can be opened any more (`EMFILE`)",
    "killed": "the process is killed",
    "locks": "there are no locks, as on some network drives (`ENOLCK`)",
    "no-locks": "the file system knows no locks (`ENOSYS`)",
    "network": "SQLite gets no lock, as on some network drives (`ENOLCK`)",
}


def rows(program: str, options: list[str]) -> list[list[str]]:
    """The rows that a benchmark prints as a table, the one of the names first."""
    command = [sys.executable, HERE / program, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = []
        for line in process.stdout:
            print(line, end="", flush=True)
            if line.startswith("| "):
                found.append([each.strip() for each in line.strip().strip("|").split(" | ")])
    if process.returncode:
        raise SystemExit(f"{program} ended with {process.returncode}")
    return found


def table(rows: list[list[str]]) -> str:
    """Rows as Markdown, the names first."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def tried_table(told: list[list[str]]) -> list[list[str]]:
    """A row a fault of what ``survives.py`` printed, a row a fault and command."""
    made = [["fault", "commands", "times tried", "something lost or wrong"]]
    for fault in dict.fromkeys(row[0] for row in told):
        counts = [(int(row[2]), int(row[3])) for row in told if row[0] == fault]
        tried, wrong = (sum(each) for each in zip(*counts, strict=True))
        made.append([FAULTS[fault], str(sum(each > 0 for each, _ in counts)), f"{tried:,}", f"{wrong:,}"])
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="every moment, and two weeks")
    form = LONG if parser.parse_args().long else SHORT
    _, *told = rows("survives.py", form[0])
    grown = rows("survives_weeks.py", form[1])
    tried = tried_table(told)
    commands = "; ".join(dict.fromkeys(row[1] for row in told))
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    form_name = (
        "the long form, at every moment"
        if form is LONG
        else "the short form, five commands a fault and a moment of each"
    )
    text = (
        f"{date.today()}, {where}; {form_name}.\n\n{table(tried)}\n\n"
        f"The commands: {commands}.\n\n"
        f"Two weeks, or in the short form two days, of hourly indexing:\n\n{table(grown)}\n"
    )
    page = DOCS.read_text(encoding="utf-8")
    made = re.sub(f"(?<={BEGINS}).*?(?={ENDS})", lambda _: text, page, count=1, flags=re.DOTALL)
    DOCS.write_text(made, encoding="utf-8")
    print(text)
    raise SystemExit(any(row[-1] != "0" for row in tried[1:]))


if __name__ == "__main__":
    main()
