"""The log of a shared archive: who did what, and who could not."""

from __future__ import annotations

from indexer.archive import passwords
from indexer.catalog import Catalog, people


def test_who_changed_something_or_tried_is_noted(indexed, serve) -> None:
    indexed.environ["NOTES_PERSON"] = "root"
    indexed.run("user", "add", "anna", "--role", "review")
    with Catalog(indexed.index) as catalog:
        catalog.set_password("anna", passwords.hashed("correct horse"))
        line = catalog.waiting(1)[1][0]
    client = serve(indexed).client
    client.get("/documents")
    client.post("/sign-in", data={"name": "anna", "password": "wrong horse"})
    client.post("/sign-in", data={"name": "anna", "password": "correct horse"})
    client.get("/documents")
    said = {"kind": "accept", "text": line.text}
    assert client.put(f"/api/v1/lines/{line.id}/verdict", json=said).status_code == 200
    assert client.post("/documents/1/forget").status_code == 403
    told = indexed.json("user", "log")["log"]
    assert [(each["who"], each["deed"], each["refused"]) for each in told] == [
        ("anna", "POST /documents/1/forget", True),
        ("anna", f"PUT /api/v1/lines/{line.id}/verdict", False),
        ("anna", "signed in", False),
        ("anna", "could not sign in", True),
        ("root", "notes user add anna --role review", False),
    ]
    assert {each["address"] for each in told} == {"127.0.0.1", ""}
    assert "anna" in indexed.run("user", "log", "--limit", 1).stdout


def test_the_log_is_bounded_and_what_is_refused_drives_nothing_out(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(people, "MOST_NOTED", 4)
    monkeypatch.setattr(people, "MOST_REFUSED", 2)
    with Catalog(tmp_path, create=True) as catalog:
        for each in range(9):
            catalog.note_deed("anna", "", f"deed {each}")
        for each in range(9):
            catalog.note_deed("\ud800" + "x" * 9999, "", f"try {each}", refused=True)
        kept = catalog.log(100)
    assert [each.deed for each in kept] == ["try 8", "try 7", "deed 8", "deed 7", "deed 6", "deed 5"]
    assert max(len(each.who) for each in kept) == 300


def test_nobody_drives_out_of_the_log_what_others_did_and_what_is_not_kept_is_counted(indexed, monkeypatch) -> None:
    monkeypatch.setattr(people, "MOST_NOTED", 3)
    monkeypatch.setattr(people, "MOST_REFUSED", 2)
    with Catalog(indexed.index) as catalog:
        catalog.note_deed("Anna", "", "the one thing she did")
        catalog.note_deed("Anna", "", "the one thing she tried", refused=True)
        for each in range(9):
            catalog.note_deed("Bo" if each % 2 else "BO", "", f"deed {each}")
            catalog.note_deed("bo", "", f"try {each}", refused=True)
            catalog.note_deed("anna", "", "could not sign in", refused=True, claimed=True)
        kept = catalog.log(100)
    assert {each.deed for each in kept if each.who == "Anna"} == {"the one thing she did", "the one thing she tried"}
    assert [each.deed for each in kept if each.who.casefold() == "bo" and not each.refused] == [
        "deed 8",
        "deed 7",
        "deed 6",
    ]
    told = indexed.json("user", "log")["left_out"]
    assert told == [
        {"who": "", "refused": True, "entries": 7},
        {"who": "BO", "refused": False, "entries": 6},
        {"who": "bo", "refused": True, "entries": 7},
    ]
    said = indexed.run("user", "log").stderr
    assert "not kept any more: 6, of BO" in said
    assert "not kept any more: 7 of what was refused, of no known user" in said
