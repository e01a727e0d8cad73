"""Tries as many odd inputs as one likes at every door: ``python tests/benchmarks/fuzz.py --inputs 100000``.

Runs the tests of ``test_fuzz.py``, ``test_serve_odd.py`` and ``test_api.py`` with so many more inputs than usual, and
others in every run. Prints for each door, as soon as it is done, how many inputs were tried there, how long the longest
and all of them took, and what went wrong.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent.parent
USUAL = 2500
"""Inputs of these tests with a factor of one."""
FILES = ("test_fuzz.py", "web/test_serve_odd.py", "web/test_api.py")


@dataclass
class Counting:
    """A plugin of pytest that counts inputs by the tests that try them."""

    tried: int = 0
    longest: float = 0.0
    lines: list[str] = field(default_factory=list)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Around each test."""
        from hypothesis.statistics import collector  # when pytest has loaded its plugins

        seconds: list[float] = []

        def heard(statistics: dict[str, Any]) -> None:
            for phase in statistics.values():
                if isinstance(phase, dict):
                    seconds.extend(case["runtime"] + case.get("drawtime", 0.0) for case in phase["test-cases"])

        began = time.monotonic()
        failed = True
        try:
            with collector.with_value(heard):
                yield
            failed = False
        finally:
            self.tried += len(seconds)
            self.longest = max(self.longest, *seconds, 0.0)
            took = f"{time.monotonic() - began:>7.0f} s, the longest {max(seconds, default=0.0):5.2f} s"
            print(
                f"\n{len(seconds):>8} {took}  {'WRONG ' if failed else ''}{item.nodeid.rpartition('/')[2]}", flush=True
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--only", default="", help="the name of a test, or a part of it")
    given = parser.parse_args()
    os.environ["FUZZ_FACTOR"] = str(given.inputs / USUAL)
    os.chdir(TESTS.parent)
    only = ["-k", given.only] if given.only else []
    counting, began = Counting(), time.monotonic()
    files = [str(TESTS / file) for file in FILES]
    code = pytest.main(["-q", "--capture=no", "-p", "no:cacheprovider", *only, *files], plugins=[counting])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(
        f"{counting.tried:>8} in all, {time.monotonic() - began:.0f} s, the longest {counting.longest:.2f} s; "
        f"this process had at most {most:.0f} MB"
    )
    sys.exit(code)


if __name__ == "__main__":
    main()
