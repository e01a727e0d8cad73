"""``notes search`` as a process: what it loads and looks at, which is what it takes before it answers."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

HEAVY = {
    *("rich", "rapidfuzz", "PIL", "cv2", "onnxruntime", "pymupdf", "pypdfium2", "pluggy", "torch"),
    *("indexer.api.registry", "indexer.archive.tables", "indexer.image.table_grid", "indexer.recognition"),
    *("indexer.search.variants", "indexer.formats.document", "indexer.evaluation", "indexer.web", "fastapi"),
    *(() if sys.version_info < (3, 11) else ("asyncio",)),  # the last filelock for Python 3.10 loads it
}
"""What must not be loaded for a word that was read, when nobody sees colours."""
OURS = 199
"""Most modules of the program that a search loads."""
LOADED = """
import sys
from indexer.__main__ import main
sys.argv = ["notes", "search", "alpha"]
try:
    main()
finally:
    sys.stderr.write("\\n".join(sys.modules))
"""


def test_a_search_loads_nothing_that_it_does_not_need(indexed) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=indexed.home,
        env=indexed.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "[alpha]" in done.stdout
    loaded = set(done.stderr.split())
    assert "indexer.search.finder" in loaded
    assert not HEAVY & loaded
    assert len([name for name in loaded if name.startswith("indexer")]) <= OURS


def test_a_search_that_finds_nothing_does_not_look_for_damage(indexed) -> None:
    """Among a million lines that takes many times as long as the search, and finding nothing is no fault."""
    indexed.run("search", "alpha")
    with closing(sqlite3.connect(indexed.index / "catalog.sqlite")) as db, db:
        (line,) = db.execute("SELECT min(id) FROM lines").fetchone()
        db.execute("UPDATE lines SET polygon = '5' WHERE id = ?", (line,))
    assert "not found" in indexed.run("search", "qqzzkk", rc=1).stderr
