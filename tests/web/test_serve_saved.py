"""Saved searches with marks for new hits, hits as files, and letters that cannot be read. Without a script."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import sqlite3
from contextlib import closing

import pytest

SEARCH = re.compile(r'<li><p><a href="(/saved/\d+)">([^<]+)</a> (?:<a class="new" href="([^"]+)">(\d+) new)?')


@pytest.fixture
def kept(indexed, serve):
    """A server on one page of two lines, where a search for their word is saved."""
    with closing(sqlite3.connect(indexed.index / "catalog.sqlite")) as db, db:  # times are kept to the second
        db.execute("UPDATE pages SET read_at = '2020-01-01T00:00:00+00:00'")
    server = serve(indexed)
    said = {"asked": "q=alpha&reach=high&p=3", "name": " alpha, widely "}
    assert server.client.post("/saved", data=said).headers["location"] == "/saved"
    return server


def listed(server, **more: object) -> list[tuple[str, str, str, str]]:
    return [tuple(map(html.unescape, each)) for each in SEARCH.findall(server.client.get("/saved", **more).text)]


def test_a_saved_search_counts_the_hits_on_pages_that_were_read_since_one_looked(kept, indexed, make_page) -> None:
    ((address, name, news, _),) = listed(kept)
    assert (name, news) == ("alpha, widely", "")
    found = kept.client.get(address)
    assert found.headers["location"] == "/?q=alpha&reach=high"
    before = len(kept.hits("alpha", reach="high"))
    indexed.run("index", make_page(indexed.home / "pages" / "b.png", 310))
    after = len(kept.hits("alpha", reach="high"))
    ((_, _, news, new),) = listed(kept)
    assert int(new) == after - before > 0
    there = kept.client.get(news).headers["location"]
    shown = kept.client.get(there).text
    assert set(re.findall(r">(\w\.png), page 1<", shown)) == {"b.png"}
    assert "since you looked last" in shown
    ((_, _, news, _),) = listed(kept)
    assert news == "", "it was looked at"
    assert kept.client.get(there).text == shown, "its address still says what was new"


def test_a_verdict_makes_no_hit_new_and_another_site_does_not_look(kept, indexed, make_page) -> None:
    (line, *_) = indexed.json("review")["lines"]
    indexed.run("review", "accept", line["id"], "--sure")
    assert listed(kept)[0][2] == ""
    indexed.run("index", make_page(indexed.home / "pages" / "b.png", 310))
    kept.client.get(listed(kept)[0][0], headers={"sec-fetch-site": "cross-site"})
    assert listed(kept)[0][2]


def test_a_saved_search_is_removed_and_brought_back_and_no_other_is_seen(indexed, serve) -> None:
    for name in ("ada", "boss"):
        indexed.run("user", "add", name, "--role", "review" if name == "ada" else "manage")
    tokens = {name: indexed.run("user", "token", name).stdout.strip() for name in ("ada", "boss")}
    ada, boss = ({"authorization": f"Bearer {tokens[name]}"} for name in ("ada", "boss"))
    server = serve(indexed)
    server.client.post("/saved", data={"asked": "q=alpha"}, headers=ada)
    server.client.post("/saved", data={"asked": "q=alpha", "name": "again"}, headers=ada)
    ((address, name, _, _),) = listed(server, headers=ada)
    assert name == "again", "the same search is kept once"
    assert listed(server, headers=boss) == []
    assert server.client.get(address, headers=boss).status_code == 404
    assert server.client.post(f"{address}/remove", headers=boss).status_code == 404
    gone = server.client.post(f"{address}/remove", headers=ada).headers["location"]
    assert listed(server, headers=ada) == []
    assert f'action="{address}/back"' in server.client.get(gone, headers=ada).text
    server.client.post(f"{address}/back", headers=ada)
    assert [name for _, name, _, _ in listed(server, headers=ada)] == ["again"]
    for asked in ("", "p=1", "q=", "q=alpha&reach=far", "q=alpha&sure=x"):
        assert server.client.post("/saved", data={"asked": asked}, headers=ada).status_code in (400, 422), asked


def test_all_hits_are_saved_as_csv_and_json_lines_as_the_command_line_prints_them(kept, indexed) -> None:
    shown = html.unescape(kept.client.get("/", params={"q": "alpha", "reach": "high", "all": 1}).text)
    addresses = re.findall(r'href="(/hits\.[^"]+)"', shown)
    assert [address.partition("?")[0] for address in addresses] == ["/hits.csv", "/hits.jsonl"]
    table, lines = (kept.client.get(each) for each in addresses)
    assert "attachment" in table.headers["content-disposition"]
    asked = ("search", "alpha", "--reach", "high", "--all", "--limit", "0")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert rows
    assert table.text == indexed.run(*asked[:-2], "--csv").stdout
    assert [json.loads(each)["id"] for each in lines.text.splitlines()] == [int(row["id"]) for row in rows]
    assert kept.client.get("/hits.csv", params={"q": "("}).status_code == 400
    assert kept.client.get("/hits.xml", params={"q": "alpha"}).status_code == 422


def test_question_marks_and_dots_are_letters_that_cannot_be_read_if_one_says_so(kept) -> None:
    def found(q: str, **more: int) -> set[str]:
        return set(re.findall(r"<mark>([^<]+)</mark>", kept.client.get("/", params={"q": q, **more}).text))

    assert found("al?ha", unread=1) == found("alpha")
    assert found("al...a", unread=1) >= found("alpha")
    assert found("al?ha") != found("alpha")
    assert 'name="unread" type="checkbox" value="1" checked' in kept.client.get("/?q=al%3Fha&unread=1").text
