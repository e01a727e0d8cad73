"""An archive in which nothing changed: what it costs to look through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import indexer
from indexer.catalog.database import Database

if TYPE_CHECKING:
    import pytest


def test_a_file_that_did_not_change_costs_few_questions(notes, make_page, monkeypatch: pytest.MonkeyPatch) -> None:
    notes.fake_engine()
    for n in range(6):
        make_page(notes.home / "box" / f"{n}.png", 200 + n)
    notes.run("index", "box")
    for name, value in notes.environ.items():
        monkeypatch.setenv(name, value)
    asked: list[object] = []
    ask = Database._looked_up

    def counted(self: Database, look: object) -> object:
        asked.append(look)
        return ask(self, look)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "_looked_up", counted)

    def questions(*names: str) -> int:
        asked.clear()
        with indexer.open_archive(notes.index, engine="fake") as archive:
            report = archive.index(*(notes.home / "box" / name for name in names))
        assert report.files == {"skipped": len(names)}
        return len(asked)

    few, more = questions("0.png", "1.png"), questions(*(f"{n}.png" for n in range(6)))
    assert more - few <= 4 * 16
