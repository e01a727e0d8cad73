"""One question to a server: whatever it does, there is an answer or an error in the time that it was given."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException

import pytest

from indexer.system.asking import Answer, ask

OK = b"HTTP/1.1 200 OK\r\n"
Reply = Callable[[socket.socket], None]


@pytest.fixture
def served() -> Iterator[Callable[[Reply], str]]:
    """The address of a server that answers each request in some way."""
    doors: list[socket.socket] = []

    def serve(reply: Reply) -> str:
        door = socket.create_server(("127.0.0.1", 0))
        doors.append(door)

        def answer() -> None:
            with suppress(OSError):
                while True:
                    caller = door.accept()[0]
                    with caller, suppress(OSError):
                        caller.recv(65_536)
                        reply(caller)

        threading.Thread(target=answer, daemon=True).start()
        return f"http://127.0.0.1:{door.getsockname()[1]}/page"

    yield serve
    for door in doors:
        door.close()


def dripping(begin: bytes) -> Reply:
    def drip(caller: socket.socket) -> None:
        caller.sendall(begin)
        while True:
            caller.sendall(b"x")
            time.sleep(0.02)

    return drip


@pytest.mark.parametrize(
    "begin", [b"", b"HTTP/1.1 ", OK + b"Name: ", OK + b"\r\n", OK + b"Content-Length: 1000000\r\n\r\n"]
)
def test_what_comes_little_by_little_is_given_up(served: Callable[[Reply], str], begin: bytes) -> None:
    with pytest.raises(TimeoutError):
        ask(served(dripping(begin)), 0.3, 1_000_000)


def test_no_more_is_taken_than_was_wanted(served: Callable[[Reply], str]) -> None:
    def endless(caller: socket.socket) -> None:
        caller.sendall(OK + b"\r\n")
        while True:
            caller.sendall(bytes(65_536))

    found = ask(served(endless), 20, 200_000)
    assert found.is_too_large
    assert len(found.data) < 300_000


def test_half_an_answer_is_none(served: Callable[[Reply], str]) -> None:
    with pytest.raises(HTTPException):
        ask(served(lambda caller: caller.sendall(OK + b"Content-Length: 100\r\n\r\nhalf")), 20, 1000)


def test_a_redirect_is_told_and_not_followed(served: Callable[[Reply], str]) -> None:
    on = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    assert ask(served(lambda caller: caller.sendall(on)), 20, 1000) == Answer(302, "http://127.0.0.1:1/", b"", False)


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http:///x", "http://a:99999999/", "nothing"])
def test_what_is_no_address_of_a_server_is_not_asked(address: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ask(address, 1, 1000)
