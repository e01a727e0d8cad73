"""What an attacker tries at a shared archive: with no name, with a role too small, with a session that has ended."""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
import re
import subprocess

import httpx
import pytest
from fastapi import APIRouter, Request
from starlette.datastructures import Headers

from indexer import web
from indexer.archive import passwords
from indexer.catalog import Catalog, SaidWord, rights, schema
from indexer.values.errors import UsageError
from indexer.values.person import may
from indexer.web import pages, security
from indexer.web.adding import Progress
from indexer.web.attempts import TooOftenError
from indexer.web.doors import UserDoor
from indexer.web.finders import Lookup
from indexer.web.rights import ANYONE, NEEDS, name_of
from indexer.web.running import Ending

PASSWORD = "correct horse battery"
SECRET = "box/a secret folder"


@pytest.fixture(scope="module")
def town(tmp_path_factory, notes_factory, make_page, served_factory):
    """A page of which a copy lies in a folder that Anna, who reviews, may not see."""
    notes = notes_factory(tmp_path_factory.mktemp("town"))
    notes.fake_engine()
    make_page(notes.home / SECRET / "copy of 300.png", 300)
    make_page(notes.home / "box" / "near" / "300.png", 300)
    make_page(notes.home / SECRET / "310.png", 310)
    notes.run("index", "box")
    with Catalog(notes.index) as catalog:
        for name, role in (("anna", "review"), ("bo", "read"), ("cy", "review"), ("boss", "manage")):
            catalog.add_user(name, role)
            catalog.set_password(name, passwords.hashed(f"{PASSWORD} {name}"))
        catalog.set_folders("anna", [notes.home / "box" / "near"])
        notes.tokens = {each.name: catalog.new_token(each.name) for each in catalog.users()}
        notes.documents = {each.name: each for each in catalog.documents()}
    server = served_factory(notes)
    notes.client = server.client
    yield notes
    server.close()


def as_(town, name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {town.tokens[name]}"}


def signed_in(town, name: str) -> dict[str, str]:
    answer = town.client.post("/sign-in", data={"name": name, "password": f"{PASSWORD} {name}"})
    town.client.cookies.clear()
    return {"cookie": f"notes={answer.cookies['notes']}"}


def routes() -> list[tuple[str, str, str]]:
    """Every address of the server: its method, a path, and the function that answers."""
    rooms = [importlib.import_module(f"indexer.web.{each.name}") for each in pkgutil.iter_modules(web.__path__)]
    routers = {id(each): (room, each) for room in rooms for each in vars(room).values() if isinstance(each, APIRouter)}
    found = []
    for room, router in routers.values():
        inside = "/iiif" if room.__name__.endswith(("iiif", "image_api")) else ""
        inside = inside or ("" if not router.include_in_schema else "/api/v1")
        for route in router.routes:
            path = re.sub(r"{(\w+)}", lambda each: "a" * 64 if each[1] == "sha256" else "1", route.path)
            found += [(method, inside + path, name_of(route.endpoint)) for method in route.methods]
    return found


def test_no_address_answers_nobody_and_each_refuses_who_may_too_little(town) -> None:
    needed = {name: role for role, names in NEEDS.items() for name in names}
    for method, path, name in routes():
        if name in ANYONE:
            continue
        told = town.client.request(method, path)
        assert (told.status_code, told.headers.get("location")) in ((401, None), (303, "/sign-in")), path
        for who, role in (("bo", "read"), ("cy", "review")):
            if not may(role, needed[name]):
                assert town.client.request(method, path, headers=as_(town, who)).status_code == 403, (who, path)


@pytest.mark.parametrize(
    "forged",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"referer": "https://evil.example/x"},
        {"referer": "http://["},
        {"origin": "http://["},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_no_other_site_has_a_browser_change_anything(town, forged) -> None:
    kept = signed_in(town, "boss")
    writing = [(method, path) for method, path, _ in routes() if method != "GET"]
    for method, path in writing if forged == {"origin": "null"} else writing[:2]:
        assert town.client.request(method, path, headers={**forged, **kept}).status_code == 403, path
    answer = town.client.get("/?q=alpha", headers={**kept, "referer": "http://["})
    assert answer.status_code == 200, "a search of nobody we know, but no fault"


def test_a_name_of_a_host_hides_no_other_one(town) -> None:
    for host in ("evil.example@127.0.0.1", "127.0.0.1/evil", "127.0.0.1#x", "127.0.0.1\\.evil.example", "[", ""):
        told = town.client.get("/iiif/1/manifest", headers={**as_(town, "boss"), "host": host})
        assert told.status_code in (400, 421), host
        assert "evil" not in told.text


def test_whoever_has_not_signed_in_or_adds_nothing_sends_nothing_large(town) -> None:
    large = {"content-length": "11000", "content-type": "application/x-www-form-urlencoded"}
    for path, head in (("/sign-in", {}), ("/sign-in", as_(town, "bo")), ("/sign-out", as_(town, "bo"))):
        assert town.client.post(path, content=b"name=" + b"a" * 10_995, headers={**large, **head}).status_code == 413
    guard = security._too_large(Headers({"content-length": str(10**8)}), "review")
    assert guard is not None, "files come from who may add them"
    assert security._too_large(Headers({"content-length": str(10**8)}), "manage") is None


def test_passwords_that_come_at_once_or_under_a_name_in_other_letters_are_counted_too(town, monkeypatch) -> None:
    looked_at: list[str] = []
    monkeypatch.setattr(passwords, "matches", lambda secret, _: looked_at.append(secret) or False)

    async def tried(door: UserDoor, name: str, address: str) -> bool:
        try:
            return await door.sign_in(name, "wrong", address) is None
        except TooOftenError:
            return False

    async def at_once() -> None:
        door = UserDoor(town.index)
        await asyncio.gather(*(tried(door, "anna", "192.0.2.1") for _ in range(40)))

    asyncio.run(at_once())
    assert len(looked_at) <= 11, "two are compared at a time, and ten may be wrong"
    looked_at.clear()

    async def in_other_letters() -> None:
        door = UserDoor(town.index)
        names = ["ａnna", "aｎna", "anｎa", "annａ", "𝐚nna", "a𝐧na", "an𝐧a", "ann𝐚", "𝒂nna", "ⓐnna", " ANNA "] * 4
        for at, name in enumerate(names):
            await tried(door, name, f"192.0.2.{at}")

    asyncio.run(in_other_letters())
    assert len(looked_at) == 30


def test_who_wrote_before_a_server_in_front_did_is_not_believed(town, serve) -> None:
    behind = serve(town, "--behind", "127.0.0.1", "--name", "archive.example")
    told = [
        behind.client.post(
            "/sign-in",
            data={"name": f"nobody {at}", "password": "wrong"},
            headers={"host": "archive.example", "x-forwarded-for": f"192.0.2.{at}, 198.51.100.7"},
        ).status_code
        for at in range(11)
    ]
    assert told == [403] * 10 + [429]


@pytest.mark.parametrize("everybody", ["*", "0.0.0.0/0", "::/0", "proxy.example", "", "127.0.0.1:80"])
def test_a_server_in_front_is_named_by_its_address(town, everybody: str) -> None:
    with pytest.raises(UsageError, match="no address of a server in front"):
        security.in_front(["127.0.0.1", everybody])
    assert "in front of this one" in town.run("serve", "--behind", everybody or "''", rc=2).stderr
    assert security.in_front(["127.0.0.1", "10.0.0.0/24", "::1"])


def test_a_role_a_right_and_a_user_that_end_end_at_once(town) -> None:
    kept = signed_in(town, "cy")
    far = town.documents["310.png"]
    client = town.client
    assert client.get("/review", headers=kept).status_code == 200
    with Catalog(town.index) as catalog:
        catalog.set_role("cy", "read")
        assert client.get("/review", headers=kept).status_code == 403
        assert client.post("/review/1/undo", headers=kept).status_code == 403
        assert client.get(f"/documents/{far.id}/1", headers=kept).status_code == 200
        catalog.set_folders("cy", [town.home / "box" / "near"])
        assert client.get(f"/documents/{far.id}/1", headers=kept).status_code == 404
        catalog.remove_user("cy")
        assert client.get("/", headers=kept).status_code == 303
        catalog.add_user("cy", "review")
        assert client.get("/", headers=kept).status_code == 303, "another one of that name"
        town.tokens["cy"] = catalog.new_token("cy")


def test_news_of_reading_end_with_the_right_to_them(town) -> None:
    class Adding:
        told = 0

        def news(self) -> object:
            self.told += 1
            return Progress(waiting=self.told, pages=0, reading=True)

    async def heard() -> int:
        door = UserDoor(town.index)
        with Catalog(town.index) as catalog:
            catalog.add_user("eve", "read")
            head = Headers({"authorization": f"Bearer {catalog.new_token('eve')}"})
        app = type("App", (), {"state": type("State", (), {"ending": Ending(), "door": door})})
        request = Request({"type": "http", "headers": head.raw, "app": app, "state": {}})
        request.state.visitor = await door.visitor(request.scope)
        number = 0
        async for _ in (await pages.events(request, Adding())).body_iterator:
            number += 1
            if number == 2:
                with Catalog(town.index) as catalog:
                    catalog.remove_user("eve")
        return number

    assert asyncio.run(asyncio.wait_for(heard(), 30)) == 2


def test_a_picture_that_a_browser_keeps_is_for_whoever_was_signed_in(town, serve) -> None:
    near = town.documents["copy of 300.png"]
    tile = f"/iiif/image/{near.sha256}-1-0/full/max/0/default.jpg"
    for path in (f"/scan/{near.sha256}/1/320.jpg", f"/ink/{near.sha256}/1/0,0,9,9.jpg", tile):
        told = town.client.get(path, headers=as_(town, "anna"))
        assert (told.status_code, told.headers["vary"]) == (200, "cookie, authorization"), path
    viewed = serve(town, "--viewer", "https://viewer.example").client
    told = viewed.get(tile, headers={**as_(town, "anna"), "origin": "https://viewer.example"})
    assert told.headers["vary"] == "cookie, authorization, origin"
    assert told.headers["access-control-allow-origin"] == "https://viewer.example"


def test_where_a_copy_lies_is_not_told_either(town) -> None:
    """Also not when the original is gone, and a sentence says which files were looked for."""
    near = town.documents["copy of 300.png"]
    told = [
        town.client.get(path, headers=as_(town, "anna")).text
        for path in (
            *("/documents", f"/documents/{near.id}/1", f"/documents/{near.id}/describe", "/?q=alpha", "/review"),
            *("/export.zip?as=lines", f"/api/v1/documents/{near.id}", f"/iiif/{near.id}/manifest"),
        )
    ]
    paths = [town.home / "box" / "near" / "300.png", town.home / SECRET / "copy of 300.png"]
    for path in paths:
        path.rename(path.with_suffix(".gone"))
    turn = f"/api/v1/documents/{near.id}/pages/1/turned"
    answer = town.client.put(turn, json={"turned": 90}, headers=as_(town, "anna"))
    for path in paths:
        path.with_suffix(".gone").rename(path)
    assert (answer.status_code, "300.png" in answer.text) == (404, True)
    assert "secret" not in "".join([*told, answer.text])


def test_words_that_people_said_of_lines_are_looked_up_among_what_is_seen(town) -> None:
    line = town.client.get("/api/v1/search?q=page310", headers=as_(town, "boss")).json()["hits"][0]["id"]
    with Catalog(town.index, who="boss") as catalog:
        seen = catalog.revision_on(catalog.line(line))
        catalog.say_words("alpha", [SaidWord(line, catalog.line(line).box, True, seen, 0.9)])
        folders = catalog.user("anna").folders
    assert Lookup(town.index).said_of_word("alpha") == {line: True}
    assert Lookup(town.index, folders).said_of_word("alpha") == {}


def test_a_table_that_a_later_version_adds_shows_nothing_until_it_is_named(tmp_path) -> None:
    with Catalog(tmp_path, create=True):
        db = schema.connect(tmp_path, create=False)
    db.execute("CREATE TABLE postcards (query TEXT, path BLOB)")
    db.execute("INSERT INTO postcards VALUES ('a secret', x'2f')")
    rights.see_only(db, [b"/"])
    assert db.execute("SELECT count(*) FROM postcards").fetchone()[0] == 0
    db.close()


def test_somebody_may_be_given_hundreds_of_folders(tmp_path) -> None:
    folders = tuple(f"/box/{each}".encode() for each in range(600))
    with Catalog(tmp_path, create=True):
        pass
    with Catalog(tmp_path, folders=folders) as catalog:
        assert catalog.counts().documents == 0


def test_assistants_by_http_see_the_whole_archive_or_nothing(town) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepts = {"accept": "application/json, text/event-stream"}
    with town.begin("mcp", "--http", "--port", "0", stderr=subprocess.PIPE) as process:
        address = re.search(r"http://127\.0\.0\.1:\d+/mcp", process.stderr.readline())
        assert address
        tries = (
            *({}, {"authorization": "Bearer wrong"}, signed_in(town, "boss"), as_(town, "anna")),
            *({**as_(town, "bo"), "host": "evil.example"}, {**as_(town, "bo"), "origin": "https://evil.example"}),
        )
        told = [httpx.post(address[0], json=asked, headers={**accepts, **head}) for head in tries]
        initial = {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
        begun = {**asked, "method": "initialize", "params": initial}
        seen = httpx.post(address[0], json=begun, headers={**accepts, **as_(town, "bo")})
        process.terminate()
        assert "Traceback" not in process.communicate(timeout=20)[1]
    assert [each.status_code for each in told] == [401, 401, 401, 403, 421, 403]
    assert "whole archive" in told[3].json()["detail"]
    assert seen.status_code == 200


def test_what_an_attacker_calls_themself_does_nothing_to_the_terminal(town) -> None:
    with Catalog(town.index) as catalog:
        catalog.note_deed("\x1b[2J[/bold]", "\x9b2J", "could not \x1b]0;x\x07", refused=True)
    said = town.run("user", "log", "--limit", 1).stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x80-\x9f]", said)
    assert json.loads(town.run("user", "log", "--limit", 1, "--json").stdout)["log"][0]["address"] == "\x9b2J"
