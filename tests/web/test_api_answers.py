"""What the API and IIIF viewers are told, on a real index."""

from __future__ import annotations

import pytest

INDEXED = ("stanford/stanford-04.jpg", "hooker/hooker-12.jpg")


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
    assert status["models"] == [], "they were read with the model that ships"
    told = status["estimate"]
    assert told["lines"] == sum(status["lines"].values())
    assert 0 < told["letters_wrong"] < told["words_wrong"] < 1 - told["found_ink"] + 0.5
    assert f"{told['letters_wrong'] * 100:.0f} % of the letters" in served.client.get("/").text
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
    line = served.hits("berkeley")[0]["id"]
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
