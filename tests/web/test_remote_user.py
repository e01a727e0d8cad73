"""Who a server in front says is asking: believed of that server alone."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from indexer.catalog import Catalog
from indexer.values.errors import UsageError
from indexer.web.remote_user import Believing, remote_user, user_header

NAME = {"host": "archive.example"}
BEHIND = ("--behind", "127.0.0.1", "--name", "archive.example")


@pytest.fixture
def shared(indexed):
    with Catalog(indexed.index) as catalog:
        catalog.add_user("root", "manage")
        catalog.add_user("Bo", "read")
        indexed.token = catalog.new_token("root")
        indexed.session = catalog.begin_session("root", 600)
    indexed.environ["NOTES_REMOTE_USER"] = "Remote-User"
    return indexed


def users(notes) -> dict[str, str]:
    with Catalog(notes.index) as catalog:
        return {each.name: each.role for each in catalog.users()}


def test_whom_the_server_in_front_names_comes_in_with_their_rights(shared, serve) -> None:
    client = serve(shared, *BEHIND).client
    named = {**NAME, "remote-user": "bo"}
    page = client.get("/", headers=named)
    assert page.status_code == 200
    assert "Bo" in page.text
    assert "Sign out" not in page.text, "there is nothing here to sign out of"
    assert client.get("/review", headers=named).status_code == 403
    assert client.get("/", headers={**NAME, "remote-user": "bo", "cookie": f"notes={shared.session}"}).text == page.text
    as_program = {**named, "authorization": f"Bearer {shared.token}"}
    assert client.get("/api/v1/jobs", headers=as_program).status_code == 200, "a program is whose token it shows"
    assert client.get("/", headers={**NAME, "remote-user": ""}).headers["location"] == "/sign-in"
    assert client.get("/", headers=NAME).headers["location"] == "/sign-in"
    stranger = client.get("/", headers={**NAME, "remote-user": "Zoë".encode()})
    assert stranger.status_code == 403
    assert "Zoë" in stranger.text
    assert client.get("/documents", headers={**NAME, "remote-user": "Zoë".encode()}).status_code == 403
    assert "notes user add" in stranger.text
    assert users(shared) == {"root": "manage", "Bo": "read"}
    assert [each["deed"] for each in shared.json("user", "log")["log"]] == ["is not known here"]
    evil = {**named, "remote-user": "root", "origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    assert client.post("/documents/1/forget", headers=evil).status_code == 403, "another site cannot ask in their name"


def test_unknown_people_become_users_only_if_that_is_said(shared, serve) -> None:
    shared.environ["NOTES_UNKNOWN_PEOPLE"] = "read"
    client = serve(shared, *BEHIND).client
    assert client.get("/", headers={**NAME, "remote-user": "zoë@example.org".encode()}).status_code == 200
    assert users(shared) == {"root": "manage", "Bo": "read", "zoë@example.org": "read"}
    assert client.get("/", headers={**NAME, "remote-user": "x" * 65}).status_code == 403
    assert client.get("/", headers={**NAME, "remote-user": "\x7f"}).status_code == 403
    assert len(users(shared)) == 3
    assert "came for the first time" in shared.json("user", "log")["log"][-1]["deed"]


def test_it_is_believed_of_no_direct_connection(shared, serve) -> None:
    spoofed = {"remote-user": "root", "x-forwarded-for": "192.0.2.1"}
    direct = serve(shared)
    assert "not believed of anybody" in "".join(direct.said)
    assert direct.client.get("/", headers=spoofed).headers["location"] == "/sign-in"
    direct.close()
    elsewhere = serve(shared, "--behind", "192.0.2.1", "--name", "archive.example").client
    assert elsewhere.get("/", headers={**NAME, **spoofed}).headers["location"] == "/sign-in"
    own = {**NAME, "remote-user": "root", "cookie": f"notes={shared.session}"}
    assert elsewhere.get("/", headers=own).status_code == 200, "what is not believed hinders nobody"
    del shared.environ["NOTES_REMOTE_USER"]
    unset = serve(shared, *BEHIND).client
    assert unset.get("/", headers={**NAME, "remote-user": "root"}).headers["location"] == "/sign-in"


def told(address: str | None, *headers: tuple[bytes, bytes], **more: object) -> tuple[int, str]:
    """The status, and whom the application is told of, when a request comes from an address."""

    async def app(scope, receive, send) -> None:
        left = Request(scope).headers.get("remote-user", "")
        await PlainTextResponse(f"{remote_user(scope)}|{left}")(scope, receive, send)

    sent = []

    async def send(message) -> None:
        sent.append(message)

    client = None if address is None else (address, 1)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "client": client, **more}
    guarded = Believing(app, ("10.0.0.0/24", "::1"), "Remote-User")
    asyncio.run(guarded(scope, None, send))
    return sent[0]["status"], sent[1]["body"].decode()


def test_every_other_way_to_give_a_name_gives_none() -> None:
    named = (b"remote-user", b"root")
    assert told("10.0.0.7", named) == (200, "root|")
    assert told("::1", named) == (200, "root|")
    for address in ("10.0.1.7", "127.0.0.1", "::ffff:10.0.0.7", "", "unix", None):
        assert told(address, named) == (200, "|"), address
    assert told("10.0.0.7", named, (b"remote-user", b"bo"))[0] == 400, "one may have come from the browser"
    assert told("10.0.0.7", (b"remote_user", b"root")) == (200, "|")
    assert told("10.0.1.7", **{"notes.remote_user": "root"}) == (200, "|")


@pytest.mark.parametrize(
    "odd", ["", "Cookie", "X-Forwarded-For", "Remote User", "Remote-User:", "é-é", "Sec-Fetch-Site"]
)
def test_a_header_that_says_something_else_is_refused(odd) -> None:
    with pytest.raises(UsageError, match="remote_user"):
        user_header(odd)
