"""What the catalogue knows of people, in both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.catalog import Catalog, people
from indexer.values.errors import UsageError

HERE = "https://id.example sub"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog(tmp_path, create=True) as opened:
        yield opened


def test_who_is_called_so_elsewhere(catalog: Catalog) -> None:
    catalog.add_user("Anna", "review")
    catalog.add_user("Bo", "read")
    catalog.bind("anna", HERE, "4711")
    catalog.bind("ANNA", HERE, "4711")
    found = catalog.user_by_subject(HERE, "4711")
    assert found is not None
    assert found.name == "Anna"
    assert catalog.user_by_subject("https://id.example email", "4711") is None, "another claim may call others so"
    with pytest.raises(UsageError, match="is anna already"):
        catalog.bind("bo", HERE, "4711")
    with pytest.raises(UsageError, match="has the name BO already"):
        catalog.add_subject(HERE, "BO", "read")
    assert [catalog.add_subject(HERE, "Zoë", "read").name for _ in range(2)] == ["Zoë", "Zoë"]
    assert catalog.subjects() == {"anna": [(HERE, "4711")], "zoë": [(HERE, "Zoë")]}
    session = catalog.begin_session("anna", 60)
    assert catalog.unbind("anna") == 1
    assert catalog.user_by_session(session) is None
    catalog.remove_user("Zoë")
    assert catalog.subjects() == {}


def test_the_log_keeps_the_last_of_each(catalog: Catalog, monkeypatch) -> None:
    monkeypatch.setattr(people, "MOST_NOTED", 2)
    catalog.note_deed("Anna", "", "the one thing she did")
    for each in range(5):
        catalog.note_deed("Bo", "192.0.2.1", f"deed {each}")
        catalog.note_deed("Anna", "", "could not sign in", refused=True, claimed=True)
    done = [(each.who, each.deed) for each in catalog.log(100) if not each.refused]
    assert done == [("Bo", "deed 4"), ("Bo", "deed 3"), ("Anna", "the one thing she did")]
    assert [(each.who, each.refused, each.entries) for each in catalog.left_out_of_log()] == [("Bo", False, 3)]
