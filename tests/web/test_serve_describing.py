"""What documents are, said and shown in the browser and by the API."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest

INDEXED = ("stanford/stanford-04.jpg", "poilus")
GIVEN = {
    "title": "To the president",
    "date": "1905?",
    "person": "Wheeler, Benjamin\nStanford, Jane\n",
    "place": "",
    "tag": "letters",
    "shelfmark": "MS 12",
    "note": "On leave.\r\nAnswered.",
}


def keep(served, document: str, **given: str):
    """Send the form as it is shown, with fields filled in."""
    seen = served.client.get(f"/api/v1{document}/description").json()["revision"]
    data = {**GIVEN, "seen": seen, **given}
    return served.client.post(f"{document}/describe", data=data, follow_redirects=True)


@pytest.fixture
def document(served):
    """The address of a document of which nothing is said; what a test says is taken back."""
    number = next(each["id"] for each in served.client.get("/api/v1/documents").json() if "stanford" in each["name"])
    yield f"/documents/{number}"
    while served.client.delete(f"/api/v1/documents/{number}/description").status_code == 200:
        pass


def test_a_document_is_described_in_the_browser_and_shown_so_wherever_it_is(served, document) -> None:
    page = served.client.get(f"{document}/1").text
    assert f'href="{document}/describe"' in page
    kept = keep(served, document).text
    assert "It is kept." in kept
    assert ">Wheeler, Benjamin\nStanford, Jane</textarea>" in kept
    assert "1905 (not sure)" in kept
    page = served.client.get(f"{document}/1").text
    assert "<h1>To the president</h1>" in page
    assert f'href="/documents?person={quote("Stanford, Jane").replace("%20", "+")}"' in page
    assert "On leave.\nAnswered." in page
    found = served.client.get("/", params={"q": "berkeley"}).text
    assert "To the president · 1905 (not sure) · Wheeler, Benjamin" in found
    about = served.client.get("/", params={"q": "person:wheeler"}).text
    assert 'aria-label="Documents that are described so"' in about
    assert "1 document is described so" in about
    sent = served.client.get("/api/v1/search", params={"q": "president tag:letters"}).json()
    assert sent["described"] == [int(document.rpartition("/")[2])]


def test_what_was_found_is_narrowed_by_what_documents_are(served, document) -> None:
    keep(served, document)
    found = served.client.get("/", params={"q": "university OR soit"}).text
    facets = dict(re.findall(r'<li><a href="(/[?][^"]*)">([^<]*)</a> <span class="quiet">1<', found))
    named = {text: html.unescape(address) for address, text in facets.items()}
    assert named.keys() == {"1900s", "Wheeler, Benjamin", "Stanford, Jane", "letters"}
    for text in named:
        narrowed = served.client.get(named[text]).text
        assert "<mark>University</mark>" in narrowed or "<mark>university</mark>" in narrowed
        assert "<mark>soit</mark>" not in narrowed


def test_what_was_said_is_listed_and_taken_back(served, document) -> None:
    keep(served, document)
    assert "Title: removed" in keep(served, document, title="").text
    undone = served.client.post(f"{document}/describe/undo", follow_redirects=True).text
    assert 'value="To the president"' in undone
    assert "taken back" in undone
    served.client.post(f"{document}/describe/undo")
    assert "was said of it that could be taken back" in served.client.post(f"{document}/describe/undo").text


def test_what_was_typed_stays_when_it_cannot_be_kept(served, document) -> None:
    wrong = keep(served, document, date="May 1905")
    assert wrong.status_code == 400
    assert "Did you mean 1905-05?" in wrong.text
    assert 'value="To the president"' in wrong.text
    keep(served, document)
    late = keep(served, document, title="Another", seen="0")
    assert late.status_code == 409
    assert "omebody else has said something" in late.text
    assert 'value="Another"' in late.text
    assert 'name="seen" value="0"' not in late.text


def test_documents_are_listed_by_what_they_are(served, document) -> None:
    assert "facets" not in served.client.get("/documents").text
    keep(served, document)

    def listed(**asked: str) -> list[str]:
        shown = served.client.get("/documents", params=asked).text
        return re.findall(r'<a href="/documents/\d+">([^<]+)</a>', shown)

    everything = served.client.get("/documents").text
    assert 'href="/documents?date=190X">1900s</a>' in everything
    assert 'href="/documents?tag=letters">letters</a>' in everything
    assert listed(tag="Letters") == listed(person="Stanford, Jane", date="1900/1910") == ["stanford-04.jpg"]
    assert listed(tag="letter") == listed(tag="letters", date="1906") == []
    assert listed(sort="date")[0] == "stanford-04.jpg"
    assert "is no date" in served.client.get("/documents", params={"date": "soon"}).text


def test_the_images_of_a_folder_are_described_together(served) -> None:
    number = next(each["id"] for each in served.client.get("/api/v1/documents").json() if "poilus" in each["name"])
    form = served.client.get(f"/documents/{number}/describe").text
    assert re.search(r"of all \d+ images of this folder", form)
    said = {**dict.fromkeys(GIVEN, ""), "tag": "war", "whole": "true", "seen": "0"}
    served.client.post(f"/documents/{number}/describe", data=said)
    found = served.client.get("/api/v1/search", params={"q": "tag:war"}).json()["described"]
    assert len(found) > 1
    for each in found:
        assert served.client.delete(f"/api/v1/documents/{each}/description").json()["tags"] == []


def test_programs_say_what_documents_are(served, document) -> None:
    address = f"/api/v1{document}/description"
    said = served.client.put(address, json={"title": "A letter", "people": ["Wheeler", "Stanford"], "date": "1905"})
    assert said.json()["people"] == ["Wheeler", "Stanford"]
    revision = said.json()["revision"]
    assert served.client.put(address, json={"people": [], "title": None, "seen": revision}).json()["title"] is None
    late = served.client.put(address, json={"title": "Late", "seen": revision})
    assert (late.status_code, late.json()["hint"]) == (409, "Nothing was changed. Look at it again.")
    assert served.client.put(address, json={"date": "soon"}).status_code == 400
    assert served.client.delete(address).json()["title"] == "A letter"
    assert served.client.get(address).json()["said_by"]["date"] == "person"
    assert served.client.get("/api/v1/documents/999/description").status_code == 404
