"""Archives: each file in one is a document of its own, or is refused by name; no harm comes of any of them."""

from __future__ import annotations

import base64
import gzip
import io
import random
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from indexer.api.registry import load_registry
from indexer.api.testing import check_source
from indexer.recognition import contents
from indexer.recognition.contents import files_inside, pages_of
from indexer.system.originals import source_file
from indexer.values import Inside, SourceFile, SourceOptions
from indexer.values.errors import PluginError

OPTIONS = SourceOptions()
ENCRYPTED = base64.b64decode(
    "UEsDBBQACQAIAAIee10ozs+nZAAAAF0AAAAIAAAAa2VwdC5wbmdAswYCR4WZiGymaqQ/qNAHmtuh6SD9qJI4kKohEBf5mN+BMDEH"
    "jZknCS44njbjivKEIHu865/DwXLu8kzBt85LNGxSoLRZMC2hkShIlAu2e64fZb6Pr+Yq/QVDm0ABsYPBr3BUUEsHCCjOz6dkAAAA"
    "XQAAAFBLAQIeAxQACQAIAAIee10ozs+nZAAAAF0AAAAIAAAAAAAAAAAAAACkgQAAAABrZXB0LnBuZ1BLBQYAAAAAAQABADYAAACa"
    "AAAAAAA="
)
"""``kept.png``, 203 pixels wide, under the password "geheim"."""


@pytest.fixture
def registry(tmp_path: Path):
    return load_registry(tmp_path / "none", {})


def png(width: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (width, 90), 255).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def found(registry, path: Path, options: SourceOptions = OPTIONS) -> dict[str, Inside]:
    return {"/".join(each.names): each for each in files_inside(registry, source_file(path, None), options)}


def widths(registry, path: Path, inside: Inside, options: SourceOptions = OPTIONS) -> list[int]:
    holder = source_file(path, None)
    file = SourceFile(path.joinpath(*inside.names), inside.sha256, inside.size, 0.0, None, holder)
    return [page.image().width for page in pages_of(registry, file, options)]


@pytest.mark.parametrize("name", ["a.zip", "a.cbz", "a.tar", "a.tar.gz"])
def test_files_in_an_archive_are_documents_of_their_own(registry, tmp_path: Path, name: str) -> None:
    with pymupdf.open() as document:
        document.new_page(width=400, height=300)
        document.embfile_add("0", png(204), filename="note.png", ufilename="note.png")
        album = document.tobytes()
    files = {"1890/p 10.png": png(201), "1890/p 2.png": png(202), "b.pdf/album.pdf": album, "read.me": b"hello"}
    path = (tarred if ".tar" in name else zipped)(tmp_path / name, files)
    inside = found(registry, path)
    assert {each for each, what in inside.items() if what.sha256} == {
        *("1890/p 10.png", "1890/p 2.png", "b.pdf_/album.pdf", "b.pdf_/album.pdf/note.png")
    }
    assert not inside["read.me"].sha256
    assert not inside["read.me"].trouble
    assert widths(registry, path, inside["1890/p 10.png"]) == [201]
    assert len(widths(registry, path, inside["b.pdf_/album.pdf"])) == 1
    assert widths(registry, path, inside["b.pdf_/album.pdf/note.png"]) == [204]
    if ".tar" not in name:
        assert [each for each in inside if each.startswith("1890")] == ["1890/p 2.png", "1890/p 10.png"]
    check_source(registry.source_for(path), path)


def test_what_is_refused_is_named_and_the_rest_goes_on(registry, tmp_path: Path, monkeypatch) -> None:
    inner = zipped(tmp_path / "inner.zip", {"x.png": png(200)}).read_bytes()
    files = {
        "../../up.png": png(200),
        "C:\\up.png": png(201),
        "inner.zip": inner,
        "empty.png": b"",
        "large.png": png(200) + bytes(5000),
        "__MACOSX/._kept.png": b"x",
        ".hidden.png": png(200),
        "kept.png": png(202),
        "KEPT.png": png(203),
    }
    monkeypatch.setattr(contents, "_MOST_BYTES", 2000)
    inside = found(registry, zipped(tmp_path / "a.zip", files))
    why = {name: each.trouble[0] for name, each in inside.items() if each.trouble}
    assert why == dict(
        {"up.png": "leads-out", "C:/up.png": "leads-out", "inner.zip": "nested", "empty.png": "empty"},
        **{"large.png": "too-large"},
    )
    assert {name for name, each in inside.items() if each.sha256} == {"kept.png", "KEPT (2).png"}
    assert "__MACOSX" not in "".join(inside)


def test_a_bomb_is_given_up(registry, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(contents, "_MOST_IN_ALL", 250_000)
    monkeypatch.setattr(contents, "_MOST_FILES", 5)
    files = {f"{number}.png": png(200) + bytes(100_000) for number in range(9)}
    inside = found(registry, zipped(tmp_path / "a.zip", files))
    assert [name for name, each in inside.items() if each.sha256] == ["0.png", "1.png"]
    assert [each.trouble[0] for each in inside.values() if each.trouble] == ["too-large"] * 4
    assert list(inside)[-1] == "5.png"


def test_an_encrypted_archive_is_opened_with_its_password(registry, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(ENCRYPTED)
    (inside,) = found(registry, path).values()
    assert inside.trouble
    assert inside.trouble[0] == "encrypted"
    assert "password" in inside.trouble[1]
    options = SourceOptions(passwords=("wrong", "geheim"))
    (inside,) = found(registry, path, options).values()
    assert widths(registry, path, inside, options) == [203]


def test_a_file_that_is_encrypted_with_aes_says_what_to_do_and_the_others_are_read(registry, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"1.png": png(200), "2.png": png(201)})
    data = bytearray(path.read_bytes())
    for begin, flags in ((0, 6), (data.index(b"PK\x01\x02"), 8)):
        data[begin + flags : begin + flags + 4] = b"\1\0\x63\0"
    path.write_bytes(data)
    inside = found(registry, path, SourceOptions(passwords=("geheim",)))
    assert inside["1.png"].trouble
    assert inside["1.png"].trouble[0] == "encrypted"
    assert "AES" in inside["1.png"].trouble[1]
    assert "7-Zip" in inside["1.png"].trouble[1]
    assert widths(registry, path, inside["2.png"]) == [201]


def test_a_damaged_file_takes_nothing_else_down(registry, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"1.png": png(200), "2.png": png(201)})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    inside = found(registry, path)
    assert inside["1.png"].trouble
    assert inside["1.png"].trouble[0] == "broken"
    assert widths(registry, path, inside["2.png"]) == [201]


@pytest.mark.parametrize(("name", "make"), [("a.zip", zipped), ("a.tar", tarred), ("a.tar.gz", tarred)])
def test_whatever_is_in_an_archive_is_said_in_a_sentence(registry, tmp_path: Path, name: str, make) -> None:
    chance = random.Random(19)
    path = make(tmp_path / name, {"1.png": png(200), "a/2.png": png(201)})
    whole = path.read_bytes()
    for _ in range(150):
        data = bytearray(whole[: chance.randint(1, len(whole))] if chance.random() < 0.3 else whole)
        for _ in range(chance.randint(0, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        with suppress(PluginError):
            found(registry, path)


def test_an_archive_is_read_shown_and_followed_when_it_is_unpacked(notes) -> None:
    notes.fake_engine()
    path = zipped(notes.home / "box.zip", {"p/1.png": png(301), "p/2.png": png(302), "p/up.zip": b"no"})
    report = notes.json("index", "box.zip", rc=3)
    assert (report["files"]["read"], report["pages"]) == (3, 2)
    assert [Path(each["path"]).name for each in notes.json("status")["failures"]] == ["up.zip"]
    (hit,) = notes.json("search", "page302")["hits"]
    assert hit["path"] == str(path / "p" / "2.png")
    notes.run("show", "box.zip/p/2.png", "--crop", "line.png")
    notes.run("review", "correct", hit["id"], "as a person says", "--sure")
    assert notes.json("index", "box.zip")["files"]["skipped"] == 3
    with zipfile.ZipFile(path) as archive:
        archive.extractall(notes.home / "box")
    path.unlink()
    (notes.home / "box" / "p" / "up.zip").unlink()
    report = notes.json("index", "--prune", ".")
    assert report["pages"] == 0
    (hit,) = notes.json("search", "person")["hits"]
    assert hit["path"] == str(notes.home / "box" / "p" / "2.png")


def test_a_number_in_a_name_may_have_any_length(registry, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {f"{'1' * 5000}.png": png(201), "p 10.png": png(203), "p 2.png": png(202)})
    assert [each.size > 0 for each in found(registry, path).values()] == [True, True, True]
    assert list(found(registry, path))[1:] == ["p 2.png", "p 10.png"]


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_SPARSE])
def test_a_tar_whose_headers_take_gigabytes_is_read_up_to_there(registry, tmp_path: Path, kind: bytes) -> None:
    path = tarred(tmp_path / "a.tar", {"good.png": png(201)})
    header = tarfile.TarInfo("large")
    header.type, header.size = kind, 3 << 30
    path.write_bytes(path.read_bytes()[:1024] + header.tobuf(tarfile.GNU_FORMAT) + bytes(10_240))
    good, rest = found(registry, path).items()
    assert (good[0], good[1].size > 0, rest[0]) == ("good.png", True, "(the rest)")
    assert rest[1].trouble
    assert "a name in it is too long" in rest[1].trouble[1] or "with holes in it" in rest[1].trouble[1]


def test_of_a_damaged_archive_what_comes_before_the_damage_is_read(notes) -> None:
    notes.fake_engine()
    whole = tarred(notes.home / "a.tar", {"a.png": png(201), "b.png": png(202)}).read_bytes()
    (notes.home / "a.tar").write_bytes(whole[: 512 + 512 + 512 + 40])
    zipped(notes.home / "b.zip", {"in.tar": whole[: 512 + 512 + 512 + 40], "c.png": png(203)})
    said = notes.json("index", "a.tar", "b.zip", rc=3)
    failed = [Path(each["path"]).relative_to(notes.home).as_posix() for each in said["failures"]]
    of_each = {name: [path for path in failed if path.startswith(name)] for name in ("a.tar", "b.zip")}
    assert of_each == {
        "a.tar": ["a.tar/b.png", "a.tar/(the rest)"],
        "b.zip": ["b.zip/in.tar/b.png", "b.zip/in.tar/(the rest)"],
    }
    assert [notes.json("search", f"page{width}")["total"] for width in (201, 203)] == [1, 1]


class Sent(io.RawIOBase):
    """A file that cannot be gone back in: a zip that is written to it says sizes behind the files."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.data += bytes(data)
        return len(data)


def sent(packing: int) -> bytes:
    """A zip with three files, whose content has the mark that ends files."""
    to = Sent()
    with zipfile.ZipFile(to, "w", packing) as archive:
        for number in (1, 2, 3):
            archive.writestr(f"p/{number}é.png", png(200 + number) + b"PK\x07\x08 PK\x01\x02" * 9)
    return to.data


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("streamed", [True, False])
def test_of_a_zip_that_broke_off_what_is_whole_is_read(registry, tmp_path: Path, packing: int, streamed: bool) -> None:
    path = tmp_path / "a.cbz"
    if streamed:
        path.write_bytes(sent(packing))
    else:
        with zipfile.ZipFile(path, "w", packing) as archive:
            for number in (1, 2, 3):
                archive.writestr(f"p/{number}é.png", png(200 + number))
    whole, ends = path.read_bytes(), set()
    for length in range(40, len(whole), len(whole) // 25):
        path.write_bytes(whole[:length])
        with suppress(PluginError):  # nothing of it is whole
            inside = found(registry, path)
            had = [name for name, each in inside.items() if each.sha256]
            assert had == [f"p/{number}é.png" for number in range(1, len(had) + 1)]
            rest = inside.get("(the rest)")
            ends.add((len(had), rest.trouble[0] if rest and rest.trouble else ""))
    assert ends - {(3, "truncated")} == {(1, "truncated"), (2, "truncated"), (3, "")}, (
        "only the list at the end is lost"
    )
    assert widths(registry, path, inside["p/2é.png"]) == [202]


def test_of_a_zip_that_broke_off_the_command_names_what_is_lost(notes) -> None:
    notes.fake_engine()
    path = zipped(notes.home / "a.zip", {"1.png": png(201), "2.png": png(202)})
    path.write_bytes(path.read_bytes()[: path.read_bytes().index(b"2.png") + 30])
    done = notes.run("index", "a.zip", rc=3)
    assert "cut short in '2.png'" in done.stderr
    assert "Copy or download it again." in done.stderr
    assert notes.json("search", "page201")["total"] == 1


def test_thousands_of_files_of_one_name_take_no_longer_than_others(registry, tmp_path: Path, monkeypatch) -> None:
    asked = []
    key = contents._key
    monkeypatch.setattr(contents, "_key", lambda names: (asked.append(names), key(names))[1])
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        for _ in range(300):
            archive.addfile(tarfile.TarInfo("a.png"))
    assert len(found(registry, path)) == 300
    assert len(asked) < 4 * 300


def test_gigabytes_that_hide_in_a_small_tar_do_not_cost_the_pages_before_them(registry, tmp_path: Path) -> None:
    path = tarred(tmp_path / "a.tar.gz", {"one.png": png(200)})
    hidden = tarfile.TarInfo("nothing.bin")
    hidden.size = 11_000_000_000
    with gzip.open(path) as stream:
        before = stream.read()[:1024]
    path.write_bytes(gzip.compress(before + hidden.tobuf() + bytes(1 << 20)))
    page, rest = files_inside(registry, source_file(path), OPTIONS)
    assert (page.names, page.trouble) == (("one.png",), None)
    assert rest.trouble is not None
    assert rest.trouble[0] == "too-large"
    assert "more than 10 GB in less than a hundredth of that, and is read up to 'nothing.bin'" in rest.trouble[1]
