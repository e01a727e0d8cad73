"""Addresses and forms with whatever anybody may write into them: an answer that says so, never a bug of ours."""

from __future__ import annotations

import os
import re
import socket
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.archive.exporting import FORMATS
from indexer.values import REVIEW_ORDERS
from indexer.web import running

INDEXED = ("stanford/stanford-04.jpg",)
OURS = {
    *("/", "/documents", "/failures", "/documents/{document}", "/documents/{document}/{number}"),
    *(
        "/documents/{document}/{number}/{name}",
        "/documents/{document}/{number}/turn",
        "/documents/{document}/{number}/like",
        "/documents/{document}/{number}/line",
        "/documents/{document}/{number}/order",
        "/documents/{document}/{number}/order/undo",
        "/documents/{document}/{number}/changes",
        "/scan/{sha256}/{number}/{width}.jpg",
    ),
    *("/ink/{sha256}/{number}/{x},{y},{width},{height}.jpg", "/add", "/events", "/sign-in", "/sign-out"),
    "/language",
    *("/sign-in/elsewhere", "/sign-in/back", "/sign-in/leave"),
    "/export.zip",
    *("/documents/{document}/describe", "/documents/{document}/describe/undo"),
    *("/documents/{document}/forget", "/forgotten", "/forgotten/{sha256}"),
    *("/review", "/review/{line}", "/review/{line}/alike", "/review/{line}/undo"),
    *("/review/done", "/documents/{document}/{number}/write"),
    *("/review/words", "/review/word", "/review/batches/{batch}", "/review/batches/{batch}/undo"),
    *("/saved", "/saved/{number}", "/saved/{number}/remove", "/saved/{number}/back", "/hits.{form}"),
    *("/jobs", "/jobs/events", "/jobs/reread", "/jobs/{number}/stop"),
}
"""Every page: a new one is tried here as well."""

numbers = st.one_of(
    st.integers(-3, 5),
    st.sampled_from([2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), -(2**63) - 1, 10**30, 10**400]),
).map(str)
texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "\0", "a\0b", "\ud800", "\udcff", "a" * 3000, "²", "٣", "1e9", "-0", "0x1", " 1", "１", "+1"]),
    st.sampled_from(
        ['"', "(", "a*", "a~2", "-", "*", "a OR", "NOT", "%00", "../..", "<b>", "{{1}}", "\u202e", "🖋" * 9]
    ),
)
days = st.sampled_from(
    ["0001-01-01", "9999-12-31", "2024-02-30", "0000-00-00", "1970-01-01", "-1", "９９９９-12-31", "1e4"]
)
value = st.one_of(numbers, texts, days)
FIELDS = (
    *("q", "p", "in", "since", "until", "sure", "sort", "all", "reach", "order", "skip", "line", "undo", "doubt"),
    *("title", "date", "person", "place", "tag", "shelfmark", "note", "whole", "kept"),
    *("was", "now", "kind", "seen", "text", "token", "ticked", "sha256", "limit", "offset", "file", "place"),
    *(
        "word",
        "words",
        "read",
        "shown",
        "wrong",
        "again",
        "left",
        "years_from",
        "years_to",
        "unread",
        "new",
        "asked",
        "removed",
    ),
)
KNOWN = {"kind": ["accept", "correct", "reject"], "order": list(REVIEW_ORDERS), "sort": ["page", "confidence"]}
field = st.sampled_from(FIELDS).flatmap(
    lambda name: st.tuples(st.just(name), st.one_of(value, st.sampled_from(KNOWN.get(name, ["1"]))))
)


def encoded(text: str) -> str:
    """A text as an address may hold it, half letters and all."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def query(fields: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={encoded(text)}" for name, text in fields)


def ask(served, method: str, path: str, fields: list[tuple[str, str]]) -> httpx.Response:
    if method == "GET":
        return served.client.get(f"{path}?{query(fields)}" if fields else path)
    form = {"content-type": "application/x-www-form-urlencoded"}
    return served.client.post(path, content=query(fields), headers=form)


def check(answer: httpx.Response) -> None:
    assert 200 <= answer.status_code < 500, (str(answer.request.url), answer.request.content, answer.text[:500])


FACTOR = float(os.environ.get("FUZZ_FACTOR", "1"))
"""How many times as many examples as usual; see tests/benchmarks/fuzz.py."""


def tried(function):
    """Many examples, the same ones each time unless there are more."""
    number = max(1, round(100 * FACTOR))
    usual = settings(max_examples=number, derandomize=FACTOR == 1, suppress_health_check=list(HealthCheck))
    return usual(function)


def test_every_page_is_tried(served) -> None:
    from indexer.web import (
        describing,
        documents,
        drawn_lines,
        elsewhere,
        exports,
        forgetting,
        ordering,
        pages,
        review,
        saved,
        signing_in,
        spoken,
        together,
        training,
        words,
        writing,
    )

    routers = (
        *(describing.router, documents.router, pages.router, review.router, exports.router),
        *(forgetting.router, writing.router, drawn_lines.router, ordering.router, together.router, words.router),
        *(signing_in.router, spoken.router, elsewhere.router, training.router, saved.router),
    )
    assert {route.path for router in routers for route in router.routes} == OURS


def test_addresses_of_pages(served) -> None:
    (document,) = served.client.get("/api/v1/documents").json()

    @tried
    @given(
        st.sampled_from(sorted(OURS - {"/events", "/jobs/events", "/documents/{document}/{number}/changes"})),
        st.data(),
        st.lists(field, max_size=4),
    )
    def each(path: str, data, fields: list[tuple[str, str]]) -> None:
        def filled(found: re.Match[str]) -> str:
            ours = {"sha256": [document["sha256"], "0" * 64], "name": list(FORMATS)}
            own = st.sampled_from(ours[found[1]]) if found[1] in ours else numbers
            return encoded(data.draw(st.one_of(own, value))) or "1"

        check(ask(served, "GET", re.sub(r"\{(\w+)\}", filled, path), fields))

    each()


def test_forms_of_pages(served) -> None:
    @tried
    @given(
        st.sampled_from(
            [
                "/documents/{line}/describe",
                "/documents/{line}/describe/undo",
                "/documents/1/{line}/order",
                "/documents/1/{line}/order/undo",
                "/review/{line}",
                "/review/{line}/alike",
                "/review/{line}/undo",
                "/review/word?word={line}",
                "/review/batches/{line}/undo",
                "/sign-in",
                "/language",
                "/add",
                "/jobs/{line}/stop",
                *("/saved", "/saved/{line}/remove", "/saved/{line}/back"),
            ]
        ),
        st.one_of(numbers, value),
        st.lists(field, max_size=6),
    )
    def each(path: str, line: str, fields: list[tuple[str, str]]) -> None:
        check(ask(served, "POST", path.replace("{line}", encoded(line) or "1"), fields))

    each()


@pytest.mark.parametrize(
    ("kind", "seen", "text"),
    [
        ("correct", "0", "\ud800"),
        ("correct", "0", "a\0b"),
        ("correct", str(2**63), "a"),
        ("accept", "-1", ""),
        ("x", "", ""),
    ],
)
def test_what_is_kept_of_a_line_is_text(served, kind: str, seen: str, text: str) -> None:
    line = served.client.get("/api/v1/search", params={"q": "berkeley"}).json()["hits"][0]["id"]
    before = served.client.get(f"/api/v1/lines/{line}").json()
    check(ask(served, "POST", f"/review/{line}", [("kind", kind), ("seen", seen), ("text", text)]))
    after = served.client.get(f"/api/v1/lines/{line}").json()
    assert after["text"].encode()
    if after["verdict"] != before["verdict"]:
        assert served.client.delete(f"/api/v1/lines/{line}/verdict").status_code == 204


def test_files_and_names_that_are_odd_are_refused_or_kept(served) -> None:
    for name in ("a\0.jpg", "\ud800.jpg", "." * 300 + ".jpg", "/", "", "con.jpg", "a/../b.jpg", "é" * 300 + ".png"):
        body = (
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="'
            + name.encode("utf-8", "surrogatepass")
            + b'"\r\n\r\n'
        )
        head = {"content-type": "multipart/form-data; boundary=x"}
        for path in ("/add", "/api/v1/documents"):
            check(served.client.post(path, content=body + b"no picture\r\n--x--\r\n", headers=head))
            check(served.client.post(path, content=body, headers=head))
    check(served.client.get("/add"))
    check(served.client.get("/api/v1/jobs"))


def test_images_of_pages(served) -> None:
    (document,) = served.client.get("/api/v1/documents").json()
    ours = f"{document['sha256']}-1-0"
    sides = st.lists(numbers, min_size=2, max_size=5).map(",".join)
    asked = st.one_of(sides, value, st.sampled_from(["full", "max", "square", "^max", "pct:50", "0", "default.jpg"]))

    @tried
    @given(st.sampled_from([ours, ours, ours, "0" * 64]), asked, asked, st.one_of(st.just("default.jpg"), asked))
    def each(name: str, region: str, size: str, end: str) -> None:
        region, size, end = (encoded(part) or "0" for part in (region, size, end))
        check(served.client.get(f"/iiif/image/{encoded(name) or '0'}/{region}/{size}/0/{end}"))

    each()


@pytest.mark.parametrize(
    "path", ["/static/%00", "/static/a%00b.js", "/static/" + "a" * 5000, "/static/%ff", "/%00", "/%ff"]
)
def test_files_that_are_none(served, path: str) -> None:
    check(served.client.get(path))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("a" * 10_000, "The query is too long: 10000 letters and signs"),
        ("a\0b", "no letter: U+0000"),
        ("t~2", "almost every line"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused_with_the_sentence_of_the_command_line(served, asked, said) -> None:
    for path in ("/", "/api/v1/search"):
        answer = served.client.get(path, params={"q": asked})
        assert said in answer.text
        assert "Use at most 2000" in answer.text or len(asked) < 9


def test_headers_that_are_odd(served) -> None:
    for headers in (
        {"cookie": "\xff=\0"},
        {"cookie": "notes=" + "a" * 5000},
        {"accept": "\xff"},
        {"origin": "http://[::1"},
    ):
        try:
            answer = served.client.get("/", headers={name: text.encode("latin-1") for name, text in headers.items()})
        except httpx.HTTPError:
            continue  # the client does not send it, or the connection is closed
        check(answer)
        head = {name: text.encode("latin-1") for name, text in headers.items()}
        check(served.client.post("/sign-in", data={"token": "x"}, headers=head))


def test_an_answer_does_not_wait_until_its_head_is_confirmed() -> None:
    door = running.listening("127.0.0.1", 0)
    with door, socket.create_connection(door.getsockname()), door.accept()[0] as ours:
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
