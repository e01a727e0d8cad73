"""The start page: what came last, what waits, what the archive is like, what failed. Without a script."""

from __future__ import annotations

import html
import re

import pytest

CARD = re.compile(r'<li><a href="([^"]+)">(?:<img src="([^"]+)"[^>]*>)?<span>([^<]+)</span></a>(?:<span[^>]*>([^<]*))?')


@pytest.fixture
def home(notes, make_page, serve):
    """A folder with two images, an image that stands alone, and a file that is no image."""
    notes.fake_engine()
    for name, width in (("letters/a", 300), ("letters/b", 310), ("c", 320)):
        make_page(notes.home / "pages" / f"{name}.png", width)
    (notes.home / "pages" / "torn.png").write_bytes(b"no image")
    notes.run("index", "pages", rc=3)
    for name, date in (("c", "1905-03-20"), ("letters/a", "1914"), ("letters/b", "1921")):
        notes.run("describe", f"pages/{name}.png", "--date", date)
    return serve(notes)


def test_the_start_page_shows_what_came_last_with_the_images_of_a_folder_as_one(home) -> None:
    shown = html.unescape(home.client.get("/").text)
    cards = {name: (address, about) for address, _, name, about in CARD.findall(shown)}
    assert set(cards) == {"letters", "c.png"}
    assert cards["letters"][1] == "2 documents"
    assert cards["letters"][0].startswith("/documents?in=")
    assert "1905" in cards["c.png"][1]
    for address, picture, _, _ in CARD.findall(shown):
        assert home.client.get(address, follow_redirects=True).status_code == 200
        assert home.client.get(html.unescape(picture)).headers["content-type"] == "image/jpeg"


def test_the_start_page_says_what_waits_what_the_archive_is_like_and_what_failed(home) -> None:
    shown = html.unescape(home.client.get("/").text)
    lines = home.client.get("/api/v1/status").json()["lines"]
    assert f'<a href="/review">{lines["review"] + lines["unknown"]} lines to review</a>' in shown
    assert "1 file or page could not be read" in shown
    assert "torn.png: " in shown
    assert "1905–1921" in shown
    bars = re.findall(r'<a href="(/documents[^"]+)" aria-label="([^"]+): 1 document"', shown)
    assert [years for _, years in bars] == ["1904 to 1905", "1914 to 1915", "1920 to 1921"]
    assert "c.png" in home.client.get(bars[0][0]).text
    assert "a.png" not in home.client.get(bars[0][0]).text.split("<tbody>")[1]
    assert "Being read" not in shown
    assert len(shown) < 150_000


def test_who_sees_a_part_of_the_archive_is_told_of_that_alone(notes, make_page, serve) -> None:
    notes.fake_engine()
    for name, width in (("ours/a", 300), ("theirs/b", 310)):
        make_page(notes.home / "pages" / f"{name}.png", width)
    notes.run("index", "pages")
    notes.run("user", "add", "boss", "--role", "manage")
    notes.run("user", "add", "ada", "--role", "read")
    notes.run("user", "folders", "ada", "pages/ours")
    token = notes.run("user", "token", "ada").stdout.strip()
    shown = serve(notes).client.get("/", headers={"authorization": f"Bearer {token}"}).text
    assert "1 page · 1 document" in shown
    assert [name for *_, name, _ in CARD.findall(shown)] == ["a.png"]
    assert 'href="/review"' not in shown


def test_documents_are_shown_as_a_gallery_whose_address_keeps_what_was_chosen(home) -> None:
    shown = html.unescape(home.client.get("/documents", params={"view": "gallery"}).text)
    assert {name for _, _, name, _ in CARD.findall(shown)} == {"a.png", "b.png", "c.png"}
    assert "Could not be read: " in shown
    assert "<table" not in shown
    (table,) = re.findall(r'<a href="([^"]+)">Table</a>', shown)
    assert "<table" in home.client.get(table).text
    chosen = html.unescape(home.client.get("/documents", params={"view": "gallery", "date": "1914"}).text)
    assert [name for _, _, name, _ in CARD.findall(chosen)] == ["a.png"]
    assert 'href="/documents?view=gallery">' in chosen, "without the date it is a gallery still"


def test_documents_are_put_in_the_order_of_their_dates_whatever_is_chosen(home, notes) -> None:
    def listed(**asked: str) -> list[str]:
        return re.findall(r">([abc])\.png</a>", home.client.get("/documents", params={"sort": "date", **asked}).text)

    folder = str(notes.home / "pages")
    assert listed() == listed(**{"in": folder}) == ["c", "a", "b"]
    assert listed(date="19XX") == ["c", "a", "b"]
    assert listed(date="1910/1930", **{"in": f"{folder}/letters"}) == ["a", "b"]
