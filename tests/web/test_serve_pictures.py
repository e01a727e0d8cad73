"""Pictures of pages: sources that hang or die hold up nobody else, and a page is decoded once for all who ask."""

from __future__ import annotations

import io
import threading
import time

import pytest
from PIL import Image

SLOW = """
import os, time
from pathlib import Path
from indexer.api import Page, Source, decode_image, hookimpl

def pages(file, options):
    with open(Path(__file__).parent / "opened.txt", "a") as seen:
        seen.write(file.path.name + chr(10))
    if Path(__file__).with_name("armed").exists():
        if file.path.name.startswith("die"):
            os._exit(3)
        if file.path.name.startswith("hang"):
            time.sleep(3600)
    yield Page(1, lambda: decode_image(file.path, options))

@hookimpl
def notes_sources():
    yield Source("slow", (".slow",), pages)
"""


@pytest.fixture
def armed(notes, make_page, serve):
    """A server on two photos and on files of a source that dies or hangs from now on."""
    notes.fake_engine()
    (notes.plugins / "slow.py").write_text(SLOW)
    box = notes.home / "in"
    for width, name in enumerate(("a.png", "b.png", "hang1.slow", "hang2.slow", "die.slow", "well.slow"), 300):
        make_page(box / "page.png", width, 200, name).rename(box / name)
    notes.run("index", "in")
    (notes.plugins / "armed").touch()
    (notes.plugins / "opened.txt").unlink()
    notes.environ["NOTES_PAGE_TIMEOUT"] = "4"
    return serve(notes)


def opened(notes) -> list[str]:
    """The files that the source has opened since it is armed."""
    seen = notes.plugins / "opened.txt"
    return seen.read_text().splitlines() if seen.exists() else []


def scans(server) -> dict[str, str]:
    documents = server.client.get("/api/v1/documents").json()
    return {each["name"]: f"/scan/{each['sha256']}/1/320.jpg" for each in documents}


def test_a_source_that_hangs_holds_up_no_other_picture_and_is_given_up_with_a_sentence(armed, notes, until) -> None:
    address = scans(armed)
    answers: dict[str, list] = {"hang1.slow": [], "hang2.slow": []}

    def ask(name: str) -> None:
        answers[name].append(armed.client.get(address[name]))

    people = [threading.Thread(target=ask, args=(name,)) for name in answers for _ in range(4)]
    for each in people:
        each.start()
    until(lambda: {"hang1.slow", "hang2.slow"} <= set(opened(notes)))
    for name in ("a.png", "b.png"):
        assert armed.client.get(address[name]).status_code == 200
    assert armed.client.get(address["well.slow"]).status_code == 200  # of the very source that hangs elsewhere
    assert armed.client.get("/documents").status_code == 200
    for each in people:
        each.join(30)
    given_up = [answer for each in answers.values() for answer in each]
    assert {answer.status_code for answer in given_up} == {422}
    assert all("took longer than 4 s" in answer.text for answer in given_up)
    began = time.monotonic()
    assert armed.client.get(address["hang1.slow"]).status_code == 422  # and is not waited for again at once
    assert time.monotonic() - began < 3


def test_a_source_that_dies_loses_its_own_picture_alone(armed) -> None:
    address = scans(armed)
    dead = armed.client.get(address["die.slow"])
    assert dead.status_code == 422
    assert "crashed" in dead.text
    assert armed.client.get(address["well.slow"]).status_code == 200
    assert armed.client.get(address["a.png"]).status_code == 200


def test_a_page_is_opened_once_for_all_that_is_shown_of_it(armed, notes) -> None:
    address = scans(armed)["well.slow"].removesuffix("320.jpg")
    sha256 = address.split("/")[2]
    asked = [f"{address}{width}.jpg" for width in (320, 640)] + [f"/ink/{sha256}/1/5,{y},90,20.jpg" for y in range(20)]
    found = []

    def ask(paths: list[str]) -> None:
        found.extend(armed.client.get(path) for path in paths)

    people = [threading.Thread(target=ask, args=(asked[at::4],)) for at in range(4)]
    for each in people:
        each.start()
    for each in people:
        each.join(30)
    assert [answer.status_code for answer in found] == [200] * len(asked)
    assert {Image.open(io.BytesIO(answer.content)).format for answer in found} == {"JPEG"}
    assert opened(notes) == ["well.slow"]


def test_a_server_ends_soon_although_a_source_hangs(armed, notes, until) -> None:
    path = scans(armed)["hang1.slow"]

    def ask() -> None:
        with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the client makes of it
            armed.client.get(path, timeout=10).raise_for_status()

    person = threading.Thread(target=ask)
    person.start()
    until(lambda: opened(notes) == ["hang1.slow"])
    began = time.monotonic()
    armed.process.terminate()
    armed.process.wait(10)
    assert time.monotonic() - began < 6  # 3 s, and as much again for a machine that is busy
    person.join(20)


def test_a_turned_page_is_shown_and_boxed_as_it_is_read(notes, make_page, serve) -> None:
    notes.fake_engine()
    page = make_page(notes.home / "a.png", 300, 200)
    notes.run("index", page)
    notes.run("turn", "right", page)
    client = serve(notes).client
    (document,) = client.get("/api/v1/documents").json()
    read = client.get(f"/api/v1/documents/{document['id']}/pages/1").json()
    assert (read["turned"], read["width"], read["height"]) == (90, 200, 300)
    canvas = client.get(f"/iiif/{document['id']}/manifest").json()["items"][0]
    assert (canvas["width"], canvas["height"]) == (200, 300)
    picture = canvas["items"][0]["items"][0]["body"]["id"]
    with (
        Image.open(io.BytesIO(client.get(picture).content)) as shown,
        Image.open(page) as own,
    ):
        assert shown.size == (200, 300)
        marked = own.convert("L").rotate(-90, expand=True)
        tones = [list(each.convert("L").resize((4, 6), Image.Resampling.BOX).tobytes()) for each in (shown, marked)]
        assert max(abs(one - other) for one, other in zip(*tones, strict=True)) <= 6
    html = client.get(f"/documents/{document['id']}/1").text
    assert f"/scan/{document['sha256']}/1/1200.jpg?turned=90" in html  # browsers keep the picture of the other address
    notes.run("turn", "left", page)
    assert "?turned=" not in client.get(f"/documents/{document['id']}/1").text
