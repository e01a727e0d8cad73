"""What is added in the browser: how far it is, what went wrong, and what happens to it when the server ends."""

from __future__ import annotations

import http.client
import os
import signal
import sys
import tarfile
import time
from contextlib import suppress
from pathlib import Path

import pymupdf
import pytest

from indexer.system.lock import indexing


def send(server, *files: tuple[str, bytes]) -> dict:
    answer = server.client.post("/api/v1/documents", files=[("files", each) for each in files])
    assert answer.status_code == 202, answer.text
    return answer.json()


def jobs(server, **asked: object) -> dict[str, tuple[str, str | None]]:
    answer = server.client.get("/api/v1/jobs", params=asked).json()
    return {each["name"]: (each["state"], each["error"]) for each in answer["jobs"]}


def test_each_file_says_how_far_it_is_and_why_it_could_not_be_read(notes, make_page, serve) -> None:
    notes.fake_engine()
    good = make_page(notes.home / "good.png", 200).read_bytes()
    with pymupdf.open() as made:
        made.new_page()
        locked = made.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="secret")
    with tarfile.open(notes.home / "box.tar.gz", "w:gz") as box:
        box.add(make_page(notes.home / "packed.png", 210), "packed.png")
    server = serve(notes)
    send(server, ("box.tar.gz", (notes.home / "box.tar.gz").read_bytes()))
    server.wait()
    assert jobs(server) == {"box.tar.gz": ("read", None)}
    sent = send(server, ("good.png", good), ("cut.png", good[:60]), ("locked.pdf", locked), ("empty.jpg", b""))
    assert {each["name"] for each in sent["added"]} == {"good.png", "cut.png", "locked.pdf", "empty.jpg"}
    server.wait()
    found = jobs(server)
    assert found["good.png"] == ("read", None)
    assert {found[name][0] for name in ("cut.png", "locked.pdf", "empty.jpg")} == {"failed"}
    assert "password" in str(found["locked.pdf"][1])
    assert "empty" in str(found["empty.jpg"][1])
    assert jobs(server, state="read").keys() == {"good.png", "box.tar.gz"}
    assert len(jobs(server, limit=2)) == 2
    assert server.client.get("/api/v1/jobs", params={"limit": 2}).json()["total"] == 5
    (one,) = (each for each in sent["added"] if each["name"] == "good.png")
    assert server.client.get(f"/api/v1/jobs/{one['sha256']}").json()["state"] == "read"
    assert server.client.get(f"/api/v1/jobs/{'0' * 64}").status_code == 404
    shown = server.client.get("/add").text
    assert "good.png: read" in shown
    assert "locked.pdf: could not be read – " in shown
    assert "There is nothing in it: copy it again" in shown
    for path in ("/documents", "/failures"):
        listed = server.client.get(path).text
        assert all(f"<li>{name}" in listed for name in ("cut.png", "locked.pdf", "empty.jpg"))
        assert "Save a copy without its password" in listed
        assert "added here" in listed
    assert "3 files or pages could not be read" in server.client.get("/").text
    server.close()
    status = notes.json("status")["added"]
    assert (status["read"], status["failed"], status["waiting"]) == (2, 3, 0)
    assert {each["name"] for each in status["unread"]} == {"cut.png", "locked.pdf", "empty.jpg"}
    assert "locked.pdf: failed, " in notes.run("status").stdout
    assert "There is nothing in it" in notes.run("status").stdout


def test_pages_on_which_nothing_was_read_are_named_with_what_to_do(notes, make_page, serve) -> None:
    (notes.home / "plugins").mkdir(exist_ok=True)
    notes.fake_engine()
    fake = notes.plugins / "fake.py"
    fake.write_text(
        fake.read_text().replace("        return [\n", "        if width == 210: return []\n        return [\n")
    )
    for width in (200, 210):
        make_page(notes.home / "in" / f"{width}.png", width)
    notes.run("index", "in")
    server = serve(notes)
    assert "On 1 page nothing was read." in server.client.get("/").text
    listed = server.client.get("/failures").text
    assert "Everything could be read" in listed
    assert "210.png, page 1</a>" in listed
    assert "200.png" not in listed
    assert "Turn a page that lies on its side" in listed
    (empty,) = (each for each in server.client.get("/api/v1/documents").json() if each["name"] == "210.png")
    assert "Turn a page that lies on its side" in server.client.get(f"/documents/{empty['id']}/1").text
    assert 'href="/failures#empty"' in server.client.get("/documents").text


def test_trouble_that_stops_all_reading_is_said_and_what_waits_is_read_after_it(notes, make_page, serve, until) -> None:
    (notes.home / "notes.toml").write_text('engine = "nosuch"\n')
    server = serve(notes)
    send(server, ("a.png", make_page(notes.home / "a.png", 200).read_bytes()))
    until(lambda: server.client.get("/api/v1/reading").json()["trouble"])
    state, error = jobs(server)["a.png"]
    assert state == "failed"
    assert "no engine 'nosuch'" in str(error)
    assert "no engine &#39;nosuch&#39;" in server.client.get("/add").text
    assert "no engine 'nosuch'" in notes.run("status").stdout
    notes.fake_engine()  # and nothing else: reading is tried again
    until(lambda: jobs(server)["a.png"] == ("read", None))
    until(lambda: server.client.get("/api/v1/reading").json()["trouble"] is None)  # once the run has ended


def test_what_comes_while_another_process_reads_waits_and_says_so(notes, make_page, serve, until) -> None:
    notes.fake_engine()
    server = serve(notes)
    with indexing(notes.index):
        send(server, ("a.png", make_page(notes.home / "a.png", 200).read_bytes()))
        until(lambda: server.client.get("/api/v1/reading").json()["trouble"])
        state, error = jobs(server)["a.png"]
        assert state == "waiting"
        assert "is indexing into" in str(error)
    until(lambda: jobs(server)["a.png"] == ("read", None))


def listening(server) -> http.client.HTTPConnection:
    listener = http.client.HTTPConnection(server.client.base_url.host, server.client.base_url.port, timeout=30)
    listener.request("GET", "/events")
    assert listener.getresponse().read(5) == b"data:"
    return listener


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_soon_whoever_is_connected(notes, serve, number) -> None:
    server = serve(notes)
    idle = http.client.HTTPConnection(server.client.base_url.host, server.client.base_url.port, timeout=30)
    idle.connect()
    slow = http.client.HTTPConnection(server.client.base_url.host, server.client.base_url.port, timeout=30)
    slow.putrequest("POST", "/api/v1/documents")
    slow.putheader("content-type", "multipart/form-data; boundary=x")
    slow.putheader("content-length", "1000")
    slow.endheaders(b"--x\r\n")
    listener = listening(server)
    began = time.monotonic()
    server.process.send_signal(number)
    server.process.wait(10)
    assert time.monotonic() - began < 6  # 3 s, and as much again for a machine that is busy
    for each in (idle, slow, listener):
        each.close()
    server.close()


def slow_page(notes, make_page, server, until) -> None:
    """Have the server read a page that takes some seconds, and wait until it is in hand."""
    page = make_page(notes.home / "a.png", 200).read_bytes()
    send(server, ("a.png", page))
    until(lambda: (notes.home / "in-hand").exists())


def in_hand(notes) -> None:
    """Have the fake engine say when it has a page in hand."""
    plugin = notes.plugins / "fake.py"
    mark = f'        open({str(notes.home / "in-hand")!r}, "w").close()\n'
    plugin.write_text(
        plugin.read_text().replace("        width = image.width\n", f"        width = image.width\n{mark}")
    )


@pytest.fixture
def slowly(notes) -> None:
    notes.fresh = True  # so that what reads can be told by its command
    notes.fake_engine(seconds=2)
    in_hand(notes)


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal's signal is sent otherwise there")
@pytest.mark.usefixtures("slowly")
def test_the_page_in_hand_is_kept_when_a_terminal_interrupts_the_server(notes, make_page, serve, until) -> None:
    server = serve(notes, start_new_session=True)
    slow_page(notes, make_page, server, until)
    os.killpg(server.process.pid, signal.SIGINT)
    server.process.wait(20)
    assert notes.json("status")["pages"] == 1
    assert runs_of(notes) == []
    server.close()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.usefixtures("slowly")
def test_no_process_is_left_when_the_server_is_killed_and_its_page_is_kept(notes, make_page, serve, until) -> None:
    server = serve(notes)
    slow_page(notes, make_page, server, until)
    assert runs_of(notes)
    server.process.kill()
    server.process.wait(10)
    until(lambda: not runs_of(notes), 20)
    assert notes.json("status")["pages"] == 1
    server.close()


def runs_of(notes) -> list[str]:
    """The processes that read into the index (Linux)."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            command = each.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(notes.index) in command and "--as-child" in command:
                found.append(command)
    return found


def test_what_vanishes_before_it_is_read_is_said_to_be_gone(notes, make_page, serve, until) -> None:
    notes.fake_engine()
    server = serve(notes)
    with indexing(notes.index):  # nothing can be read yet
        send(server, ("a.png", make_page(notes.home / "a.png", 200).read_bytes()))
        until(lambda: server.client.get("/api/v1/reading").json()["trouble"])
        (kept,) = (notes.index / "documents").glob("*.png")
        kept.unlink()
    until(lambda: jobs(server)["a.png"][0] == "failed")
    assert "not there any more" in str(jobs(server)["a.png"][1])
    send(server, ("a.png", make_page(notes.home / "a.png", 200).read_bytes()))
    until(lambda: jobs(server)["a.png"] == ("read", None))


def test_what_cannot_be_kept_is_refused_with_a_sentence_and_nothing_of_it_stays(notes, make_page, serve, until) -> None:
    notes.fake_engine()
    server = serve(notes)
    page = make_page(notes.home / "a.png", 200).read_bytes()
    (notes.index / "documents").write_text("in the way")
    for path in ("/add", "/api/v1/documents"):
        refused = server.client.post(path, files=[("files", ("a.png", page))])
        assert refused.status_code == 503
        assert "annot keep a.png" in refused.text
    (notes.index / "documents").unlink()
    assert jobs(server) == {}
    send(server, ("a.png", page))
    until(lambda: jobs(server)["a.png"] == ("read", None))


@pytest.mark.skipif(sys.platform == "win32", reason="a signal ends a process at once there")
def test_a_second_signal_drops_the_page_in_hand(notes, make_page, serve, until) -> None:
    notes.fresh = True
    notes.fake_engine(seconds=60)
    in_hand(notes)
    server = serve(notes)
    slow_page(notes, make_page, server, until)
    assert runs_of(notes)
    server.process.send_signal(signal.SIGINT)
    assert server.process.stderr
    assert "finishing the page in hand" in server.process.stderr.readline()
    server.process.send_signal(signal.SIGINT)
    server.process.wait(20)
    assert notes.json("status")["pages"] == 0
    until(lambda: not runs_of(notes), 20)
    server.close()
