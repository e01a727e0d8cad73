"""The server as a browser, a program and an attacker meet it: the real one, on a real index."""

from __future__ import annotations

import hashlib
import html
import http.client
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from indexer import web
from indexer.formats.groundtruth import truth_for
from indexer.web.security import Token

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"
INDEXED = ("stanford/stanford-04.jpg", "hooker/hooker-12.jpg")


def hits(served, query: str, **more: object) -> list[dict]:
    answer = served.client.get("/api/v1/search", params={"q": query, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["hits"]


# Pages.


def test_a_search_shows_the_ink_with_the_word_marked_and_leads_to_the_page(served) -> None:
    shown = served.client.get("/", params={"q": "berkeley"})
    assert shown.status_code == 200
    assert "<mark>Berkeley</mark>" in shown.text
    ink = re.search(r'src="(/ink/[^"]+)"', shown.text)
    assert ink
    image = served.client.get(ink[1])
    assert image.headers["content-type"] == "image/jpeg"
    assert "immutable" in image.headers["cache-control"]
    (page,) = set(re.findall(r'href="(/documents/\d+/1)\?q=berkeley#line-\d+"', shown.text))
    shown = served.client.get(page, params={"q": "berkeley"})
    assert "Berkeley, March 20" in shown.text
    assert 'class="found"' in shown.text
    scan = re.search(r'src="(/scan/[^"]+)"', shown.text)
    assert scan
    assert served.client.get(scan[1]).content.startswith(b"\xff\xd8")
    text = served.client.get(f"{page}/text")
    assert "Berkeley, March 20" in text.text
    assert "attachment" in text.headers["content-disposition"]


def test_what_is_asked_for_is_shown_as_text_whatever_it_is(served) -> None:
    for query in ("<script>alert(1)</script>", '"><img src=x>', "{{ 7 * 7 }}"):
        shown = served.client.get("/", params={"q": query})
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text
        assert "<img src=x>" not in shown.text
        assert "49" not in re.sub(r"\d{3,}", "", shown.text.split("<main")[1])


def test_a_query_that_makes_no_sense_is_explained_on_the_page(served) -> None:
    shown = served.client.get("/", params={"q": '"open'})
    assert shown.status_code == 200
    assert 'role="status"' in shown.text
    assert served.client.get("/", params={"q": "a", "since": "yesterday"}).status_code == 200


def test_a_line_is_reviewed_found_and_the_review_undone(served) -> None:
    shown = served.client.get("/review").text
    line = re.search(r'action="/review/(\d+)"', shown)
    assert line
    seen = re.search(r'name="seen" value="([\da-f-]+)"', shown)
    assert seen
    said = {"kind": "correct", "text": "wholly unheard of", "seen": seen[1], "sure": "wholly unheard of"}
    done = served.client.post(f"/review/{line[1]}", data=said)
    assert done.status_code == 303
    assert f"undo={line[1]}" in done.headers["location"]
    assert [hit["id"] for hit in hits(served, "unheard")] == [int(line[1])]
    assert f"/review/{line[1]}/undo" in served.client.get(done.headers["location"]).text
    assert served.client.post(f"/review/{line[1]}/undo").status_code == 303
    assert hits(served, "unheard") == []


def test_a_page_is_saved_as_alto_that_says_what_stands_where(served, tmp_path) -> None:
    document, read = read_page(served)
    answer = served.client.get(f"/documents/{document}/1/alto")
    assert answer.headers["content-disposition"].endswith('.xml"')
    (tmp_path / "a.xml").write_bytes(answer.content)
    (saved,) = truth_for(tmp_path / "a.jpg") or ()
    assert (saved.width, saved.height) == (read["width"], read["height"])
    assert [line.text for line in saved.lines] == [line["text"] for line in read["lines"]]
    for line, shown in zip(saved.lines, read["lines"], strict=True):
        x, y, width, height = shown["box"]
        assert all(x - 2 <= a <= x + width + 2 and y - 2 <= b <= y + height + 2 for a, b in line.polygon)


def test_a_page_is_saved_as_a_pdf_in_which_words_are_found_where_they_stand(served) -> None:
    document, read = read_page(served)
    (line,) = [each for each in read["lines"] if each["text"].startswith("Berkeley")]
    with pymupdf.open(stream=served.client.get(f"/documents/{document}/1/pdf").content) as saved:
        assert saved.page_count == 1
        (found,) = saved[0].search_for("Berkeley")
        scale = read["width"] / saved[0].rect.width
        assert len(saved[0].get_images()) == 1
    x, y, width, height = line["box"]
    assert x - 9 <= found.x0 * scale < found.x1 * scale < x + width / 2
    assert y - height <= found.y0 * scale < found.y1 * scale < y + 2 * height


def test_what_is_saved_is_what_people_said(served) -> None:
    document, read = read_page(served)
    kept, gone = read["lines"][1], read["lines"][2]
    for line, said in ((kept, {"kind": "correct", "text": "œuvre <&> ſaſ", "sure": True}), (gone, {"kind": "reject"})):
        assert served.client.put(f"/api/v1/lines/{line['id']}/verdict", json=said).status_code == 200
    alto = served.client.get(f"/documents/{document}/1/alto").text
    with pymupdf.open(stream=served.client.get(f"/documents/{document}/1/pdf").content) as saved:
        text = saved[0].get_text()
    for line in (kept, gone):
        assert served.client.delete(f"/api/v1/lines/{line['id']}/verdict").status_code == 204
    strings = [word.get("CONTENT") for word in ElementTree.fromstring(alto).iter() if word.tag.endswith("String")]
    at = strings.index("œuvre")
    assert strings[at : at + 3] == ["œuvre", "<&>", "ſaſ"]  # a String is a word, of a corrected line too
    assert all(" " not in string for string in strings)
    assert "œuvre <&> ſaſ" in text
    assert f'"line{gone["id"]}"' not in alto


def read_page(served) -> tuple[int, dict]:
    """A document with one page, and what was read on it."""
    documents = {each["name"]: each["id"] for each in served.client.get("/api/v1/documents").json()}
    document = documents["stanford-04.jpg"]
    return document, served.client.get(f"/api/v1/documents/{document}/pages/1").json()


# Adding.


def test_documents_from_a_phone_are_read_found_and_named_and_reading_goes_on_after_a_restart(
    notes, make_page, served_factory
) -> None:
    notes.fake_engine()
    server = served_factory(notes)
    letter = make_page(notes.home / "a.jpg").read_bytes()
    named = "../../../etc/My letter <b>.jpg"
    try:
        files = [("files", (named, letter)), ("files", ("again.jpg", letter)), ("files", ("evil.exe", b"MZ"))]
        answer = server.client.post("/api/v1/documents", files=files)
        assert answer.status_code == 202
        added = answer.json()
        assert [each["name"] for each in added["added"]] == ["My letter <b>.jpg", "again.jpg"]
        assert added["added"][0]["sha256"] == hashlib.sha256(letter).hexdigest()
        assert len(added["refused"]) == 1
    finally:
        server.close()  # before it is read
    kept = list((notes.index / "documents").iterdir())
    assert [path.name for path in kept] == [f"{hashlib.sha256(letter).hexdigest()}.jpg"]
    server = served_factory(notes)
    try:
        server.wait()
        assert hits(server, "alpha")
        known = server.client.get(f"/api/v1/documents/by-content/{kept[0].stem}").json()
        assert known["name"] == "My letter <b>.jpg"
        assert "My letter &lt;b&gt;.jpg" in server.client.get("/documents").text
        again = server.client.post("/add", files=[("files", ("once more.jpg", letter))])
        assert "was here already" in again.text
        refused = server.client.post("/add", files=[("files", ("a.exe", b"MZ"))])
        assert refused.status_code == 400
        assert "no source plugin reads" in refused.text.casefold()
        with server.client.stream("GET", "/events") as told:
            line = next(line for line in told.iter_lines() if line)
        assert json.loads(line.removeprefix("data: "))["pages"] == 1
        assert server.client.get(f"/api/v1/documents/by-content/{'0' * 64}").status_code == 404
    finally:
        server.close()


def test_a_search_that_finds_nothing_says_why_and_offers_a_wider_one(notes, served_factory) -> None:
    plugin = """
import numpy as np
from contextlib import contextmanager
from indexer.api import Box, Engine, Line, hookimpl
from indexer.posteriors.posteriorgram import PosteriorgramPacker

LETTERS = ["", *"abcdefghijklmnopqrstuvwxyz", " "]

def inked(text, nearly):
    table = np.full((2 * len(text), len(LETTERS)), 0.002, np.float32)
    for at, (letter, other) in enumerate(zip(text, nearly)):
        table[2 * at, LETTERS.index(letter)] = 0.8
        table[2 * at, LETTERS.index(other)] += 0.15
        table[2 * at + 1, 0] = 0.95
    return PosteriorgramPacker(LETTERS).pack(table, 2.0 * len(text))

class Recogniser:
    def read(self, image):
        rows = [("received xyzuvwxy", "received decaisne"), *[("the quiet garden",) * 2] * 30]
        return [
            Line(text, 0.8, Box(5, 30 * at + 10, 190, 20), posteriorgram=inked(text, nearly))
            for at, (text, nearly) in enumerate(rows)
        ]

@contextmanager
def opened(options):
    yield Recogniser()

@hookimpl
def notes_engines():
    yield Engine("inked", "reads and nearly reads", opened, version="1")
"""
    (notes.plugins / "inked.py").write_text(plugin)
    Image.new("L", (200, 1000), 255).save(notes.home / "a.png")
    notes.run("index", "--engine", "inked", "a.png")
    told = notes.run("search", "decaisne", rc=1).stderr
    assert "not found; 1 weaker hit at" in told
    assert "(see --reach high)" in told
    assert "could hold it" not in told
    assert notes.json("search", "decaisne", "--reach", "high")["total"] == 1
    assert "no file that was read matches 'nosuch'" in notes.run("search", "quiet", "--in", "nosuch", rc=1).stderr
    server = served_factory(notes)
    try:
        page = server.client.get("/", params={"q": "decaisne"}).text
        assert "Not found; 1 weaker hit at" in page
        (wider,) = re.findall(r'href="([^"]*)">Search wider', page)
        assert "received" in server.client.get(html.unescape(wider)).text
        nowhere = server.client.get("/", params={"q": "quiet", "in": "nosuch"}).text
        assert "No file that was read matches" in nowhere
    finally:
        server.close()


def test_a_broken_document_does_not_stop_the_others(notes, served_factory, bomb) -> None:
    notes.fake_engine()
    server = served_factory(notes)
    try:
        letter = (ARCHIVE / "stanford" / "stanford-04.jpg").read_bytes()
        sent = {"broken.jpg": letter[:5000], "empty.png": b"", "huge.png": bomb, "a.jpg": letter}
        server.client.post("/api/v1/documents", files=[("files", each) for each in sent.items()])
        server.wait()
        assert hits(server, "alpha")
        assert server.client.get("/api/v1/status").json()["failures"] == 3
        failed = {each["name"]: each["message"] for each in server.client.get("/api/v1/failures").json()}
        assert failed.keys() == {"broken.jpg", "empty.png", "huge.png"}
        assert "30000 x 30000" in failed["huge.png"]
        shown = server.client.get("/documents").text
        for name, message in failed.items():
            assert name in shown
            assert message.split("'")[0] in shown
    finally:
        server.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_document_of_any_name_is_shown_searched_and_saved(notes, make_page, served_factory) -> None:
    notes.fake_engine()
    box = notes.home / "box"
    make_page(box / "a.jpg").rename(os.fsdecode(os.fsencode(box) + b"/IMG [1]\x80\x01.jpg"))
    notes.run("index", "box")
    server = served_factory(notes)
    try:
        (document,) = server.client.get("/api/v1/documents").json()
        assert document["name"] == r"IMG [1]\udc80\x01.jpg"
        page = f"/documents/{document['id']}/1"
        for path in ("/documents", page, f"{page}/alto", f"{page}/pdf", "/?q=alpha", "/review", "/iiif/1/manifest"):
            assert server.client.get(path).status_code == 200, path
        assert 'class="found"' in server.client.get(page, params={"q": "alpha"}).text
        assert server.client.get("/iiif/1/search", params={"q": "alpha"}).json()["items"]
    finally:
        server.close()


# The API.


def test_the_api_gives_documents_pages_lines_and_ink(served) -> None:
    documents = served.client.get("/api/v1/documents").json()
    assert {each["name"] for each in documents} == {"stanford-04.jpg", "hooker-12.jpg"}
    for document in documents:
        (page,) = served.client.get(f"/api/v1/documents/{document['id']}/pages").json()
        whole = served.client.get(f"/api/v1/documents/{document['id']}/pages/{page['page']}").json()
        assert whole["lines"]
        line = served.client.get(f"/api/v1/lines/{whole['lines'][0]['id']}").json()
        assert line["text"] == whole["lines"][0]["text"]
        image = served.client.get(f"/api/v1/lines/{line['id']}.png")
        assert image.content.startswith(b"\x89PNG")
    status = served.client.get("/api/v1/status").json()
    assert status["files"] == 2
    assert served.client.get("/api/v1/openapi.json").json()["info"]["title"] == "notes"


def test_a_viewer_is_given_a_manifest_and_where_words_stand_on_its_canvases(served) -> None:
    documents = {each["name"]: each["id"] for each in served.client.get("/api/v1/documents").json()}
    manifest = served.client.get(f"/iiif/{documents['stanford-04.jpg']}/manifest").json()
    assert manifest["type"] == "Manifest"
    (canvas,) = manifest["items"]
    (painted,) = canvas["items"][0]["items"]
    assert painted["target"] == canvas["id"]
    assert served.client.get(painted["body"]["id"]).headers["content-type"] == "image/jpeg"
    service, older = manifest["service"]
    found = served.client.get(service["id"], params={"q": "university"}).json()
    assert found["type"] == "AnnotationPage"
    assert len(found["items"]) >= 3
    assert len({each["id"] for each in found["items"]}) == len(found["items"])
    for each in found["items"]:
        target, _, place = each["target"].partition("#xywh=")
        assert target == canvas["id"]
        x, y, width, height = map(int, place.split(","))
        assert 0 <= x < x + width <= canvas["width"]
        assert 0 <= y < y + height <= canvas["height"]
    again = served.client.get(older["@id"], params={"q": "university"}).json()
    assert [each["on"] for each in again["resources"]] == [each["target"] for each in found["items"]]
    assert {each["match"].casefold() for each in again["hits"]} == {"university"}
    assert [each["annotations"] for each in again["hits"]] == [[each["@id"]] for each in again["resources"]]
    assert "Senate of the " in " ".join(each["before"] for each in again["hits"])
    other = served.client.get(f"/iiif/{documents['hooker-12.jpg']}/search", params={"q": "berkeley"}).json()
    assert other["items"] == []
    assert served.client.get("/iiif/999999/manifest").status_code == 404


def test_of_two_people_at_one_line_the_second_learns_of_the_first(served) -> None:
    line = hits(served, "berkeley")[0]["id"]
    known = served.client.get(f"/api/v1/lines/{line}").json()["verdict"]
    first = {"kind": "correct", "text": "Berkeley, March 21, 1905.", "seen": known}
    assert served.client.put(f"/api/v1/lines/{line}/verdict", json=first).status_code == 200
    second = served.client.put(f"/api/v1/lines/{line}/verdict", json={**first, "text": "Berkeley, March 22, 1905."})
    assert second.status_code == 409
    assert "somebody else" in second.json()["detail"].casefold()
    assert served.client.get(f"/api/v1/lines/{line}").json()["text"] == "Berkeley, March 21, 1905."
    assert served.client.delete(f"/api/v1/lines/{line}/verdict").status_code == 204


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/lines/999999", 404),
        ("/api/v1/documents/999999", 404),
        ("/api/v1/documents/1/pages/99", 404),
        ("/api/v1/lines/999999.png", 404),
        ("/api/v1/search", 422),
        ("/api/v1/search?q=%22", 400),
        ("/api/v1/search?q=a&limit=100000", 422),
        ("/api/v1/lines/0", 422),
        ("/documents/999999/1", 404),
        ("/nothing", 404),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_said(served, path, status) -> None:
    answer = served.client.get(path)
    assert answer.status_code == status
    if path.startswith("/api/"):
        assert answer.json()["detail"]


# Attacks.


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
    line = hits(served, "berkeley")[0]["id"]
    said = {"kind": "reject", "seen": "0"}
    assert served.client.post(f"/review/{line}", data=said, headers=headers).status_code == 403
    assert served.client.put(f"/api/v1/lines/{line}/verdict", json=said, headers=headers).status_code == 403
    assert served.client.delete(f"/api/v1/lines/{line}/verdict", headers=headers).status_code == 403
    assert hits(served, "berkeley")


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


def test_another_address_needs_the_token_that_was_shown_once(notes, served_factory) -> None:
    server = served_factory(notes, "--host", "0.0.0.0")
    try:
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
    finally:
        server.close()
    again = served_factory(notes, "--host", "0.0.0.0")
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


def test_what_other_sites_have_a_browser_ask_for_is_no_search(notes, make_page, served_factory) -> None:
    notes.fake_engine()
    make_page(notes.home / "a.png", 300)
    notes.run("index", "a.png")
    server = served_factory(notes)
    try:
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
    finally:
        server.close()


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


def test_a_viewer_of_another_site_is_shown_documents_if_it_was_named(served, notes, with_pages, served_factory) -> None:
    named, other = {"origin": "https://viewer.example"}, {"origin": "https://evil.example"}
    with_pages(notes, "stanford/stanford-04.jpg")
    server = served_factory(notes, "--viewer", "https://Viewer.example/mirador/")
    try:
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
    finally:
        server.close()
    assert "no address" in notes.run("serve", "--viewer", "mirador", rc=2).stderr


def test_a_port_that_is_taken_is_named(served, notes) -> None:
    port = served.client.base_url.port
    said = notes.run("serve", "--port", port, rc=4).stderr
    assert str(port) in said
    assert "--port" in said
