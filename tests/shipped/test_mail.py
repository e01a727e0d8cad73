"""E-mail: what is attached is a document of its own, whoever wrote the letter and however."""

from __future__ import annotations

import io
import random
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image

from indexer.api.registry import load_registry
from indexer.api.testing import check_source
from indexer.plugins import mail
from indexer.recognition.contents import files_inside, pages_of
from indexer.system.originals import source_file
from indexer.values import Inside, SourceFile, SourceOptions
from indexer.values.errors import PluginError

OPTIONS = SourceOptions()


@pytest.fixture
def registry(tmp_path: Path):
    return load_registry(tmp_path / "none", {})


def png(width: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (width, 90), 255).save(buffer, "PNG")
    return buffer.getvalue()


def letter(*attached: tuple[str, bytes], within: EmailMessage | None = None) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = "Scans"
    made["From"] = "emma@example.org"
    made.set_content("Here they are.\n\nFrom that box.\n")
    for name, data in attached:
        made.add_attachment(data, maintype="image", subtype="png", filename=name)
    if within is not None:
        made.add_attachment(within)
    return made


def mailbox(path: Path, *letters: EmailMessage) -> Path:
    """A mailbox as most programs write it."""
    parts = [each.as_bytes().replace(b"\n\nFrom ", b"\n\n>From ") for each in letters]
    path.write_bytes(b"".join(b"From emma@example.org Mon Jan  1 00:00:00 2024\n" + part + b"\n\n" for part in parts))
    return path


def found(registry, path: Path) -> dict[str, Inside]:
    return {"/".join(each.names): each for each in files_inside(registry, source_file(path, None), OPTIONS)}


def widths(registry, path: Path, inside: Inside) -> list[int]:
    file = SourceFile(path.joinpath(*inside.names), inside.sha256, inside.size, 0.0, None, source_file(path, None))
    return [page.image().width for page in pages_of(registry, file, OPTIONS)]


def test_what_is_attached_to_a_letter_is_found_under_its_name(registry, tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    made = letter(("Grüße.png", png(201)), ("../../up.png", png(202)), within=letter(("inner.png", png(203))))
    made.add_attachment(png(204), maintype="image", subtype="png")
    made.add_attachment(b"no picture", maintype="text", subtype="csv", filename="list.csv")
    path.write_bytes(made.as_bytes())
    inside = found(registry, path)
    assert {name for name, each in inside.items() if each.sha256} == {"Grüße.png", "inner.png", "part 6.png"}
    assert inside["up.png"].trouble
    assert not inside["list.csv"].sha256
    assert widths(registry, path, inside["Grüße.png"]) == [201]
    assert widths(registry, path, inside["part 6.png"]) == [204]
    check_source(registry.sources["e-mail"], path)


def test_names_in_all_their_encodings(registry, tmp_path: Path) -> None:
    for number, name in enumerate(
        ('"=?utf-8?B?R3LDvMOfZS5wbmc=?="', '"=?nonsense?B?R3L?=.png"', "*=utf-8''Gr%C3%BC%C3%9Fe.png")
    ):
        path = tmp_path / f"{number}.eml"
        equals = "" if name.startswith("*") else "="
        head = f"Content-Type: image/png\nContent-Disposition: attachment; filename{equals}{name}\n\n"
        path.write_bytes(head.encode() + png(201))
        assert len(found(registry, path)) == 1
        assert number == 1 or list(found(registry, path)) == ["Grüße.png"]


def test_a_mailbox_is_a_folder_of_letters(registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = [letter(("a.png", png(201))), letter(), letter(("a.png", png(202)), ("b.png", png(203)))]
    path = mailbox(tmp_path / "a.mbox", *letters)
    inside = found(registry, path)
    assert list(inside) == ["1/a.png", "3/a.png", "3/b.png"]
    assert widths(registry, path, inside["3/b.png"]) == [203]
    check_source(registry.sources["mailboxes"], path)
    monkeypatch.setattr(mail, "_MOST_BYTES", 700)
    trouble = {name: each.trouble[0] for name, each in found(registry, path).items() if each.trouble}
    assert trouble.keys() == {"1/letter.eml", "3/letter.eml"}
    (tmp_path / "b.mbox").write_bytes(b"something else\n")
    with pytest.raises(PluginError, match="not a mailbox"):
        found(registry, tmp_path / "b.mbox")


def test_damaged_letters_are_said_in_a_sentence(registry, tmp_path: Path) -> None:
    chance, path = random.Random(19), tmp_path / "a.eml"
    whole = letter(("a.png", png(201)), within=letter(("b.png", png(202)))).as_bytes()
    for _ in range(100):
        data = bytearray(whole[: chance.randint(1, len(whole))] if chance.random() < 0.3 else whole)
        for _ in range(chance.randint(0, 5)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        with suppress(PluginError):
            found(registry, path)
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))
    path.write_bytes(deep)
    with pytest.raises(PluginError, match="damaged"):
        found(registry, path)


def test_a_letter_without_a_scan_is_no_failure(notes) -> None:
    notes.fake_engine()
    (notes.home / "box").mkdir()
    (notes.home / "box" / "a.eml").write_bytes(letter(("a.png", png(301))).as_bytes())
    (notes.home / "box" / "b.eml").write_bytes(letter().as_bytes())
    report = notes.json("index", "box")
    assert report["pages"] == 1
    (hit,) = notes.json("search", "page301")["hits"]
    assert hit["path"] == str(notes.home / "box" / "a.eml" / "a.png")


def test_a_letter_of_too_many_parts_is_read_up_to_there(registry, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(mail, "_MOST_PARTS", 3)
    (tmp_path / "a.eml").write_bytes(bytes(letter(*((f"{n}.png", png(200 + n)) for n in range(5)))))
    inside = found(registry, tmp_path / "a.eml")
    assert list(inside) == ["0.png", "(the rest)"]
    assert "more than 3 parts" in str(inside["(the rest)"].trouble)


@pytest.mark.parametrize("bound", ["_MOST_LINES", "_MOST_BOUNDS"])
def test_one_letter_that_is_refused_costs_no_other_of_its_mailbox(registry, tmp_path: Path, monkeypatch, bound) -> None:
    monkeypatch.setattr(mail, bound, 60)
    hostile = letter(("a.png", png(201)))
    hostile.add_attachment(b"\n--" * 100, "image", "png", filename="b.png", cte="8bit")
    inside = found(registry, mailbox(tmp_path / "a.mbox", hostile, letter(("c.png", png(203)))))
    assert list(inside) == ["1/letter.eml", "2/c.png"]
    assert "more lines or parts" in str(inside["1/letter.eml"].trouble)
    assert inside["2/c.png"].size


def test_a_name_in_thousands_of_pieces_is_not_put_together(registry, tmp_path: Path) -> None:
    pieces = "".join(f" filename*{n}*=a;\r\n" for n in range(2000))
    head = f"Content-Type: image/png\r\nContent-Disposition: attachment;\r\n{pieces}\r\n"
    (tmp_path / "a.eml").write_bytes(head.encode() + png(201))
    assert list(found(registry, tmp_path / "a.eml")) == ["part 1.png"]
