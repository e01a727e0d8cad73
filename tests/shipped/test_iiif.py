"""IIIF manifests: canvases are pages; images lie beside the manifest, or on servers that a person allowed."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from PIL import Image

from indexer.api.registry import load_registry
from indexer.api.testing import check_source
from indexer.plugins import iiif
from indexer.system.originals import source_file
from indexer.values import SourceOptions
from indexer.values.errors import PluginError

OPTIONS = SourceOptions()


def third(*canvases: tuple[str, object]) -> dict:
    """A manifest of version 3."""
    items = [
        {
            "type": "Canvas",
            "label": label,
            "items": [{"items": [{"motivation": "painting", "body": {"id": address, "type": "Image"}}]}],
        }
        for address, label in canvases
    ]
    return {"@context": "http://iiif.io/api/presentation/3/context.json", "type": "Manifest", "items": items}


def second(*canvases: tuple[str, object]) -> dict:
    """A manifest of version 2."""
    made = [{"label": label, "images": [{"resource": {"@id": address}}]} for address, label in canvases]
    context = "http://iiif.io/api/presentation/2/context.json"
    return {"@context": context, "@type": "sc:Manifest", "sequences": [{"canvases": made}]}


def write(path: Path, manifest: object) -> Path:
    path.write_text(json.dumps(manifest))
    return path


def read(path: Path, options: SourceOptions = OPTIONS) -> list[tuple[int, str | None]]:
    return [(page.image().width, page.label) for page in iiif.pages(source_file(path, None), options)]


class Server(HTTPServer):
    """A server of images that notes what it is asked for."""

    def __init__(self, image: bytes) -> None:
        self.asked: list[str] = []
        self.image = image
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.asked.append(self.path)
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[4:] if "://" in self.path else self.path)
            self.end_headers()
            return
        self.send_response(200 if self.path.endswith((".png", ".html")) else 404)
        self.end_headers()
        if self.path.endswith("large.png"):
            self.wfile.write(bytes(3 << 20))
        elif self.path.endswith(".html"):
            self.wfile.write(b"<html>try again later</html>")
        elif self.path.endswith(".png"):
            self.wfile.write(self.server.image)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, make_page) -> Iterator[Server]:
    with Server(make_page(tmp_path / "of-server" / "a.png", 333).read_bytes()) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.mark.parametrize("make", [second, third])
def test_canvases_are_pages_with_their_labels(tmp_path: Path, make_page, make) -> None:
    make_page(tmp_path / "in" / "a b.png", 301)
    make_page(tmp_path / "in" / "b.png", 302)
    path = write(
        tmp_path / "in" / "book.json",
        make(("a%20b.png", {"none": ["f. 1r"]}), ("b.png", {"@value": "f. 1v"}), ("b.png", "f. 2r"), ("b.png", None)),
    )
    assert read(path) == [(301, "f. 1r"), (302, "f. 1v"), (302, "f. 2r"), (302, None)]
    source = load_registry(tmp_path / "none", {}).sources["iiif"]
    check_source(source, path)
    assert {each.name for each in iiif.beside(path)} == {"a b.png", "b.png"}


def test_what_a_manifest_takes_for_its_images_hides_no_document(notes, make_page) -> None:
    notes.fake_engine()
    box = make_page(notes.home / "box" / "a.png", 301).parent
    Image.new("L", (302, 100), 255).save(box / "letter.pdf")
    for name, other in (("loop.json", "round.json"), ("round.json", "loop.json"), ("self.json", "self.json")):
        write(box / name, third((other, None), ("letter.pdf", None), ("a.png", None)))
    report = notes.json("index", "box", rc=3)
    assert {Path(each["path"]).name for each in report["failures"]} == {"loop.json", "round.json", "self.json"}
    assert report["pages"] == 4
    assert "it is not an image that can be read. Is the suffix right? Open it" in notes.run("status").stdout


def test_of_a_choice_the_first_is_taken(tmp_path: Path, make_page) -> None:
    make_page(tmp_path / "a.png", 301)
    manifest = third(("", None))
    manifest["items"][0]["items"][0]["items"][0]["body"] = {
        "type": "Choice",
        "items": [{"id": "a.png"}, {"id": "b.png"}],
    }
    assert read(write(tmp_path / "a.json", manifest)) == [(301, None)]


def test_no_server_is_asked_that_was_not_allowed(tmp_path: Path, server: Server) -> None:
    path = write(tmp_path / "a.json", third((f"http://{server.host}/a.png", None)))
    with pytest.raises(PluginError, match="not asked") as caught:
        read(path)
    assert server.host in caught.value.message
    assert f'fetch_from = "{server.host}"' in caught.value.hint
    assert not server.asked


def test_an_image_is_fetched_once_from_a_server_that_was_allowed(tmp_path: Path, server: Server) -> None:
    options = SourceOptions(fetch_from=frozenset([server.host]), fetched=tmp_path / "fetched")
    path = write(tmp_path / "a.json", second((f"http://{server.host}/to/http://{server.host}/grün.png", None)))
    assert read(path, options) == read(path, options) == [(333, None)]
    assert server.asked[1:] == ["/gr%C3%BCn.png"]
    assert len(list((tmp_path / "fetched").iterdir())) == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("/to/http://elsewhere.example.org/a.png", "elsewhere.example.org, which is not asked"),
        ("/to/loop", "from one address to the next"),
        ("/to/file:///etc/hostname.png", "not asked"),
        ("/none", "404"),
        ("/large.png", "larger than"),
    ],
)
def test_a_hostile_server_is_refused(tmp_path: Path, server: Server, monkeypatch, asked: str, said: str) -> None:
    monkeypatch.setattr(iiif, "_MOST_BYTES", 1 << 20)
    options = SourceOptions(fetch_from=frozenset([server.host]), fetched=tmp_path / "fetched")
    path = write(tmp_path / "a.json", third((f"http://{server.host}{asked}", None)))
    with pytest.raises(PluginError, match=said):
        read(path, options)
    assert not (tmp_path / "fetched").exists()


@pytest.mark.parametrize(
    "address", ["../out.png", "/etc/hostname.png", "gone.png", "", "ftp://a/b.png", "http://[x", "a\0.png"]
)
def test_an_image_that_cannot_be_had_fails_its_page_alone(tmp_path: Path, make_page, address: str) -> None:
    make_page(tmp_path / "out.png", 301)
    make_page(tmp_path / "in" / "a.png", 302)
    bad, good = iiif.pages(
        source_file(write(tmp_path / "in" / "a.json", third((address, None), ("a.png", None))), None), OPTIONS
    )
    with pytest.raises(PluginError):
        bad.image()
    assert good.image().width == 302


@pytest.mark.parametrize(
    "manifest",
    [
        {"type": "Collection", "items": [{"id": "a.json", "type": "Manifest"}]},
        {"type": "Manifest", "items": "all"},
        {"type": "Manifest", "items": ["https://example.org/canvas/1", 2, None]},
        {"sequences": [{"canvases": []}]},
        ["a manifest"],
        {},
    ],
)
def test_what_is_no_manifest_is_said(tmp_path: Path, manifest: object) -> None:
    if isinstance(manifest, dict):
        manifest["@context"] = "http://iiif.io/api/presentation/3/context.json"
    with pytest.raises(PluginError):
        list(iiif.pages(source_file(write(tmp_path / "a.json", manifest), None), OPTIONS))


def test_whatever_is_in_it_is_said_in_a_sentence(tmp_path: Path) -> None:
    chance, path = random.Random(19), tmp_path / "a.json"
    parts = ["items", "body", "id", "label", "images", "resource", "@id", "type", "Choice", "a.png", 7, None, True, 0.5]

    def value(depth: int) -> object:
        kind = chance.random()
        if depth > 6 or kind < 0.3:
            return chance.choice(parts)
        if kind < 0.6:
            return [value(depth + 1) for _ in range(chance.randint(0, 3))]
        return {str(chance.choice(parts)): value(depth + 1) for _ in range(chance.randint(0, 4))}

    for _ in range(300):
        manifest = second(("a.png", value(0))) if chance.random() < 0.5 else third(("a.png", value(0)))
        manifest[chance.choice(["items", "sequences", "type"])] = value(0)
        write(path, manifest)
        for page in suppressed(path):
            with suppress(PluginError):
                page.image()
    path.write_text('{"@context": "iiif.io/api/presentation/3", "items": ' + "[" * 100_000)
    assert not suppressed(path)


def suppressed(path: Path) -> list:
    with suppress(PluginError):
        return list(iiif.pages(source_file(path, None), OPTIONS))
    return []


def test_an_image_of_an_allowed_server_is_found_and_shown_when_the_server_is_gone(notes, server: Server) -> None:
    notes.fake_engine()
    (notes.home / "box").mkdir()
    write(notes.home / "box" / "book.json", third((f"http://{server.host}/a.png", "f. 1r")))
    write(notes.home / "box" / "other.json", {"no": "manifest"})
    notes.run("index", "box/book.json", rc=3)
    (failure,) = notes.json("status")["failures"]
    assert server.host in failure["message"]
    (notes.home / "notes.toml").write_text(f'fetch_from = "{server.host}"\n')
    assert "who is asked" in notes.run("index", "box/book.json", rc=2).stderr
    assert not server.asked
    notes.fake_engine()
    notes.environ["NOTES_FETCH_FROM"] = f"example.org, {server.host}"
    assert notes.json("index", "box")["pages"] == 1
    assert len(server.asked) == 1
    del notes.environ["NOTES_FETCH_FROM"]
    (hit,) = notes.json("search", "page333")["hits"]
    assert hit["label"] == "f. 1r"
    notes.run("show", str(hit["id"]), "--crop", "line.png")


def test_what_a_server_says_in_place_of_an_image_is_not_kept(tmp_path: Path, server: Server) -> None:
    options = SourceOptions(fetch_from=frozenset([server.host]), fetched=tmp_path / "fetched")
    path = write(tmp_path / "a.json", third((f"http://{server.host}/busy.html", None)))
    for _ in range(2):
        with pytest.raises(PluginError, match="not an image"):
            read(path, options)
    assert len(server.asked) == 2
    assert not (tmp_path / "fetched").exists()


def test_half_a_letter_in_an_address_or_a_label_costs_no_other_page(notes, server: Server, make_page) -> None:
    notes.fake_engine()
    make_page(notes.home / "box" / "a.png", 210)
    make_page(notes.home / "box" / "b.png", 211)
    address = f"http://{server.host}/\ud800.png"
    write(notes.home / "box" / "a.json", third(("a.png", {"en": ["fol.\ud800 1\n"]}), (address, None), ("b.png", None)))
    notes.environ["NOTES_FETCH_FROM"] = server.host
    said = notes.json("index", "box", rc=3)
    assert [(each["page"], each["kind"]) for each in said["failures"]] == [(2, "unreachable")]
    assert notes.json("show", "box/a.json:1")["label"] == "fol. 1"
    assert notes.json("search", "page211")["total"] == 1


def test_a_manifest_of_millions_of_values_is_refused_before_it_fills_the_memory(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(iiif, "_MOST_VALUES", 100)
    path = write(tmp_path / "a.json", {**third(("a.png", None)), "more": [[]] * 200})
    with pytest.raises(PluginError, match="more than 100 values"):
        read(path)
