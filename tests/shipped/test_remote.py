"""A large model on a server reads after the embedded engine: against a small server of these tests."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from indexer.api import Box, EngineOptions, Line, PluginError, SecondReader, Word
from indexer.api.registry import load_registry
from indexer.plugins.remote.hint import prompt
from indexer.plugins.remote.said import said_of
from indexer.plugins.remote.settings import parsed

# A first engine that misreads: its ink has an m where it read an n. Each letter has a frame, and a blank after it.
FIRST = """
import numpy as np
from contextlib import contextmanager
from indexer.api import Box, Engine, Line, PosteriorgramPacker, Word, hookimpl

LETTERS = ["", " ", *"abcdefghijklmnopqrstuvwxyz"]
PACKER = PosteriorgramPacker(LETTERS)
BELOW_EACH_OTHER = [
    ("ceci est non testanent", "ceci est mon testament", 5),
    ("le dix aout", "le dix aout", 40),
    ("fait a mestis", "fait a nestis", 75),
]

def packed(ink):
    table = np.full((2 * len(ink), len(LETTERS)), 0.001, np.float32)
    for at, letter in enumerate(ink):
        table[2 * at, LETTERS.index(letter)] = 0.9
        table[2 * at + 1, 0] = 0.9
    return PACKER.pack(table / table.sum(axis=1, keepdims=True), float(2 * len(ink)))

def line(text, sure, ink, y):
    words, x = [], 5
    for word in text.split():
        words.append(Word(word, 0.3 if word == "non" else 0.9, Box(x, y, 8 * len(word), 20)))
        x += 8 * (len(word) + 1)
    return Line(text, sure, Box(5, y, 190, 20), words=tuple(words), posteriorgram=packed(ink))

class First:
    def read(self, image):
        if image.width == 150:
            return []
        if image.width == 160:
            return [line("fait a nestis", 0.8, "fait a nestis", 5)]
        if image.width == 170:
            return [line(text, 0.6, ink, y) for text, ink, y in reversed(BELOW_EACH_OTHER)]
        first = line("ceci est non testanent", 0.6, "ceci est mon testament", 5)
        return [first, line("le dix aout", 0.9, "le dix aout", 40)]

@contextmanager
def opened(options):
    yield First()

@hookimpl
def notes_engines():
    yield Engine("first", "misreads", opened, version="1")
"""
GOOD = "1: ceci est mon testament\n2: zanzibar quagga"


class Server:
    """A server that answers with what ``reply`` gives: a status and bytes. It keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.reply: Callable[[], tuple[int, bytes]] = lambda: chat(GOOD)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.headers.append(dict(self.headers))
                outer.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                status, body = outer.reply()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing on the terminal."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


def chat(text: object, ended: str = "stop", **more: object) -> tuple[int, bytes]:
    message = {"role": "assistant", "content": text, **more}
    told = {"choices": [{"message": message, "finish_reason": ended}], "usage": {"total_tokens": 321}}
    return 200, json.dumps(told).encode()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def reading(notes, server: Server, make_page: Callable[..., Path]) -> Any:
    """``notes`` that reads with both engines, and a page to read."""
    (notes.plugins / "first.py").write_text(FIRST)
    notes.environ.update(NOTES_ENGINE="first+remote", NOTES_REMOTE_URL=server.url, NOTES_REMOTE_MODEL="big")
    make_page(notes.home / "box" / "a.png", 200, 100)
    return notes


def test_the_ink_takes_what_it_shows_and_denies_the_rest(reading, server: Server) -> None:
    done = reading.run("index", "--workers", "1", "box")
    said = [line for line in done.stderr.splitlines() if line.startswith("remote: ")]
    assert said == [
        f"remote: pages are sent to {server.url} (model big)",
        f"remote: 1 page was sent to {server.url}: 321 tokens",
    ]
    first, second = reading.json("show", "box/a.png")["lines"]
    assert (first["text"], first["origin"]) == ("ceci est mon testament", "remote")
    assert first["confidence"] > 0.6
    assert (second["text"], second["origin"]) == ("le dix aout", "first")
    readings = reading.json("show", second["id"])["lines"][0]["readings"]
    denied = next(each for each in readings if each["origin"] == "remote")
    assert denied["text"] == "zanzibar quagga"
    assert denied["confidence"] < 0.1
    assert reading.json("search", "testament")["total"] == 1
    assert reading.json("search", "zanzibar", rc=1)["total"] == 0


def test_what_the_ink_does_not_deny_counts_and_waits_for_review(reading, server: Server, make_page) -> None:
    """A recogniser has read what is likeliest in its ink: one letter otherwise is always less likely."""
    server.reply = lambda: chat("1: fait a nestes")
    make_page(reading.home / "box" / "a.png", 160, 100)
    reading.run("index", "--workers", "1", "box")
    (line,) = reading.json("show", "box/a.png")["lines"]
    assert (line["text"], line["origin"], line["status"]) == ("fait a nestes", "remote", "review")
    assert 0.4 < line["confidence"] < 0.75
    assert reading.json("search", "nestis")["hits"][0]["id"] == line["id"]


def test_page_hint_and_key_are_sent_and_nothing_more(reading, server: Server) -> None:
    reading.environ["NOTES_REMOTE_KEY"] = "s3cret"
    done = reading.run("read", "box/a.png")
    (asked,) = server.asked
    text, picture = asked["messages"][0]["content"]
    assert text["text"].endswith("\n1: ceci est non(?) testanent\n2: le dix aout")
    image = Image.open(io.BytesIO(base64.b64decode(picture["image_url"]["url"].partition(",")[2])))
    assert image.size == (200, 100)
    assert (asked["model"], asked["temperature"]) == ("big", 0)
    assert server.headers[0]["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in done.stderr + done.stdout + reading.run("config").stdout
    assert str(reading.home) not in json.dumps(asked)


def test_a_page_is_asked_about_from_its_top_in_whatever_order_its_lines_were_found(reading, server, make_page) -> None:
    server.reply = lambda: chat("ceci est mon testament\nle dix aout\nfait a nestis")
    make_page(reading.home / "box" / "a.png", 170, 110)
    reading.run("index", "--workers", "1", "box")
    hint = server.asked[0]["messages"][0]["content"][0]["text"]
    assert hint.endswith("\n1: ceci est non(?) testanent\n2: le dix aout\n3: fait a mestis")
    lines = reading.json("show", "box/a.png")["lines"]
    assert [each["text"] for each in lines] == ["ceci est mon testament", "le dix aout", "fait a nestis"]


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        ({"prompt_tokens": 300, "completion_tokens": 21}, "321 tokens"),
        (None, "it did not say how many tokens that took"),
    ],
)
def test_tokens_are_counted_as_far_as_the_server_tells(server: Server, capsys, usage: object, said: str) -> None:
    told = {"choices": [{"message": {"content": GOOD}}], "usage": usage}
    server.reply = lambda: (200, json.dumps(told).encode())
    engine = load_registry(Path("none"), {}).engine("remote")
    with engine.open(EngineOptions(settings={"url": server.url, "model": "big"})) as opened:
        assert isinstance(opened, SecondReader)
        opened.read_after(SHEET, [LINE])
    assert capsys.readouterr().err.endswith(f"{server.url}: {said}\n")


def test_without_a_first_reading_nothing_is_sent(reading, server: Server, make_page) -> None:
    make_page(reading.home / "blank.png", 150, 100)
    assert "were sent" not in reading.run("read", "blank.png").stderr
    reading.environ["NOTES_ENGINE"] = "remote"
    done = reading.run("read", "box/a.png", rc=3)
    assert "it reads after another engine. Name both: --engine embedded+remote." in done.stderr
    assert not server.asked


WRONG = [
    (lambda: (500, b"out of memory"), "answers 500: out of memory"),
    (lambda: (401, b"no"), "answers 401: no. Set key"),
    (lambda: (302, b""), "answers 302"),
    (lambda: (200, b"<html>hello</html>"), "answers something else than a chat: <html>hello</html>"),
    (lambda: (200, b"[" * 50_000), "answers something else than a chat"),
    (lambda: (200, b'{"choices": []}'), "answers something else than a chat"),
    (lambda: chat(["a"]), "answers something else than a chat"),
    (lambda: chat(None, refusal="I cannot help with that"), "refuses the page: I cannot help with that"),
    (lambda: chat("", "content_filter"), "refuses the page"),
    (lambda: (200, b"x" * 1_100_000), "answers with more than 1000000 bytes"),
    (lambda: (200, b'{"choices": [{"message": {"content": "1: \x1b[31m'), "answers something else than a chat"),
]


@pytest.fixture
def recogniser(server: Server) -> Iterator[SecondReader]:
    """The engine, opened in this process."""
    engine = load_registry(Path("none"), {}).engine("remote")
    with engine.open(EngineOptions(settings={"url": server.url, "model": "big", "timeout": 1})) as opened:
        assert isinstance(opened, SecondReader)
        yield opened


LINE = Line("ceci est non testanent", 0.5, Box(5, 5, 190, 20), words=(Word("ceci", 0.2, Box(5, 5, 40, 20)),))
SHEET = Image.new("L", (200, 100), 255)


def test_what_goes_wrong_is_said_with_the_address(recogniser: SecondReader, server: Server) -> None:
    for reply, said in WRONG:
        server.reply = reply
        with pytest.raises(PluginError) as caught:
            recogniser.read_after(SHEET, [LINE])
        assert f"{caught.value.message}. {caught.value.hint}".startswith(f"{server.url} {said}"), caught.value.message
        assert caught.value.message.isprintable()


def test_a_server_that_is_silent_is_given_up(recogniser: SecondReader, server: Server) -> None:
    done = threading.Event()

    def silent() -> tuple[int, bytes]:
        done.wait(20)
        return chat(GOOD)

    server.reply, began = silent, time.monotonic()
    with pytest.raises(PluginError, match=r"takes longer than 1 s \(timeout in"):
        recogniser.read_after(SHEET, [LINE])
    assert time.monotonic() - began < 10
    done.set()


def test_a_server_that_is_not_there_costs_the_page_only_the_second_reading(reading, server: Server) -> None:
    server.http.shutdown()
    server.http.server_close()
    reading.run("index", "--workers", "1", "box", rc=(0, 3))
    lines = reading.json("show", "box/a.png")["lines"]
    assert [each["text"] for each in lines] == ["ceci est non testanent", "le dix aout"]
    assert f"the engine remote failed: {server.url} does not answer" in reading.run("status").stdout


def test_a_proxy_of_the_environment_is_not_used(recogniser, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    (read,) = recogniser.read_after(SHEET, [LINE])
    assert (read.text, read.confidence, read.box, read.words) == ("ceci est mon testament", None, LINE.box, ())


FIRST_LINES = ("ceci est non testanent", "fait a nestis la vallee", "le dix aout mille neuf", "leophile bernoy")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("1: ceci est mon testament\n2: fait à Nestis", {0: "ceci est mon testament", 1: "fait à Nestis"}),
        ("```\n[1] : ceci est mon (?)\n4. Léophile Bernoy\n```", {0: "ceci est mon", 3: "Léophile Bernoy"}),
        ("Ceci est mon testament\n\nle dix août mille", {0: "Ceci est mon testament", 2: "le dix août mille"}),
        ("Here is the text:\nLéophile Bernoy", {3: "Léophile Bernoy"}),
        ("1: a\n1: b\n2: c", {}),
        ("9: nothing\n10: of it", {}),
        ("I am sorry, I can not read the handwriting on this page.", {}),
        (f"1: {'very ' * 200}long", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_an_answer_is_found_among_the_lines(answer: str, said: dict[int, str]) -> None:
    assert said_of(answer, FIRST_LINES) == said


def test_of_an_answer_that_was_cut_the_last_line_is_left_out() -> None:
    assert said_of("1: ceci est mon\n2: fait", FIRST_LINES, is_cut=True) == {0: "ceci est mon"}


@given(st.text(max_size=300), st.lists(st.text(min_size=1, max_size=30), max_size=6))
def test_whatever_is_answered_lies_on_lines_that_there_are(answer: str, first: list[str]) -> None:
    said = said_of(answer, first)
    assert set(said) <= set(range(len(first)))
    assert all(said.values())


def test_doubtful_words_are_marked() -> None:
    words = (Word("le", 0.9, Box(0, 0, 1, 1)), Word("dix", 0.3, Box(0, 0, 1, 1)), Word("aout", None, Box(0, 0, 1, 1)))
    assert prompt([Line("le dix aout", 0.7, Box(0, 0, 9, 9), words=words)]).endswith("\n1: le dix(?) aout(?)")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "no model is named"),
        ({"model": "m", "url": "ftp://x"}, "no address of a server"),
        ({"model": "m", "url": "http://me:secret@x/v1"}, "no address of a server"),
        ({"model": "m", "url": "http://[x"}, "no address of a server"),
        ({"model": "m", "timeout": "soon"}, "timeout = 'soon' makes no sense"),
        ({"model": "m", "side": 5}, "side = 5 makes no sense"),
        ({"model": "m", "colour": 1}, "there is no option 'colour'"),
    ],
)
def test_settings_that_make_no_sense_are_named(told: dict[str, object], said: str) -> None:
    with pytest.raises(PluginError, match=said.replace("(", r"\(")):
        parsed(told)
    assert parsed({"model": "m"}).address == "http://127.0.0.1:11434/v1"


def test_a_folder_does_not_say_whom_to_ask(reading) -> None:
    del reading.environ["NOTES_REMOTE_URL"], reading.environ["NOTES_REMOTE_MODEL"]
    for option in ("url", "model", "key"):
        (reading.home / "notes.toml").write_text(f'[engines.remote]\n{option} = "x"\n')
        assert f"{option} of the engine remote cannot be set here" in reading.run("read", "box", rc=2).stderr


def test_that_it_is_off_is_no_warning(notes) -> None:
    (row,) = (row for row in notes.json("doctor", rc=(0, 4))["checks"] if row["name"] == "engine remote")
    assert row["state"] == "ok"
    assert "it is off" in row["message"]
