"""Several people at one archive: how they sign in, what each may do, and what an attacker gets."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi import APIRouter
from starlette.responses import PlainTextResponse

from indexer import web
from indexer.archive import passwords
from indexer.catalog import Catalog
from indexer.cli import _shared_machine
from indexer.web import attempts, rights
from indexer.web.attempts import Attempts, TooOftenError
from indexer.web.doors import UserDoor
from indexer.web.security import TokenNeeded

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def people(tmp_path_factory, notes_factory, make_page):
    """An archive with somebody of each role; their tokens by their names."""
    notes = notes_factory(tmp_path_factory.mktemp("people"))
    notes.fake_engine()
    notes.run("index", make_page(notes.home / "pages" / "a.png", 300))
    with Catalog(notes.index) as catalog:
        for role in ("read", "review", "manage"):
            catalog.add_user(f"{role.title()} One", role)
            catalog.set_password(f"{role} one", passwords.hashed(f"{PASSWORD} {role}"))
        notes.tokens = {role: catalog.new_token(f"{role} one") for role in ("read", "review", "manage")}
    return notes


@pytest.fixture(scope="module")
def door(people, served_factory):
    server = served_factory(people)
    yield server
    server.close()


def bearer(people, role: str) -> dict[str, str]:
    return {"authorization": f"Bearer {people.tokens[role]}"}


def signed_in(server, role: str) -> str:
    server.client.cookies.clear()
    answer = server.client.post("/sign-in", data={"name": f"{role} one", "password": f"{PASSWORD} {role}"})
    assert answer.status_code == 303
    kept = answer.cookies["notes"]
    server.client.cookies.clear()
    return kept


def as_signed_in(kept: str) -> dict[str, str]:
    return {"cookie": f"notes={kept}"}


def test_every_address_says_what_it_needs_and_nothing_else_is_named() -> None:
    rooms = [importlib.import_module(f"indexer.web.{each.name}") for each in pkgutil.iter_modules(web.__path__)]
    routers = {id(each): each for room in rooms for each in vars(room).values() if isinstance(each, APIRouter)}
    answering = {rights.name_of(route.endpoint) for router in routers.values() for route in router.routes}
    named = [*rights.ANYONE, *(name for names in rights.NEEDS.values() for name in names)]
    assert sorted(named) == sorted(answering)


def test_where_there_are_users_everybody_signs_in_also_on_this_machine(door) -> None:
    client = door.client
    client.cookies.clear()
    for path in ("/", "/documents", "/review", "/documents/1/1", "/export.zip?as=text", "/failures"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/sign-in"), path
    for path in ("/api/v1/status", "/api/v1/search?q=alpha", "/api/v1/openapi.json", "/iiif/1/manifest"):
        assert client.get(path).status_code == 401, path
    assert client.post("/add", files={"files": ("a.png", b"x")}).status_code == 401
    assert "Password or token" in client.get("/sign-in").text
    assert client.get("/static/style.css").status_code == 200


def test_a_session_is_neither_password_nor_token_and_ends(people, door) -> None:
    kept = signed_in(door, "review")
    answer = door.client.get("/", headers=as_signed_in(kept))
    assert answer.status_code == 200
    assert "Review One" in answer.text
    assert kept not in {PASSWORD, *people.tokens.values()}
    assert door.client.get("/", headers=as_signed_in(people.tokens["review"])).status_code == 303
    assert door.client.get("/api/v1/status", headers={"authorization": f"Bearer {kept}"}).status_code == 401
    assert door.client.post("/sign-out", headers=as_signed_in(kept)).status_code == 303
    assert door.client.get("/", headers=as_signed_in(kept)).status_code == 303


def test_a_session_outlives_a_restart_and_ends_with_a_new_password(people, serve) -> None:
    first = serve(people)
    kept = signed_in(first, "read")
    first.close()
    second = serve(people)
    assert second.client.get("/", headers=as_signed_in(kept)).status_code == 200
    with Catalog(people.index) as catalog:
        catalog.set_password("read one", passwords.hashed(f"{PASSWORD} read"))
    assert second.client.get("/", headers=as_signed_in(kept)).status_code == 303


def test_a_browser_gets_a_new_session_whatever_it_kept_before(door) -> None:
    """A session that an attacker has put into a browser must not become that of whoever signs in there."""
    planted = signed_in(door, "read")
    given = {"name": "manage one", "password": f"{PASSWORD} manage"}
    answer = door.client.post("/sign-in", data=given, headers=as_signed_in(planted))
    assert answer.cookies["notes"] != planted
    door.client.cookies.clear()
    assert door.client.get("/", headers=as_signed_in(planted)).status_code == 303, "it has ended"
    told = answer.headers["set-cookie"].casefold()
    assert "httponly" in told
    assert "samesite=strict" in told


def test_each_role_may_what_it_may(people, door) -> None:
    client = door.client
    client.cookies.clear()
    line = client.get("/api/v1/search?q=doubtful300&all=1", headers=bearer(people, "read")).json()["hits"][0]["id"]
    tries = (
        ("GET", "/documents", "read"),
        ("GET", f"/api/v1/lines/{line}", "read"),
        ("GET", "/iiif/1/manifest", "read"),
        ("GET", "/export.zip?as=text", "read"),
        ("GET", "/review", "review"),
        ("GET", "/documents/1/describe", "review"),
        ("GET", f"/api/v1/lines/{line}/near", "review"),
        ("POST", f"/review/{line}/undo", "review"),
        ("DELETE", "/api/v1/documents/1/description", "review"),
        ("GET", "/add", "manage"),
        ("GET", "/forgotten", "manage"),
        ("GET", "/api/v1/jobs", "manage"),
        ("POST", "/documents/99/forget", "manage"),
        ("POST", "/api/v1/documents", "manage"),
    )
    for method, path, needed in tries:
        for role in ("read", "review", "manage"):
            status = client.request(method, path, headers=bearer(people, role)).status_code
            assert (status == 403) == (not rights.may(role, needed)), (method, path, role, status)


def test_a_reader_is_shown_nothing_that_they_may_not_do(people, door) -> None:
    door.client.cookies.clear()
    for role, there in (("read", False), ("manage", True)):
        shown = door.client.get("/documents", headers=bearer(people, role)).text
        assert ('href="/add"' in shown) == there
        assert ("/forget" in shown) == there
        page = door.client.get("/documents/1/1", headers=bearer(people, role)).text
        assert ("Turn left" in page) == there
        assert ("/write" in page) == there


def test_verdicts_of_the_browser_say_who_made_them(people, door) -> None:
    client = door.client
    client.cookies.clear()
    found = client.get("/api/v1/search?q=doubtful300&all=1", headers=bearer(people, "review")).json()["hits"][0]
    said = {"kind": "correct", "text": "doubtful300 ward", "seen": "0", "sure": True}
    client.put(f"/api/v1/lines/{found['id']}/verdict", json=said, headers=bearer(people, "review"))
    assert client.get(f"/api/v1/lines/{found['id']}", headers=bearer(people, "read")).json()["person"] == "Review One"
    assert "Review One" in client.get("/review/done", headers=bearer(people, "manage")).text
    assert "checked by Review One" in client.get("/documents/1/1", headers=bearer(people, "read")).text


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_another_site_has_nobody_sign_in_or_out_or_change_anything(door, headers) -> None:
    kept = signed_in(door, "manage")
    given = {"name": "read one", "password": f"{PASSWORD} read"}
    assert door.client.post("/sign-in", data=given, headers=headers).status_code == 403
    for path in ("/sign-out", "/documents/1/forget", "/review/1/undo"):
        assert door.client.post(path, headers={**headers, **as_signed_in(kept)}).status_code == 403
    assert door.client.get("/", headers=as_signed_in(kept)).status_code == 200


def test_a_wrong_password_and_an_unknown_name_are_told_alike_and_cost_alike(people, serve, monkeypatch) -> None:
    server = serve(people)
    told = [
        server.client.post("/sign-in", data={"name": name, "password": "wrong " * 3})
        for name in ("manage one", "nobody", "\x00", "a" * 200)
    ]
    assert {each.status_code for each in told} == {403}
    assert (
        len({each.text.replace(each.request.content.decode(), "").count("do not belong together") for each in told})
        == 1
    )
    verified: list[str] = []

    class Hasher:
        def verify(self, kept: str, password: str) -> bool:
            verified.append(kept)
            return True

        def hash(self, password: str) -> str:
            return "hash of nobody"

    monkeypatch.setattr(passwords, "_hasher", Hasher)
    passwords._nobodys.cache_clear()
    assert not passwords.matches("x", None)
    assert len(verified) == 1, "for a name that nobody has a hash is compared as well"
    passwords._nobodys.cache_clear()


def test_a_token_of_somebody_else_is_no_password(people, door) -> None:
    door.client.cookies.clear()
    asked = {"name": "manage one", "password": people.tokens["read"]}
    assert door.client.post("/sign-in", data=asked).status_code == 403
    own = {"name": "READ one", "password": people.tokens["read"]}
    assert door.client.post("/sign-in", data=own).status_code == 303


def test_many_wrong_passwords_have_to_wait(people, serve) -> None:
    server = serve(people)
    wrong = {"name": "manage one", "password": "wrong"}
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: server.client.post("/sign-in", data=wrong).status_code, range(16)))
    assert 429 in told
    right = server.client.post("/sign-in", data={"name": "manage one", "password": f"{PASSWORD} manage"})
    assert right.status_code == 429
    assert "Wait 10 minutes" in right.text
    assert int(right.headers["retry-after"]) > 500


def test_what_a_request_says_of_where_it_came_from_is_believed_of_a_server_in_front_alone(people, serve) -> None:
    def try_as(server, address: str, **more: str) -> httpx.Response:
        wrong = {"name": f"nobody {address}", "password": "wrong"}
        told = {"x-forwarded-for": address, "x-forwarded-proto": "https", **more}
        return server.client.post("/sign-in", data=wrong, headers=told)

    spoofed = serve(people)
    assert [try_as(spoofed, f"192.0.2.{each}").status_code for each in range(11)] == [403] * 10 + [429]
    kept = spoofed.client.post("/sign-in", data={}, headers={"x-forwarded-proto": "https"})
    assert "secure" not in kept.headers.get("set-cookie", "").casefold()
    spoofed.close()
    behind = serve(people, "--behind", "127.0.0.1", "--name", "archive.example")
    named = {"host": "archive.example"}
    assert {try_as(behind, f"192.0.2.{each}", **named).status_code for each in range(11)} == {403}
    given = {"name": "read one", "password": f"{PASSWORD} read"}
    told = {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.99", "origin": "https://archive.example", **named}
    answer = behind.client.post("/sign-in", data=given, headers=told)
    assert answer.status_code == 303
    assert "; secure" in answer.headers["set-cookie"].casefold()
    assert behind.client.get("/", headers={"host": "evil.example"}).status_code == 421


def test_over_https_only_this_host_can_have_put_the_session_there(people, serve) -> None:
    """A server with a neighbouring name could put a cookie for all of the domain into a browser, and would be told what
    is said in its session. Browsers take a cookie of this name from the host alone."""
    server = serve(people, "--behind", "127.0.0.1", "--name", "archive.example")
    told = {"x-forwarded-proto": "https", "origin": "https://archive.example", "host": "archive.example"}
    given = {"name": "read one", "password": f"{PASSWORD} read"}
    answer = server.client.post("/sign-in", data=given, headers=told)
    begun = answer.headers["set-cookie"].casefold()
    assert begun.startswith("__host-notes=")
    assert "path=/;" in begun
    assert "domain" not in begun
    kept = answer.cookies["__Host-notes"]
    server.client.cookies.clear()

    def shown(name: str) -> int:
        return server.client.get("/", headers={**told, "cookie": f"{name}={kept}"}).status_code

    assert (shown("notes"), shown("__Host-notes")) == (303, 200)
    ended = server.client.post("/sign-out", headers={**told, "cookie": f"__Host-notes={kept}"})
    assert "secure" in ended.headers["set-cookie"].casefold()
    assert ended.headers["set-cookie"].startswith("__Host-notes=")
    assert shown("__Host-notes") == 303


def test_behind_another_server_there_have_to_be_users(indexed) -> None:
    assert "notes user add" in indexed.run("serve", "--behind", "127.0.0.1", rc=2).stderr


def test_attempts_are_forgotten_with_time_and_bounded(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(attempts.time, "monotonic", lambda: now[0])
    counted = Attempts()
    for each in range(10):
        counted.check("anna", f"2001:db8::{each:x}")
        counted.failed("anna", f"2001:db8::{each:x}")
    with pytest.raises(TooOftenError):
        counted.check("bo", "2001:db8::ffff")
    counted.check("bo", "2001:db8:1::1")
    now[0] = 601.0
    counted.check("bo", "2001:db8::ffff")
    for each in range(11_000):
        counted.failed(f"name{each}", "192.0.2.1")
    assert len(counted._failed) <= 10_000


def test_new_token_is_refused_and_mcp_asks_for_a_token(people) -> None:
    assert "notes user token" in people.run("serve", "--new-token", rc=2).stderr
    assert "not known who corrects" in people.run("mcp", "--http", "--allow-corrections", rc=2).stderr


def test_assistants_by_http_show_a_token(people) -> None:
    async def told(headers: dict[str, str]) -> int:
        guarded = TokenNeeded(PlainTextResponse("in"), UserDoor(people.index))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="http://127.0.0.1") as client:
            return (await client.post("/mcp", headers=headers)).status_code

    with Catalog(people.index) as catalog:
        session = catalog.begin_session("read one", 60)
    tries = ({}, {"authorization": "Bearer wrong"}, as_signed_in(session), bearer(people, "read"))
    assert [asyncio.run(told(each)) for each in tries] == [401, 401, 401, 200]


def test_a_shared_machine_is_asked_about_once(tmp_path, monkeypatch) -> None:
    answers = iter([False, True])
    monkeypatch.setattr(_shared_machine, "people_here", lambda: ["anna", "bo"])
    monkeypatch.setattr(_shared_machine, "is_asked", lambda: True)
    monkeypatch.setattr(_shared_machine.typer, "confirm", lambda *_, **__: next(answers))
    typed = iter(["Anna", PASSWORD])
    monkeypatch.setattr(_shared_machine.typer, "prompt", lambda *_, **__: next(typed))
    with Catalog(tmp_path / "one", create=True) as catalog:
        _shared_machine.ask_who_may(catalog)
        assert [(each.name, each.role, each.has_password) for each in catalog.users()] == [("Anna", "manage", True)]
    with Catalog(tmp_path / "two", create=True) as catalog:
        _shared_machine.ask_who_may(catalog)
        assert catalog.is_open_here
        _shared_machine.ask_who_may(catalog)  # nothing is left to be asked: another answer would raise StopIteration
        assert not catalog.has_users()
