"""``notes user``, and who said what of lines and documents."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from indexer.archive import passwords
from indexer.catalog import Catalog


def waiting(notes) -> int:
    return int(notes.json("review")["lines"][0]["id"])


def test_who_said_it_stays_with_what_was_said(indexed, tmp_path) -> None:
    line = waiting(indexed)
    indexed.environ["NOTES_PERSON"] = "Anna Berg"
    indexed.run("review", "correct", line, "doubtful300 world", "--sure")
    indexed.run("describe", "a.png", "--title", "A page")
    indexed.environ["NOTES_PERSON"] = "Bo"
    assert "Anna Berg" in indexed.run("review", "--done").stdout
    assert indexed.json("review", "--done")["done"][0]["person"] == "Anna Berg"
    assert "human, Anna Berg" in indexed.run("show", line).stderr
    assert indexed.json("describe", "a.png", "--history")["documents"][0]["history"][0]["person"] == "Anna Berg"
    indexed.run("forget", "a.png", "--yes")
    indexed.run("forget", "--undo", "a.png")
    indexed.run("index", "--reread", "pages")
    indexed.run("backup", "kept.zip")
    indexed.run("restore", "kept.zip", "--index", "other")
    indexed.environ["NOTES_INDEX"] = str(tmp_path / "other")
    shown = indexed.json("show", line)
    assert shown["lines"][0]["person"] == "Anna Berg"
    indexed.run("export", "--as", "jsonl", "--to", "out.jsonl")
    page = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert {each["readings"][0].get("person") for each in page["lines"]} == {None, "Anna Berg"}


def test_an_index_of_one_person_notes_no_name(indexed) -> None:
    indexed.run("review", "accept", waiting(indexed), "--sure")
    assert indexed.json("review", "--done")["done"][0]["person"] is None


def test_users_are_added_changed_and_removed(indexed) -> None:
    assert "nobody has to sign in" in indexed.run("user", "list", rc=1).stderr
    indexed.run("user", "add", "anna", "--role", "manage")
    indexed.run("user", "add", "Bo Ek", "--role", "read")
    assert "there is a user" in indexed.run("user", "add", "ANNA", rc=2).stderr
    for odd in ("", "\x1b[0m", "a" * 65):
        assert "that is no name" in indexed.run("user", "add", odd, rc=2).stderr
    indexed.run("user", "role", "bo ek", "review")
    token = indexed.run("user", "token", "anna").stdout.strip()
    with Catalog(indexed.index) as catalog:
        found = catalog.user_by_token(token)
        assert found is not None
        assert found.name == "anna"
        session = catalog.begin_session("anna", 60)
        assert catalog.user_by_session(session) is not None
        assert catalog.user_by_session(catalog.begin_session("anna", 0)) is None, "it has ended"
        assert catalog.user_by_session(token) is None, "a token is no session"
    users = indexed.json("user", "list")["users"]
    assert [(each["name"], each["role"], each["tokens"]) for each in users] == [
        ("anna", "manage", 1),
        ("Bo Ek", "review", 0),
    ]
    indexed.run("user", "sign-out", "anna")
    indexed.run("user", "token", "anna", "--end")
    with Catalog(indexed.index) as catalog:
        assert catalog.user_by_session(session) is None
        assert catalog.user_by_token(token) is None
    indexed.run("user", "remove", "Bo Ek")
    assert "no user" in indexed.run("user", "remove", "Bo Ek", rc=2).stderr
    with closing(sqlite3.connect(indexed.index / "catalog.sqlite")) as db:
        kept = "\n".join(db.iterdump())
    assert token not in kept
    assert session not in kept


def test_a_backup_has_the_users_but_nothing_that_lets_anybody_in(indexed, tmp_path) -> None:
    indexed.run("user", "add", "anna")
    token = indexed.run("user", "token", "anna").stdout.strip()
    with Catalog(indexed.index) as catalog:
        session = catalog.begin_session("anna", 60)
    indexed.run("backup", "kept.zip")
    indexed.run("restore", "kept.zip", "--index", "other")
    with Catalog(tmp_path / "other") as catalog:
        assert [each.name for each in catalog.users()] == ["anna"]
        assert catalog.user_by_token(token) is None
        assert catalog.user_by_session(session) is None


def test_users_stay_when_a_backup_from_before_the_first_of_them_is_restored(indexed, serve) -> None:
    indexed.run("backup", "before.zip")
    indexed.run("user", "add", "anna", "--role", "manage")
    token = indexed.run("user", "token", "anna").stdout.strip()
    indexed.run("user", "add", "bo")
    indexed.run("backup", "with-bo.zip")
    indexed.run("user", "remove", "bo")
    for name in ("before.zip", "with-bo.zip"):
        said = indexed.run("restore", name, "--replace").stderr
        assert said.index("users stay as they are here: 1") < said.index("restored into"), name
        with Catalog(indexed.index) as catalog:
            assert [each.name for each in catalog.users()] == ["anna"], "nobody is lost, and nobody comes back"
            assert catalog.user_by_token(token) is not None
        deeds = [each["deed"] for each in indexed.json("user", "log")["log"]]
        assert "notes user remove bo" in deeds, "what was done stays in the log"
    assert serve(indexed).client.get("/api/v1/status").status_code == 401


def test_a_backup_whose_index_cannot_be_read_says_who_comes_in(indexed) -> None:
    with Catalog(indexed.index) as catalog:
        catalog.open_here()
    indexed.run("backup", "before.zip")
    indexed.run("user", "add", "anna")
    indexed.run("backup", "with.zip")
    said = indexed.run("restore", "with.zip", "--index", "other").stderr
    assert "users come from the backup: 1" in said
    with Catalog(indexed.home / "other") as catalog:
        assert not catalog.is_open_here, "that was said of another machine"
    for name, told in (
        ("with.zip", "since those of this index cannot be read: 1"),
        ("before.zip", "nobody has to sign"),
    ):
        with closing(sqlite3.connect(indexed.index / "catalog.sqlite")) as db:
            db.execute("DROP TABLE users")
        said = indexed.run("restore", name, "--replace").stderr
        assert told in said
        assert said.index(told) < said.index("restored into")


def test_a_password_is_kept_as_a_slow_hash_alone(indexed) -> None:
    indexed.run("user", "add", "anna")
    for text, said in (("short", "10 to 200"), ("", "no password"), ("a" * 201, "10 to 200")):
        process = indexed.begin("user", "password", "anna", stdin=-1, stdout=-1, stderr=-1)
        _, err = process.communicate(f"{text}\n")
        assert process.returncode == 2
        assert said in err
    with Catalog(indexed.index) as catalog:
        session = catalog.begin_session("anna", 60)
    process = indexed.begin("user", "password", "anna", stdin=-1, stdout=-1, stderr=-1)
    process.communicate("correct horse battery\n")
    with Catalog(indexed.index) as catalog:
        kept = catalog.password_of("Anna")
        assert catalog.user_by_session(session) is None, "a new password signs out everywhere"
    assert kept is not None
    assert kept.startswith("$argon2id$")
    assert passwords.matches("correct horse battery", kept)
    assert not passwords.matches("correct horse batter", kept)
    assert passwords.renewed("correct horse battery", kept) is None


@pytest.mark.parametrize("kept", [None, "", "$argon2id$v=19$m=99999999999,t=1,p=1$AAAA$AAAA", "nonsense\0", "é"])
def test_without_a_sound_hash_no_password_fits(kept) -> None:
    assert not passwords.matches("nobody's password", kept)
    assert not passwords.matches("\ud800" * 12, kept)
