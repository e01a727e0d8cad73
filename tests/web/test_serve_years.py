"""The search page by years and by document, and what it says of words that only the ink has. Without a script."""

from __future__ import annotations

import html
import re

import pytest

INDEXED = ("timeus",)
BAR = re.compile(r'<a href="([^"]+)" aria-label="([^"]+): (\d+) documents?"')


@pytest.fixture
def dated(notes, make_page, serve):
    """Three pages of three years, and one without a date."""
    notes.fake_engine()
    for name, width in (("a", 300), ("b", 310), ("c", 320), ("d", 330)):
        make_page(notes.home / "pages" / f"{name}.png", width)
    notes.run("index", "pages")
    for name, date in (("a", "1905-03-20"), ("b", "1914/1918"), ("c", "184X")):
        notes.run("describe", f"pages/{name}.png", "--date", date)
    return serve(notes)


def bars(server, address: str) -> dict[str, str]:
    """The bars with documents in them by their years, each with its address."""
    found = BAR.findall(server.client.get(address).text)
    return {years: html.unescape(where) for where, years, number in found if number == "1"}


def named(server, address: str) -> set[str]:
    return set(re.findall(r">([a-d]\.png), page 1<", server.client.get(address).text))


def test_a_bar_is_a_search_among_the_documents_of_its_years(dated) -> None:
    found = bars(dated, "/?q=alpha")
    assert list(found) == ["1840 to 1849", "1900 to 1909", "1910 to 1919"]
    assert named(dated, "/?q=alpha") == {"a.png", "b.png", "c.png", "d.png"}
    assert named(dated, found["1900 to 1909"]) == {"a.png"}
    assert named(dated, "/?q=alpha&years_from=1900&years_to=") == {"a.png", "b.png"}
    assert list(bars(dated, "/?q=alpha&years_from=1900")) == ["1905", "1914"]
    assert dated.client.get("/?q=alpha&years_from=12345").status_code == 422
    assert len(dated.hits("alpha", years_from=1910)) == 1


def test_the_hits_of_a_document_stand_below_its_name(dated) -> None:
    assert "<h2>a.png" not in dated.client.get("/?q=alpha").text
    shown = dated.client.get("/?q=alpha&sort=date").text
    assert re.findall(r"<h2>([a-d])\.png", shown) == ["c", "a", "b", "d"]


def test_where_only_the_ink_has_a_word_it_is_said_what_was_read(served) -> None:
    shown = html.unescape(served.client.get("/?q=soit").text)
    assert re.search(r"Read as “son”; the ink allows “soit” at \d\d %\.", shown)
    assert "Read as “soit”" not in shown
    assert "Larger" in shown
