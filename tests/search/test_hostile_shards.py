"""Shards on other machines that lie, and others who come in the place of a server: a search goes on, nothing is run."""

from __future__ import annotations

import pickle
import socket
import struct
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, fields, is_dataclass
from multiprocessing import Pipe
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from indexer.posteriors.posteriorgram import PosteriorgramPacker
from indexer.search.spotting import ProbabilisticIndex, Term
from indexer.search.spotting.admitting import serve_at
from indexer.search.spotting.many_terms import relevances
from indexer.search.spotting.reaching import key_of, reached, ways
from indexer.search.spotting.shard import serve
from indexer.search.spotting.wire import Answer, Piece, Question, State, packed, unpacked
from indexer.search.time_limit import TimeLimit
from indexer.values import IndexLine, Status
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

CHARACTERS = ["", *"abcdehilmnorstu", " "]
PACKER = PosteriorgramPacker(CHARACTERS)
WORDS = ("alte", "baum", "mauer", "stein", "rathaus", "haus", "chaos", "molen")


def inked(number: int, text: str) -> IndexLine:
    table = np.full((2 * len(text), len(CHARACTERS)), 0.01, np.float32)
    for at, letter in enumerate(text):
        table[2 * at, CHARACTERS.index(letter)] = table[2 * at + 1, 0] = 0.8
    return IndexLine(number, text, 0.5, Status.ACCEPTED, posteriorgram=PACKER.pack(table, len(table)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, memory_catalogue) -> Path:
    """An index of ink in several segments."""
    made = tmp_path_factory.mktemp("ink")
    shelf, index = memory_catalogue(inked), ProbabilisticIndex(made)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("indexer.search.spotting.probabilistic_index.to_merge", lambda _sizes: [])
        for page in range(1, 5):
            shelf.put(page, [f"{WORDS[(page + at) % 8]} {WORDS[at % 8]} {WORDS[(3 * at) % 8]}" for at in range(40)])
            index.sync(shelf)
    return made


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few lines are chosen to be aligned, as in a large archive: so all is asked that can be."""
    for name, value in {"ALL": 10, "_FEW": 40, "_SHARE": 0.01, "_MOST": 0.5}.items():
        monkeypatch.setattr(f"indexer.search.spotting.how_many.{name}", value)
    monkeypatch.setattr("indexer.search.spotting.gathering._YARDSTICK", 30)


def everything(index: ProbabilisticIndex, limit: TimeLimit) -> list[Any]:
    """What a spotter finds in each way."""
    ink = index.finder()
    names = [Term("haus"), Term("rathaus"), Term("alte haus")]
    return [
        *(
            ink.relevance(term, limit=limit).tolist()
            for term in (Term("haus"), Term("mauer haus"), Term("stain", wrong=1))
        ),
        *([each.numbers.tolist(), each.relevances.tolist()] for each in relevances(ink, names, None, 0.3, limit)),
        *([each.numbers.tolist(), each.relevances.tolist()] for each in relevances(ink, names[:2], None, 0.3, limit)),
        ink.places(Term("haus"), np.array([3, 60, 120]), limit),
        ink.fits(Term("haus"), np.array([3, 60, 120]), limit).tolist(),
    ]


@dataclass
class Proxy:
    """A shard that is true but for what ``changed`` makes of its answers, which it gives in bytes."""

    connection: Connection
    inner: Connection

    def end(self) -> None:
        for each in (self.inner, self.connection):
            with suppress(OSError):
                each.close()


def lying(folder: Path, changed: Callable[[int, Any], bytes]) -> Callable[[], Proxy]:
    def begin() -> Proxy:
        (ours, theirs), (asking, answering) = Pipe(), Pipe()
        threading.Thread(target=serve, args=(answering, folder), daemon=True).start()

        def there() -> None:
            with suppress(EOFError, OSError, TypeError):  # it is closed meanwhile
                while True:
                    asking.send_bytes(theirs.recv_bytes())

        def back() -> None:
            with suppress(EOFError, OSError, TypeError):  # it is closed meanwhile
                while True:
                    number, said = unpacked(asking.recv_bytes())
                    theirs.send_bytes(changed(number, said) if isinstance(said, Answer) else packed(number, said))

        for work in (there, back):
            threading.Thread(target=work, daemon=True).start()
        return Proxy(ours, theirs)

    return begin


def arrays_as(change: Callable[[Any], Any]) -> Callable[[int, Any], bytes]:
    """An answer with all of its arrays changed."""

    def changed(said: Any) -> Any:
        if isinstance(said, np.ndarray):
            return change(said)
        if isinstance(said, list | tuple):
            return type(said)(map(changed, said))
        if is_dataclass(said) and not isinstance(said, type):
            return type(said)(*(changed(getattr(said, field.name)) for field in fields(said)))
        return said

    return lambda number, said: packed(number, changed(said))


def beyond(array: Any) -> Any:
    """Numbers of lines that there are not, and what is no number."""
    if array.dtype.kind == "f":
        return np.full_like(array, np.nan)
    return array + (10**12 if array.dtype == np.int64 else 0)


def as_head(head: bytes) -> Callable[[int, Any], bytes]:
    """A message with a head of its own, in which %d is the number of the question."""
    return lambda number, _said: struct.pack("<I", len(head % number)) + head % number


class Evil:
    """Whoever unpickles it has a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.file), "w")


LIES: dict[str, Callable[[int, Any], bytes]] = {
    "nothing at all": lambda _number, _said: b"",
    "noise": lambda _number, _said: b"\xff" * 300,
    "a head that ends early": lambda number, said: packed(number, said)[:20],
    "arrays that end early": lambda number, said: packed(number, said)[:-9],
    "more than it says": lambda number, said: packed(number, said) + b"more",
    "more than it may": lambda number, said: packed(number, said) + bytes(1 << 26),
    "lists in lists": as_head(b"[%d," + b"[" * 100_000 + b"]" * 100_000 + b"]"),
    "an array without end": as_head(b'[%d,{"type":["Answer",[{"array":["<i8",4611686018427387904,8]}],false]}]'),
    "an array of negative size": as_head(b'[%d,{"type":["Answer",[{"array":["<i8",-8,-8]}],false]}]'),
    "an array of objects": as_head(b'[%d,{"type":["Answer",[{"array":["|O",1]}],false]}]'),
    "another type": as_head(b'[%d,{"type":["Popen","true"]}]'),
    "another function": as_head(b'[%d,{"partial":["system",["true"],[]]}]'),
    "no answer but a text": lambda number, _said: packed(number, "yes"),
    "nothing found": lambda number, _said: packed(number, Answer(None, False)),
    "an empty list": lambda number, _said: packed(number, Answer([], False)),
    "a list of nothing": lambda number, said: packed(number, Answer([None] * len(said.found), False)),
    "that it had to stop": lambda number, said: packed(number, Answer(said.found, True)),
    "another kind of numbers": arrays_as(
        lambda array: array.astype(np.float32 if array.dtype.kind == "i" else np.int64)
    ),
    "fewer numbers": arrays_as(lambda array: array[..., :-1]),
    "numbers that are none": arrays_as(beyond),
    "tables for rows": arrays_as(lambda array: array.reshape(1, -1)),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_makes_no_sense_counts_as_none(folder: Path, lie: str, large, monkeypatch) -> None:
    honest = lying(folder, packed)
    monkeypatch.setattr(
        "indexer.search.spotting.reaching.ways", lambda _who, folder: [honest, lying(folder, LIES[lie])]
    )
    with closing(ProbabilisticIndex(folder, "2")) as index:
        limit = TimeLimit()
        found = everything(index, limit)
        assert limit.missed == (2,)
        held = index.finder()._shares[0].numbers  # type: ignore[attr-defined]
        assert np.array(found[0])[held].max() > 0.5  # the other one's lines are found


def test_a_head_that_would_fill_the_memory_is_not_read() -> None:
    for said in (b"[" + b"[]," * (4 << 20) + b"1]", b"[1," + b"9" * 100_000 + b"]", b"[1,NaN", b"[true,[]]x"):
        with pytest.raises(ValueError, match=r"."):
            unpacked(struct.pack("<I", len(said)) + said)


def test_who_lives_and_never_answers_is_not_waited_for(folder: Path, large, monkeypatch) -> None:
    monkeypatch.setattr("indexer.search.spotting.shards._LATE", 0.1)
    monkeypatch.setattr("indexer.search.spotting.shards._LOOK", 0.05)
    monkeypatch.setattr(
        "indexer.search.spotting.reaching.ways",
        lambda _who, folder: [lying(folder, lambda _number, _said: packed(10**9, True))],
    )
    with closing(ProbabilisticIndex(folder, "2")) as index:
        limit = TimeLimit(0.1)
        index.finder().relevance(Term("haus"), limit=limit)
        assert limit.missed == (1,)


def test_what_is_sent_is_never_unpickled(folder: Path, large, monkeypatch, tmp_path: Path) -> None:
    made = tmp_path / "made"
    monkeypatch.setattr(
        "indexer.search.spotting.reaching.ways",
        lambda _who, folder: [lying(folder, lambda _number, _said: pickle.dumps(Evil(made)))],
    )
    with closing(ProbabilisticIndex(folder, "2")) as index:
        limit = TimeLimit()
        everything(index, limit)
        assert limit.missed == (1,)
    assert not made.exists()


def test_true_answers_are_those_of_one_process(folder: Path, large, monkeypatch) -> None:
    monkeypatch.setattr("indexer.search.spotting.reaching.ways", lambda _who, folder: [lying(folder, packed)] * 3)
    with closing(ProbabilisticIndex(folder, "3")) as index:
        limit = TimeLimit()
        assert everything(index, limit) == everything(ProbabilisticIndex(folder), TimeLimit())
        assert limit.missed == ()


# Who asks a shard.


@pytest.fixture
def address(folder: Path) -> Iterator[tuple[str, int]]:
    """A shard that listens."""
    key_of(folder, make=True)
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=serve_at, args=(door, folder), daemon=True).start()
        yield door.getsockname()
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)


def test_who_does_not_have_the_key_is_told_nothing(folder: Path, address, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(OSError, match=r"is no key|No such file"):
        reached(address, other)
    key_of(other, make=True)
    with pytest.raises(OSError, match="does not have the key"):
        reached(address, other)
    for said in (b"", b"GET / HTTP/1.1\r\n\r\n", bytes(46), b"notes shard 1\n" + bytes(32)):
        with socket.create_connection(address, 5) as visitor:
            visitor.sendall(said)
            visitor.shutdown(socket.SHUT_WR)
            taken = b""
            while more := visitor.recv(1_000):
                taken += more
            assert len(taken) in (0, 64)
    with socket.create_connection(address, 5) as visitor:  # what it showed itself is shown to it
        visitor.sendall(b"notes shard 1\n" + bytes(32))
        taken = visitor.recv(64, socket.MSG_WAITALL)
        visitor.sendall(taken[32:])
        assert visitor.recv(1) == b""
    assert oct((folder / "shards.key").stat().st_mode & 0o777) == "0o600"
    server = reached(address, folder)
    server.connection.send_bytes(packed(1, None))
    assert unpacked(server.connection.recv_bytes()) == (1, True)
    server.end()


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (State(1, [Piece("../../secret.ink", 0, np.zeros(1, np.uint8))]), None),
        (State(1, [Piece("/etc/passwd", 0, np.zeros(1, np.uint8))]), None),
        (State(1, [Piece("0123.ink", 0, np.zeros(1, np.uint8))]), False),
        (Question(7, "aligned", ([],), (), None, None), None),
        (Question(7, "__init__", ([],), (), None, None), None),
        (Question(7, "_pool", (), (), None, None), None),
        ("anything", None),
    ],
)
def test_nothing_else_can_be_asked_of_a_shard(folder: Path, address, asked, answer) -> None:
    server = reached(address, folder)
    server.connection.send_bytes(packed(5, asked))
    assert unpacked(server.connection.recv_bytes()) == (5, answer)
    server.connection.send_bytes(b"\x00" * 9)  # what is no message ends the connection
    with pytest.raises((EOFError, OSError)):
        server.connection.recv_bytes()
    server.end()


@pytest.mark.parametrize(
    "text", ["0", "-1", "1025", "x", "http://a:1", "tcp://a", "tcp://a:0", "tcp://a:99999", "tcp://a:1/b", "tcp://a:1,"]
)
def test_what_names_no_shards_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no shards"):
        ways(text, tmp_path)
    assert len(ways("tcp://a:1, tcp://[::1]:2", tmp_path)) == 2
