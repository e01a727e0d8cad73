"""Tries as many odd inputs as one likes at every door: ``python tests/benchmarks/fuzz.py --inputs 100000``.

Runs the tests of ``test_fuzz.py``, ``test_serve_odd.py`` and ``test_api.py`` with so many more inputs than usual, and
others in every run; prints how many were tried at each door, how long that took, and what went wrong.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).parent.parent
USUAL = 2500
"""Inputs of these tests with a factor of one."""
FILES = ("test_fuzz.py", "test_serve_odd.py", "test_api.py")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--only", default="", help="the name of a test, or a part of it")
    given = parser.parse_args()
    environ = {**os.environ, "FUZZ_FACTOR": str(given.inputs / USUAL)}
    command = [sys.executable, "-m", "pytest", "-q", "--hypothesis-show-statistics", "-p", "no:cacheprovider"]
    only = ["-k", given.only] if given.only else []
    began = time.monotonic()
    done = subprocess.run(
        [*command, *only, *(str(TESTS / file) for file in FILES)],
        env=environ, cwd=TESTS.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    tried = 0
    for name, statistics in re.findall(r"^(\S+::\S+):\n(.*?)(?=^\S+::|\Z)", done.stdout, re.M | re.S):
        number = sum(int(each) for each in re.findall(r"(\d+) (?:passing|failing|invalid) examples", statistics))
        tried += number
        print(f"{number:>8}  {name.rpartition('/')[2]}")
    print(f"{tried:>8}  in all, {time.monotonic() - began:.0f} s")
    print("\n".join(done.stdout.splitlines()[-15:]))
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
