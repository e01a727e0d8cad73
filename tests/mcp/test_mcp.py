"""The tools for assistants, asked with the official client: in memory, and as a process."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

import indexer

pytest.importorskip("mcp", reason='the official library is not there (pip install ".[mcp]")')

from mcp import Client, StdioServerParameters
from typer.testing import CliRunner

from indexer.cli import app
from indexer.mcp.server import make_server
from indexer.values.errors import UnavailableError

ALL = ("looks", "reads", "changes")


def asked(index: Path, *questions: tuple[str, dict[str, object]], kinds: Sequence[str] = ("looks", "reads")) -> Any:
    """What a server on an index answers to the questions, one after the other."""

    async def ask(client: Client) -> list[Any]:
        return [await client.call_tool(name, arguments) for name, arguments in questions]

    answers = in_memory(index, kinds, ask)
    return answers if len(answers) > 1 else answers[0]


def in_memory(index: Path, kinds: Sequence[str], ask: Callable[[Client], Awaitable[Any]]) -> Any:
    async def main(stack: ExitStack) -> Any:
        async with Client(make_server(lambda: indexer.open_archive(index), kinds, stack)) as client:
            return await ask(client)

    with ExitStack() as stack:
        return asyncio.run(main(stack))


def text_of(answer: Any) -> str:
    return str(answer.content[0].text)


def pictures_of(answer: Any) -> list[Image.Image]:
    return [Image.open(io.BytesIO(base64.b64decode(e.data))) for e in answer.content if e.type == "image"]


@pytest.fixture
def index(indexed, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One page with two lines; the first is accepted, the second waits for review."""
    for name, value in indexed.environ.items():
        if name.startswith(("NOTES_", "XDG_")):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(indexed.home)
    return Path(indexed.index)


def test_what_is_found_comes_with_page_box_relevance_and_ink(index: Path) -> None:
    answer = asked(index, ("search", {"query": "alpha"}))
    assert not answer.is_error
    (hit,) = answer.structured_content["hits"]
    assert (hit["path"], hit["page"], hit["box"]) == (str(index.parent / "pages" / "a.png"), 1, [5, 5, 290, 20])
    assert hit["relevance"] > 0.5
    assert answer.structured_content["page_sizes"][0]["size"] == [300, 100]
    said = text_of(answer)
    assert f"[{hit['id']}] {hit['path']} page 1, 300x100 pixels, line 1, box x 5 y 5 width 290 height 20" in said
    assert re.search(r"relevance \d+ %", said)
    assert "**alpha** page300" in said
    (ink,) = pictures_of(answer)
    assert ink.format == "JPEG"
    assert ink.width <= 300
    assert answer.structured_content["pictures_of"] == [hit["id"]]


def test_the_search_is_that_of_the_library(index: Path) -> None:
    with indexer.open_archive(index) as archive:
        for query, more in (("doubtful*", {"reach": "high"}), ("dubtful300", {"reach": "low"}), ("alpa~", {})):
            known = archive.search(query, indexer.SearchOptions(**more))
            told = asked(index, ("search", {"query": query, **more})).structured_content
            assert [each["id"] for each in told["hits"]] == [hit.line.id for hit in known.hits]
            assert told["in_words"].startswith(archive.in_words(known, indexer.SearchOptions(**more))[:12])


def test_filters_and_spellings_reach_the_search(index: Path) -> None:
    def total(**more: object) -> int:
        return int(asked(index, ("search", {"query": "alpha", **more})).structured_content["total"])

    assert total() == total(files="pages/*") == total(until="2999-01-01") == 1
    assert total(files="other/*") == total(until="1999-01-01") == total(min_confidence=95) == 0
    spelt = asked(index, ("search", {"query": "alpha", "names": True})).structured_content
    assert (spelt["query"], spelt["total"]) == ("alpha spelling:names", 1)


def test_what_is_not_there_is_said_with_how_sure_that_is(index: Path) -> None:
    answer = asked(index, ("not_found", {"query": "zanzibar"}))
    assert text_of(answer).startswith("not found; ")
    assert "read wrong by estimate" in text_of(answer)
    told = answer.structured_content
    assert (told["total"], told["searched_lines"], told["unread"]) == (0, 2, 0)
    assert told["expected_missed"] < 1
    assert 0 < told["estimate"]["found_ink"] <= 1


def test_a_page_and_a_line_with_their_pictures(index: Path) -> None:
    page, line = asked(
        index, ("show_page", {"page": f"{index.parent / 'pages' / 'a.png'}:1", "lines": 1}), ("show_line", {"line": 2})
    )
    assert [each["text"] for each in page.structured_content["lines"]] == ["alpha page300"]
    assert "lines 1 to 1 of 2; ask again with from_line=2" in text_of(page)
    assert [each.size for each in pictures_of(page)] == [(300, 100)]
    assert line.structured_content["text"] == "doubtful300 word"
    assert "confidence 50 %, waits for review" in text_of(line)
    assert "fake read (confidence 50 %)" in text_of(line)
    assert len(pictures_of(line)) == 1


def test_where_the_file_is_gone_the_answer_is_there_without_the_picture(index: Path) -> None:
    (index.parent / "pages" / "a.png").unlink()
    for question in (
        ("search", {"query": "alpha"}),
        ("show_line", {"line": 1}),
        ("show_page", {"page": "pages/a.png"}),
    ):
        answer = asked(index, question)
        assert not answer.is_error
        assert "no picture" in text_of(answer)
        assert not pictures_of(answer)


def test_files_and_how_it_stands(index: Path) -> None:
    files, stands = asked(index, ("files", {}), ("status", {}))
    assert files.structured_content["files"][0]["path"] == str(index.parent / "pages" / "a.png")
    assert stands.structured_content["lines"] == {"accepted": 1, "review": 1, "unknown": 0, "rejected": 0}


def test_a_file_is_read_and_nothing_is_kept(index: Path, make_page) -> None:
    file = make_page(index.parent / "elsewhere" / "b.png", 222)
    first = Image.new("L", (210, 100), 255)
    first.save(index.parent / "two.pdf", save_all=True, append_images=[Image.new("L", (220, 100), 255)])
    read, part, status = asked(
        index,
        ("read_file", {"file": str(file)}),
        ("read_file", {"file": str(index.parent / "two.pdf")}),
        ("status", {}),
    )
    (page,) = read.structured_content["pages"]
    assert [each["text"] for each in page["lines"]] == ["alpha page222", "doubtful222 word"]
    assert page["lines"][0]["box"] == [5, 5, 212, 20]
    assert [each.size for each in pictures_of(read)] == [(222, 100)]
    assert "the file has 2 pages" in text_of(part)
    assert [each["page"] for each in part.structured_content["pages"]] == [1]
    assert status.structured_content["files"] == 1


REFUSED = [
    ("show_page", {"page": "/etc/passwd"}, "is no page of the index. Give FILE:PAGE"),
    ("show_page", {"page": "pages/a.png:7"}, "is no page of the index"),
    ("show_page", {"page": "../../../../etc/passwd:1"}, "is no page of the index"),
    ("show_line", {"line": 99}, "there is no line 99. Give a number in brackets"),
    ("show_line", {"line": 10**30}, "show_line cannot be asked so: line:"),
    ("show_line", {}, "line: Field required"),
    ("search", {"query": "(a"}, "this parenthesis is not closed"),
    ("search", {"query": "a" * 10_000}, "the query is too long: 10000 letters and signs. Use at most 2000"),
    ("search", {"query": "a\0b"}, "no letter: U+0000"),
    ("search", {"query": "a", "limit": 51}, "limit: Input should be less than or equal to 50"),
    ("search", {"query": "a", "since": "soon"}, "since"),
    ("search", {"query": "a", "colour": 1}, "colour: Extra inputs are not permitted. It takes query (needed), reach, "),
    ("show_page", {"file": "a.png", "page": 1}, "It takes page (needed), picture, "),
    ("show_page", {"page": 1}, "page: FILE:PAGE as hits name it, or FILE for its first page."),
    ("status", {"page": 1}, "It takes nothing."),
    ("read_file", {"file": "/etc/passwd"}, "Give an image or a PDF"),
    ("read_file", {"file": "/etc"}, "is a folder. Give one file"),
    ("read_file", {"file": "pages/a.png"}, "Give the whole path"),
    ("read_file", {"file": "/nowhere/\0.png"}, ""),
    ("read_file", {"file": "~nobody-of-this-name/a.png"}, "Give the whole path"),
    ("correct_line", {"line": 1, "seen": "a", "text": "b"}, "notes mcp --allow-corrections allows it"),
    ("nosuch", {}, "there is no tool nosuch. There are: search"),
]


def test_what_makes_no_sense_is_refused_with_what_to_ask(index: Path) -> None:
    answers = asked(index, *((name, arguments) for name, arguments, _ in REFUSED))
    for answer, (name, arguments, said) in zip(answers, REFUSED, strict=True):
        assert answer.is_error, (name, arguments)
        assert said in text_of(answer), (name, arguments, text_of(answer))
        assert "Traceback" not in text_of(answer)
        assert "bug of ours" not in text_of(answer), (name, arguments)


def test_without_an_index_the_next_step_is_said_and_later_there_is_one(index: Path, make_page) -> None:
    other = index.parent / "not-yet"

    async def ask(client: Client) -> list[Any]:
        before = await client.call_tool("search", {"query": "alpha"})
        with indexer.open_archive(other) as archive:
            archive.index(make_page(index.parent / "new" / "c.png", 250))
        return [before, await client.call_tool("search", {"query": "alpha"})]

    before, after = in_memory(other, ALL, ask)
    assert before.is_error
    assert "notes index FOLDER" in text_of(before)
    assert after.structured_content["total"] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text are found on Linux alone")
def test_names_that_are_no_text_are_told_and_nonsense_is_refused(index: Path, indexed, make_page) -> None:
    odd = Path(os.fsdecode(os.fsencode(index.parent / "pages") + b"/lone\xff.png"))
    make_page(index.parent / "pages" / "b.png", width=310).rename(odd)
    indexed.run("index", odd.parent)
    told = asked(index, ("files", {}), ("search", {"query": "alpha"}), ("read_file", {"file": "/" + "x" * 3000}))
    assert told[0].structured_content["files"][1]["path"].endswith("lone\\udcff.png")
    assert not any(each.is_error for each in told[:2])
    assert [each.is_error for each in asked(index, ("show_page", {"page": "\0:1"}), ("files", {}))] == [True, False]
    assert "bug" not in text_of(told[2])
    assert "is no page of the index" in text_of(asked(index, ("show_page", {"page": "\0:1"})))


def test_a_bug_of_ours_is_a_sentence(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.archive.library.Archive.documents", lambda _archive: 1 / 0)
    answer = asked(index, ("files", {}))
    assert answer.is_error
    assert text_of(answer).startswith("a bug of ours: ZeroDivisionError.")


def test_only_who_is_allowed_corrects(index: Path) -> None:
    async def names(client: Client) -> dict[str, Any]:
        return {tool.name: tool.annotations for tool in (await client.list_tools()).tools}

    looks = in_memory(index, ("looks",), names)
    assert {"search", "not_found", "show_page", "show_line", "files", "status"} == looks.keys()
    assert all(each.read_only_hint for each in looks.values())
    assert in_memory(index, ("looks", "reads"), names).keys() - looks.keys() == {"read_file"}
    every = in_memory(index, ALL, names)
    assert {name for name, each in every.items() if not each.read_only_hint} == {"correct_line", "undo_line"}


def test_a_correction_is_found_at_once_and_can_be_taken_back(index: Path) -> None:
    right = {"line": 2, "seen": "doubtful300 word", "text": "Testament"}
    corrected, found, undone, again = asked(
        index,
        ("correct_line", right),
        ("search", {"query": "testament"}),
        ("undo_line", {"line": 2}),
        ("correct_line", {**right, "seen": "another text"}),
        kinds=ALL,
    )
    assert corrected.structured_content["line"]["text"] == "Testament"
    assert [each["id"] for each in found.structured_content["hits"]] == [2]
    assert undone.structured_content["line"]["text"] == "doubtful300 word"
    assert again.is_error
    assert "line 2 says 'doubtful300 word'. Nothing was changed." in text_of(again)


def test_what_the_ink_denies_is_asked_for_twice(notes, with_pages) -> None:
    index = with_pages(notes, "poilus").index
    found = asked(index, ("search", {"query": "testament"})).structured_content["hits"][0]
    wrong = {"line": found["id"], "seen": found["text"], "text": "Zanzibar quagga"}
    doubted, kept = asked(index, ("correct_line", wrong), ("correct_line", {**wrong, "sure": True}), kinds=ALL)
    assert doubted.is_error
    assert "ask the person; then ask again with sure=true" in text_of(doubted)
    assert kept.structured_content["line"]["text"] == "Zanzibar quagga"


def test_answers_stay_small(notes, with_pages) -> None:
    index = with_pages(notes, "stanford").index
    answer = asked(index, ("search", {"query": "a*", "reach": "high", "limit": 50, "pictures": 8}))
    assert 1 < len(pictures_of(answer)) <= 8
    assert sum(len(each.data) for each in answer.content if each.type == "image") < 700_000
    (path, *_) = {each["path"] for each in answer.structured_content["hits"]}
    (page,) = pictures_of(asked(index, ("show_page", {"page": path, "overlay": True})))
    assert max(page.size) <= 1600


def test_as_a_process_on_standard_input_and_output(index: Path, indexed) -> None:
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "indexer", "mcp"], env=indexed.environ, cwd=indexed.home
    )

    async def main() -> Any:
        async with Client(command) as client:
            return await client.call_tool("search", {"query": "alpha"})

    assert asyncio.run(main()).structured_content["total"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Windows is another one")
def test_at_a_terminal_it_says_what_it_waits_for_and_ends_by_ctrl_c(indexed) -> None:
    import pty

    ours, theirs = pty.openpty()
    with indexed.begin("mcp", stdin=theirs, stderr=subprocess.PIPE) as process:
        assert process.stderr.readline().startswith("waiting for an assistant on standard input")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (-signal.SIGINT, 130)
    os.close(ours)
    os.close(theirs)


def test_by_http_on_this_machine_no_file_beside_the_index_is_read(index: Path, indexed) -> None:
    with indexed.begin("mcp", "--http", "--port", "0", stderr=subprocess.PIPE) as process:
        said = process.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/mcp", said)
        assert address, said

        async def main() -> Any:
            async with Client(address[0]) as client:
                file = str(index.parent / "pages" / "a.png")
                return (
                    await client.call_tool("search", {"query": "alpha"}),
                    await client.call_tool("read_file", {"file": file}),
                )

        found, refused = asyncio.run(main())
        other_sites = [
            httpx.post(address[0], json={}, headers=headers).status_code
            for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"})
        ]
        process.terminate()
        assert "Traceback" not in process.communicate(timeout=20)[1]
    assert found.structured_content["total"] == 1
    assert "is not offered over HTTP" in text_of(refused)
    assert other_sites == [421, 403]


def test_without_the_library_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.cli.mcp.find_spec", lambda _name: None)
    done = CliRunner().invoke(app, ["mcp"])
    assert isinstance(done.exception, UnavailableError)
    assert 'pip install ".[mcp]"' in done.exception.hint
