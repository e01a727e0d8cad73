"""The server as a browser, a program and an attacker meet it: the real one, on a real index."""

from __future__ import annotations

import hashlib
import html
import io
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from indexer.archive.exporting import FORMATS
from indexer.formats.groundtruth import truth_for

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"
INDEXED = ("stanford/stanford-04.jpg", "hooker/hooker-12.jpg")


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


def test_a_page_that_has_all_words_is_shown_with_their_lines(served) -> None:
    query = {"q": "Berkeley California"}
    shown = served.client.get("/", params=query).text
    (hit,) = re.findall(r"<li class=.*?</li>", shown, re.DOTALL)
    assert re.findall(r"<mark>(\w+)</mark>", hit) == ["Berkeley", "California"]
    assert [part.count("<img ") for part in hit.split("<details")] == [2, 2], "the ink of both lines, and larger"
    assert "together on one page" in hit
    assert "1 found, together on one page" in shown
    told = served.client.get("/api/v1/search", params=query).json()
    assert (told["total"], told["pages"], told["documents"], told["hits"][0]["within"]) == (1, 1, 0, "page")
    page = re.search(r'href="(/documents/\d+/1)\?', hit)
    assert page
    assert served.client.get(page[1], params=query).text.count('class="found"') == 2
    assert served.client.get("/api/v1/search", params={**query, "within": "line"}).json()["total"] == 0


def test_a_phrase_over_a_line_end_is_shown_with_the_ink_and_the_words_of_both_lines(served) -> None:
    query = {"q": '"Mrs. Stanford, the Academic Senate"'}
    hit, *_ = re.findall(r"<li class=.*?</li>", served.client.get("/", params=query).text, re.DOTALL)
    assert [part.count("<img ") for part in hit.split("<details")] == [2, 2], "the ink of both lines, and larger"
    assert re.findall(r"<mark>(\w+)</mark>", hit) == ["Mrs", "Stanford", "the", "Academic", "Senate"]
    assert hit.count('<svg class="mark"') == 5
    (told, *_) = served.client.get("/api/v1/search", params=query).json()["hits"]
    (further,) = told["further"]
    assert (further["line"], further["block"]) == (told["line"] + 1, told["block"])
    assert [word["text"] for word in further["words"]] == ["Academic", "Senate"]
    page = re.search(r'href="(/documents/\d+/1)\?', hit)
    assert page
    assert served.client.get(page[1], params=query).text.count('class="found"') == 5
    found = served.client.get(f"/iiif/{told['document']}/search", params=query).json()["items"]
    assert len(found) == 5


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
    assert [hit["id"] for hit in served.hits("unheard")] == [int(line[1])]
    assert f"/review/{line[1]}/undo" in served.client.get(done.headers["location"]).text
    assert served.client.post(f"/review/{line[1]}/undo").status_code == 303
    assert served.hits("unheard") == []


def test_a_page_offers_every_format_and_knows_no_other(served) -> None:
    document, _ = read_page(served)
    page = served.client.get(f"/documents/{document}/1").text
    for form in FORMATS.values():
        address = f"/documents/{document}/1/{form.name}"
        if form.beside:
            assert "files beside it" in served.client.get(address).text
            continue
        assert f'<a href="{address}">{form.title}</a>' in page
        answer = served.client.get(address)
        assert answer.headers["content-type"] == form.media_type
        assert answer.headers["content-disposition"].endswith(f'.{form.suffix}"')
        assert answer.content
    assert served.client.get(f"/documents/{document}/1/docx").status_code == 404


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
        assert len(set(packed.namelist())) == len(packed.namelist())
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_comes_as_a_zip_from_the_browser_and_the_api(served, form: str) -> None:
    document, _ = read_page(served)
    for address in ("/export.zip", "/api/v1/export"):
        answer = served.client.get(address, params={"as": form, "document": document})
        assert answer.headers["content-type"] == "application/zip"
        files = unpacked(answer.content)
        name = f"stanford-04.{FORMATS[form].suffix}" if FORMATS[form].scope != "all" else f"pages.{form}"
        assert name.replace(".lines", ".csv") in files
        assert all(files.values())


def test_a_zip_has_what_was_asked_for_and_says_what_it_has_not(served) -> None:
    document, read = read_page(served)
    everything = unpacked(served.client.get("/export.zip", params={"as": "text"}).content)
    pages = sum(each["pages"] for each in served.client.get("/api/v1/documents").json())
    assert len(everything) == pages
    found = unpacked(served.client.get("/api/v1/export", params={"as": "text", "hits": "Berkeley"}).content)
    assert 0 < len(found) < pages
    by_name = {Path(name).name: data for name, data in everything.items()}
    assert all(by_name[Path(name).name] == data for name, data in found.items())
    matching = served.client.get("/export.zip", params={"as": "text", "pattern": "stanford-04*"}).content
    assert list(unpacked(matching)) == ["stanford-04.txt"]
    accepted = [line["text"] for line in read["lines"] if line["status"] == "accepted"]
    assert 0 < len(accepted) < len(read["lines"])
    some = unpacked(
        served.client.get("/export.zip", params={"as": "text", "document": document, "only": "accepted"}).content
    )
    assert list(filter(None, some["stanford-04.txt"].decode().splitlines())) == accepted
    left = len(read["lines"]) - len(accepted)
    left_out = "1 line is left out.\n" if left == 1 else f"{left} lines are left out.\n"
    assert some["left-out.txt"].decode() == left_out
    for wrong in ({"as": "docx"}, {"as": "text", "document": 99}, {"as": "text", "hits": "xyzzyx"}):
        assert served.client.get("/api/v1/export", params=wrong).status_code == 404


@pytest.mark.parametrize("form", ["alto", "page"])
def test_a_page_is_saved_as_xml_that_says_what_stands_where(served, tmp_path, form: str) -> None:
    document, read = read_page(served)
    answer = served.client.get(f"/documents/{document}/1/{form}")
    assert answer.headers["content-disposition"].endswith('.xml"')
    (tmp_path / "a.xml").write_bytes(answer.content)
    (saved,) = truth_for(tmp_path / "a.jpg") or ()
    assert (saved.width, saved.height) == (read["width"], read["height"])
    assert [line.text for line in saved.lines] == [line["text"] for line in read["lines"]]
    for line, shown in zip(saved.lines, read["lines"], strict=True):
        x, y, width, height = shown["box"]
        assert all(x - 2 <= a <= x + width + 2 and y - 2 <= b <= y + height + 2 for a, b in line.polygon)
        (begin, level), (end, _) = shown["baseline"][0], shown["baseline"][-1]
        assert begin < end
        assert y + height / 3 < level < y + height


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
    notes, make_page, serve
) -> None:
    notes.fake_engine()
    server = serve(notes)
    letter = make_page(notes.home / "a.jpg").read_bytes()
    named = "../../../etc/My letter <b>.jpg"
    files = [("files", (named, letter)), ("files", ("again.jpg", letter)), ("files", ("evil.exe", b"MZ"))]
    answer = server.client.post("/api/v1/documents", files=files)
    assert answer.status_code == 202
    added = answer.json()
    assert [each["name"] for each in added["added"]] == ["My letter <b>.jpg", "again.jpg"]
    assert added["added"][0]["sha256"] == hashlib.sha256(letter).hexdigest()
    assert len(added["refused"]) == 1
    server.close()  # before it is read
    kept = list((notes.index / "documents").iterdir())
    assert [path.name for path in kept] == [f"{hashlib.sha256(letter).hexdigest()}.jpg"]
    server = serve(notes)
    server.wait()
    assert server.hits("alpha")
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


def test_a_search_that_finds_nothing_says_why_and_offers_a_wider_one(notes, serve) -> None:
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
    server = serve(notes)
    page = server.client.get("/", params={"q": "decaisne"}).text
    assert "Not found; 1 weaker hit at" in page
    (wider,) = re.findall(r'href="([^"]*)">Search wider', page)
    assert "received" in server.client.get(html.unescape(wider)).text
    nowhere = server.client.get("/", params={"q": "quiet", "in": "nosuch"}).text
    assert "No file that was read matches" in nowhere


def test_a_broken_document_does_not_stop_the_others(notes, serve, bomb) -> None:
    notes.fake_engine()
    server = serve(notes)
    letter = (ARCHIVE / "stanford" / "stanford-04.jpg").read_bytes()
    sent = {"broken.jpg": letter[:5000], "empty.png": b"", "huge.png": bomb, "a.jpg": letter}
    server.client.post("/api/v1/documents", files=[("files", each) for each in sent.items()])
    server.wait()
    assert server.hits("alpha")
    assert server.client.get("/api/v1/status").json()["failures"] == 3
    failed = {each["name"]: each["message"] for each in server.client.get("/api/v1/failures").json()}
    assert failed.keys() == {"broken.jpg", "empty.png", "huge.png"}
    assert "30000 x 30000" in failed["huge.png"]
    shown = server.client.get("/documents").text
    for name, message in failed.items():
        assert name in shown
        assert message.split("'")[0] in shown


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_document_of_any_name_is_shown_searched_and_saved(notes, make_page, serve) -> None:
    notes.fake_engine()
    box = notes.home / "box"
    make_page(box / "a.jpg").rename(os.fsdecode(os.fsencode(box) + b"/IMG [1]\x80\x01.jpg"))
    notes.run("index", "box")
    server = serve(notes)
    (document,) = server.client.get("/api/v1/documents").json()
    assert document["name"] == r"IMG [1]\udc80\x01.jpg"
    page = f"/documents/{document['id']}/1"
    for path in ("/documents", page, f"{page}/alto", f"{page}/pdf", "/?q=alpha", "/review", "/iiif/1/manifest"):
        assert server.client.get(path).status_code == 200, path
    assert 'class="found"' in server.client.get(page, params={"q": "alpha"}).text
    assert server.client.get("/iiif/1/search", params={"q": "alpha"}).json()["items"]
