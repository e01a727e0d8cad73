"""The server as an attacker meets it: other sites, other hosts, paths that lead upwards, and who has no token."""

from __future__ import annotations

import http.client
import re
from pathlib import Path

import pytest

from indexer import web
from indexer.web.security import Token

INDEXED = ("stanford/stanford-04.jpg", "hooker/hooker-12.jpg")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "a b"])
def test_a_name_that_is_not_ours_gets_nothing(served, host) -> None:
    for path in ("/", "/api/v1/documents", "/static/style.css"):
        answer = served.client.get(path, headers={"host": host})
        assert answer.status_code in (400, 421)
        assert "stanford" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:1"},
    ],
)
def test_another_site_changes_nothing(served, headers) -> None:
    line = served.hits("berkeley")[0]["id"]
    said = {"kind": "reject", "seen": "0"}
    assert served.client.post(f"/review/{line}", data=said, headers=headers).status_code == 403
    assert served.client.put(f"/api/v1/lines/{line}/verdict", json=said, headers=headers).status_code == 403
    assert served.client.delete(f"/api/v1/lines/{line}/verdict", headers=headers).status_code == 403
    assert served.hits("berkeley")


STATIC = Path(web.__file__).parent / "static"


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/static/../app.py", STATIC / "../app.py"),
        ("/static/%2e%2e/app.py", STATIC / "../app.py"),
        ("/static/..%2fapp.py", STATIC / "../app.py"),
        ("/static/..%5capp.py", STATIC / "../app.py"),
        ("/static/x/../../templates/add.html", STATIC / "../templates/add.html"),
        ("/static//etc/passwd", Path("/etc/passwd")),
        ("/static/%2fetc/passwd", Path("/etc/passwd")),
        (f"/static/{'../' * 20}etc/passwd", Path("/etc/passwd")),
        (f"/scan/{'../' * 20}etc/passwd/1/1200.jpg", Path("/etc/passwd")),
        ("/scan/%2Fetc%2Fpasswd/1/1200.jpg", Path("/etc/passwd")),
        ("/ink/%2Fetc%2Fpasswd/1/0,0,1,1.jpg", Path("/etc/passwd")),
        (f"/documents/1/1/{'../' * 20}etc/passwd", Path("/etc/passwd")),
    ],
)
def test_no_file_outside_is_read(served, address: str, file: Path) -> None:
    """Each address is sent as it is written: clients take out what leads upwards before they ask."""
    status, body = as_written(served, address)
    assert status in (400, 404, 422)
    assert not any(line.encode() in body for line in file.read_text().splitlines() if len(line) > 20)
    assert as_written(served, "/static/notes.js") == (200, (STATIC / "notes.js").read_bytes())


def as_written(served, address: str) -> tuple[int, bytes]:
    """What the server answers to the very letters of an address."""
    connection = http.client.HTTPConnection(served.client.base_url.host, served.client.base_url.port, timeout=30)
    try:
        connection.putrequest("GET", address, skip_accept_encoding=True)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_browsers_are_told_to_be_strict(served) -> None:
    for path in ("/", "/nothing", "/api/v1/status", "/static/notes.js"):
        headers = served.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers
    shown = served.client.get("/", params={"q": "berkeley"}).text
    assert not re.search(r"<style|style=|<script>|onclick|https?://", shown)


def test_another_address_needs_the_token_that_was_shown_once(notes, serve) -> None:
    server = serve(notes, "--host", "0.0.0.0")
    token = re.search(r"token \(shown once, keep it\): (\S+)", "".join(server.said))
    assert token
    assert token[1] not in (notes.index / "token.json").read_text()
    client = server.client
    assert client.get("/").headers["location"] == "/sign-in"
    assert client.get("/api/v1/status").status_code == 401
    assert client.get("/api/v1/status", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/api/v1/status", headers={"authorization": f"Bearer {token[1]}"}).status_code == 200
    assert client.post("/sign-in", data={"token": "wrong"}).status_code == 403
    signed = client.post("/sign-in", data={"token": token[1]})
    assert "HttpOnly" in signed.headers["set-cookie"]
    assert "samesite=strict" in signed.headers["set-cookie"].casefold()
    kept = signed.cookies["notes"]
    assert token[1] not in signed.headers["set-cookie"]
    assert client.get("/").status_code == 200
    assert client.get("/", headers={"host": "evil.example"}).status_code == 421
    client.cookies.clear()
    until, _, signature = kept.partition(".")
    for forged in (token[1], f"{int(until) + 1}.{signature}", f"{until}.", f"1.{signature}", "9" * 5000, "x.y"):
        assert client.get("/", headers={"cookie": f"notes={forged}"}).status_code == 303, forged
    assert client.get("/", headers={"cookie": f"notes={kept}"}).status_code == 200
    server.close()
    again = serve(notes, "--host", "0.0.0.0")
    again.close()
    assert "shown once" not in "".join(again.said)


def test_a_pass_ends_with_its_time_and_with_its_token(tmp_path: Path) -> None:
    one, text = Token.make(tmp_path)
    other, _ = Token.make(tmp_path)
    kept = one.pass_until(1000.0)
    assert text not in kept
    assert one.admits(kept, 999.0)
    assert not one.admits(kept, 1000.0)
    assert not other.admits(kept, 999.0)


def test_what_other_sites_have_a_browser_ask_for_is_no_search(notes, make_page, serve) -> None:
    notes.fake_engine()
    make_page(notes.home / "a.png", 300)
    notes.run("index", "a.png")
    server = serve(notes)
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"referer": "http://evil.example/"},
    ):
        assert server.client.get("/", params={"q": "alpha"}, headers=headers).status_code == 200
    assert not (notes.index / "searches.txt").exists()
    server.client.get("/", params={"q": "alpha"}, headers={"sec-fetch-site": "same-origin"})
    assert (notes.index / "searches.txt").read_text() == "alpha\n"
    assert "without a token" in "".join(server.said)


@pytest.mark.parametrize(
    ("headers", "status"), [({"content-length": "3000000000"}, 413), ({"transfer-encoding": "chunked"}, 411)]
)
def test_what_would_fill_the_disk_is_refused_before_it_comes(served, headers, status) -> None:
    address = served.client.base_url
    connection = http.client.HTTPConnection(address.host, address.port, timeout=20)
    connection.putrequest("POST", "/api/v1/documents")
    for name, value in {**headers, "content-type": "multipart/form-data; boundary=x"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == status
    connection.close()


def test_a_viewer_of_another_site_is_shown_documents_if_it_was_named(served, notes, with_pages, serve) -> None:
    named, other = {"origin": "https://viewer.example"}, {"origin": "https://evil.example"}
    with_pages(notes, "stanford/stanford-04.jpg")
    server = serve(notes, "--viewer", "https://Viewer.example/mirador/")
    (document,) = server.client.get("/api/v1/documents").json()
    manifest = f"/iiif/{document['id']}/manifest"
    shown = server.client.get(manifest, headers=named)
    assert shown.headers["access-control-allow-origin"] == "https://viewer.example"
    image = shown.json()["items"][0]["items"][0]["items"][0]["body"]["id"]
    assert server.client.get(image).headers["cross-origin-resource-policy"] == "cross-origin"
    asked = server.client.options(manifest, headers=named)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-private-network"] == "true"
    for client, headers, path in (
        (server.client, other, manifest),
        (server.client, named, "/api/v1/documents"),
        (server.client, named, "/"),
        (served.client, named, manifest),
    ):
        assert "access-control-allow-origin" not in client.get(path, headers=headers).headers
        assert client.options(path, headers=headers).status_code != 204
    assert served.client.get(manifest).headers["cross-origin-resource-policy"] == "same-origin"
    server.close()
    assert "no address" in notes.run("serve", "--viewer", "mirador", rc=2).stderr


def test_a_port_that_is_taken_is_named(served, notes) -> None:
    port = served.client.base_url.port
    said = notes.run("serve", "--port", port, rc=4).stderr
    assert str(port) in said
    assert "--port" in said
