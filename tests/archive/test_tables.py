"""Tables: rows and columns of ruled pages, their file, and the export and the search that heed them."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from PIL import Image, ImageDraw

import indexer
from indexer.archive.tables import Tables
from indexer.formats.document import TextDocument, TextPage
from indexer.formats.reading import read_document

ENGINE = """
import json
from contextlib import contextmanager
from pathlib import Path
from indexer.api import Box, Engine, Line, Word, hookimpl

class Teller:
    def read(self, image):
        told = json.loads(Path(TOLD).read_text())[str(image.width)]
        return [
            Line(" ".join(text for text, _ in words), sure, Box(*box),
                 words=tuple(Word(text, sure, Box(*place)) for text, place in words))
            for words, sure, box in told
        ]

@contextmanager
def opened(options):
    yield Teller()

@hookimpl
def notes_engines():
    yield Engine("told", "reads what it is told", opened, version="1")
"""
EDGES = (60, 180, 260, 560, 1160, 1300)
"""The rulings of a register, in pixels."""
HEAD, TOP, BOTTOM, STEP = 200, 100, 1500, 30
NAMES = ("No", "Day", "Kind", "Names and places", "Fee")
Told = tuple[str, float]
Row = Sequence[str | Sequence[str]]


class Register:
    """Pages of a register that are drawn with their rulings, and an engine that reads what is told of each."""

    def __init__(self, notes: Any) -> None:
        self.notes = notes
        self.told: dict[str, list[Any]] = {}
        (notes.plugins / "told.py").write_text(ENGINE.replace("TOLD", repr(str(notes.home / "told.json"))))
        (notes.home / "notes.toml").write_text('engine = "told"\n')

    def page(
        self, name: str, rows: Sequence[Row], *, move: int = 0, head: Sequence[str] = NAMES, ruled: bool = True,
        more: Sequence[tuple[str, int, int]] = (), glued: Sequence[int] = (), edges: Sequence[int] = EDGES,
        ends_head: bool = True,
    ) -> Path:  # fmt: skip
        """Draw a page. A cell is a text, or several for several lines; a row in ``glued`` is read as one line."""
        width = 1400 + len(self.told)
        image = Image.new("L", (width, 1600), 255)
        pen = ImageDraw.Draw(image)
        if ruled:
            for at in edges:
                pen.line([(at + move, TOP), (at + move, BOTTOM)], fill=60, width=3)
            for down in (TOP, HEAD) if ends_head else (TOP,):
                pen.line([(edges[0] + move, down), (edges[-1] + move, down)], fill=60, width=3)
        lines = [self._line([(text, edges[at] + move + 10, 140)]) for at, text in enumerate(head)]
        lines += [self._line([(text, x + move, y)]) for text, x, y in more]
        down = HEAD + 60
        for number, row in enumerate(rows):
            cells = [[cell] if isinstance(cell, str) else list(cell) for cell in row]
            firsts = [(cell[0], edges[at] + move + 10, down) for at, cell in enumerate(cells) if cell and cell[0]]
            lines += [self._line(firsts)] if number in glued else [self._line([first]) for first in firsts]
            lines += [
                self._line([(text, edges[at] + move + 10, down + STEP * step)])
                for at, cell in enumerate(cells)
                for step, text in enumerate(cell[1:], 1)
            ]
            down += STEP * (max(map(len, cells)) + 1)
        self.told[str(width)] = [(words, 0.9, box) for words, box in lines]
        path = Path(self.notes.home) / name
        path.parent.mkdir(exist_ok=True)
        image.save(path)
        (self.notes.home / "told.json").write_text(json.dumps(self.told))
        return path

    def _line(self, parts: Sequence[tuple[str, int, int]]) -> tuple[list[Any], list[int]]:
        words = []
        for text, left, down in parts:
            for word in text.split():
                words.append((word, (left, down, 12 * len(word), 24)))
                left += 12 * (len(word) + 1)
        first, last = words[0][1], words[-1][1]
        return words, [first[0], first[1], last[0] + last[2] - first[0], 24]


@pytest.fixture
def register(notes: Any) -> Register:
    return Register(notes)


ROWS: list[Row] = [
    ("1281", "30", "Bail", ("Foucher of the rue des Saules in Paris", "to Girault, for twelve years"), "3.75"),
    ("1282", '"', "do.", ("Legrand and his wife, of the same street", "and quarter, to Lefranc"), '"'),
    (
        "1283",
        "1",
        "Vente",
        ("Tissot to Maurice, a house in Levallois", "at the price of 60,000", "due in May"),
        "12.50",
    ),
    ("1284", "2", "", ("Recullet, on the death of his mother",), "2.20"),
    ("1285", "2", "id.", ("Didier to Ravignier, of Lourmel, by", "proxy of the fifth of March"), "3.75"),
]


def entries(notes: Any, *args: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(notes.run("export", *args).stdout)))


def test_a_register_comes_out_row_by_row(register: Register) -> None:
    notes = register.notes
    register.page("box/a.png", ROWS, more=[("An 1930, mois de Juin", 640, 216)])
    notes.run("index", "box")
    done = notes.run("export", "box")
    heading, *rows = csv.DictReader(io.StringIO(done.stdout))
    assert (heading["row"], heading["Names and places"]) == ("0", "An 1930, mois de Juin")
    assert [row["row"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row["No"] for row in rows] == ["1281", "1282", "1283", "1284", "1285"]
    assert rows[2]["Names and places"] == "Tissot to Maurice, a house in Levallois at the price of 60,000 due in May"
    assert [row["Kind"] for row in rows] == ["Bail", "do.", "Vente", "", "id."]
    assert [row["Kind resolved"] for row in rows] == ["Bail", "Bail", "Vente", "", "Vente"], (
        "what is written last above"
    )
    assert (rows[1]["Fee resolved"], rows[1]["Day resolved"]) == ('"', '"'), "of figures it means nothing or zero"
    assert float(rows[0]["Names and places confidence"]) == pytest.approx(0.9, abs=0.001)
    assert [int(rows[0][side]) for side in ("x", "y", "width")] == [70, 260, 1148]
    assert done.stderr == "6 entries on 1 page\n"


def test_a_ditto_mark_stands_for_what_is_above_it_on_the_page_before(register: Register) -> None:
    register.page("box/a.png", ROWS[:3])
    register.page("box/b.png", [("1286", "3", "id.", ("Picard to Starck, of Suresnes",), "1"), *ROWS[2:]])
    register.notes.run("index", "box")
    rows = entries(register.notes, "box")
    assert [row["Kind resolved"] for row in rows[2:5]] == ["Vente", "Vente", "Vente"]
    assert rows[3]["Kind"] == "id."


def test_a_line_that_was_read_across_rulings_is_cut_at_them(register: Register) -> None:
    rows: list[Row] = [*ROWS, ("1286", "22|50", "Bail", ("Picard",), "1")]
    register.page("box/a.png", rows, glued=(1, 3))
    register.notes.run("index", "box")
    found = register.notes.json("export", "box")["pages"][0]
    cells = {cell["column"]: cell for cell in found["entries"][3]["cells"]}
    assert {name: cell["text"] for name, cell in cells.items()} == {
        "No": "1284",
        "Day": "2",
        "Fee": "2.20",
        "Names and places": "Recullet, on the death of his mother",
    }
    assert len({tuple(cell["lines"]) for cell in cells.values()}) == 1
    assert cells["Day"]["box"] == [190, 560, 12, 24]
    assert found["columns"][1]["from"] == pytest.approx(100 * 180 / 1400, abs=0.3)


def test_the_columns_are_corrected_once_in_a_file(register: Register) -> None:
    notes = register.notes
    register.page("box/a.png", ROWS)
    register.page("box/b.png", ROWS, move=25)
    notes.run("index", "box")
    done = notes.run("table", "box")
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["No", "Day", "Kind", "places", "Fee"]
    assert "begins entries" in done.stdout.splitlines()[0]
    assert "learned from 2 of the first 2 pages\nwritten in " in done.stderr
    file = notes.index / "tables" / "box.toml"
    blocks = file.read_text().split("\n[[column]]\n")
    assert len(blocks) == 6
    kept = [blocks[0], *blocks[1:3], blocks[3].replace("Kind", "Sort of deed"), blocks[4]]
    file.write_text("\n[[column]]\n".join(kept))
    rows = entries(notes, "box/b.png")
    assert list(rows[0])[7::3] == ["No", "Day", "Sort of deed", "Names and places"]
    assert [row["Sort of deed"] for row in rows] == ["Bail", "do.", "Vente", "", "id."]
    assert notes.json("table", "box")["columns"][2]["name"] == "Sort of deed"
    assert "as written in " in notes.run("table", "box").stderr
    notes.run("backup", "kept.zip")
    notes.run("restore", "kept.zip", "--index", "other")
    assert (notes.home / "other" / "tables" / "box.toml").read_text() == file.read_text()


WRONG = [
    ("to = ", "too = ", "column 1 has no 'to'"),
    ("begins = true", 'begins = "yes"', "'begins' of column 1 cannot be 'yes'"),
    ('name = "Day"', 'name = "No"', "two columns have the name 'no'"),
    ("[[column]]", "[column", "it cannot be read"),
    ("begins = false", "begins = true", "entries begin in more than one column"),
    ("from = 4.", "from = 14.", "column 1 goes from 14"),
    ("to = 12.", "to = 13.", "column 2 begins before column 1 ends"),
    ("pages = ", "page = ", "there is no setting 'page'"),
]


def test_a_file_of_columns_that_is_wrong_is_refused(register: Register) -> None:
    notes = register.notes
    register.page("box/a.png", ROWS)
    notes.run("index", "box")
    notes.run("table", "box")
    file = notes.index / "tables" / "box.toml"
    text = file.read_text()
    with indexer.open_archive(notes.index) as archive:
        for right, wrong, said in WRONG:
            assert right in text
            file.write_text(text.replace(right, wrong, 1))
            with pytest.raises(indexer.NotesError) as caught:
                archive.tables.export("box", "csv")
            assert caught.value.message.startswith(f"the table {file} cannot be used: {said}")
    for args in (("export", "box"), ("search", "in:no 1281"), ("table", "box")):
        done = notes.run(*args, rc=2)
        assert "cannot be used: there is no setting 'page'\nCorrect it there" in done.stderr
        assert done.stdout == ""


def test_the_search_looks_into_one_column(register: Register) -> None:
    notes = register.notes
    register.page("box/a.png", [*ROWS, ("1286", "2", "Foucher", ("Vente to somebody",), "9")])
    register.page("box/letter.png", [], ruled=False, head=(), more=[("Foucher wrote", 100, 300)])
    notes.run("index", "box")

    def found(query: str) -> list[str]:
        return [hit["text"] for hit in notes.json("search", query)["hits"]]

    assert sorted(found("foucher")) == ["Foucher", "Foucher of the rue des Saules in Paris", "Foucher wrote"]
    assert found("in:kind foucher") == ["Foucher"]
    assert found("in:names foucher") == found('in:"names places" fouch*') == found("in:4 foucher")
    assert found("in:names foucher") == ["Foucher of the rue des Saules in Paris"]
    assert "No" in notes.run("search", "in:nosuch foucher", rc=2).stderr
    assert found("foucher in:names") == found("paris in:names foucher") == found("in:names foucher")
    assert notes.json("search", 'foucher "in:names paris"', rc=1)["total"] == 0
    assert "several columns" in notes.run("search", "in:names foucher in:kind", rc=2).stderr
    assert "outside parentheses" in notes.run("search", "(in:names foucher)", rc=2).stderr
    assert "nothing to search for" in notes.run("search", "in:names", rc=2).stderr
    assert notes.json("search", "in:day foucher", rc=1)["total"] == 0


def test_the_columns_of_a_page_are_found_once(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = register.notes
    register.page("box/a.png", ROWS)
    register.page("box/b.png", ROWS[2:])
    notes.run("index", "box")

    def found(query: str) -> list[str]:
        with indexer.open_archive(notes.index) as archive:
            return sorted(hit.line.text for hit in archive.search(query).hits)

    looked: list[str] = []
    finding = Tables._found
    monkeypatch.setattr(Tables, "_found", lambda self, page: looked.append(page.path.name) or finding(self, page))
    assert found("in:kind vente") == ["Vente", "Vente"]
    assert looked == ["a.png", "b.png"]
    assert found("in:kind vente") == ["Vente", "Vente"]
    assert looked == ["a.png", "b.png"]
    with indexer.open_archive(notes.index) as archive:
        line = archive.search("vente").hits[0].line
        archive.line(line.id).correct("Vente 1900", sure=True)
    assert found("in:kind vente") == ["Vente", "Vente 1900"]
    assert looked == ["a.png", "b.png", line.path.name], "what was said of the other page changes nothing here"
    kept = notes.index / "search" / "columns"
    for file in kept.glob("*.json"):
        file.write_text('{"0": [1, 2], "x": ' if file.name == "volumes.json" else '{"1": ["", [3]]}')
    assert found("in:kind vente") == ["Vente", "Vente 1900"], "what is damaged is found anew"
    monkeypatch.setattr("indexer.archive.kept_columns.FileLock", unwritable)
    shutil.rmtree(kept)
    assert found("in:kind vente") == ["Vente", "Vente 1900"], "where nothing can be written nothing is kept"
    assert not list(kept.glob("*.json"))


def unwritable(*_: object, **__: object) -> object:
    raise PermissionError


def test_a_search_heeds_a_corrected_file_of_columns_and_a_page_that_was_read_again(register: Register) -> None:
    notes = register.notes
    register.page("box/a.png", ROWS)
    notes.run("index", "box")

    def number(query: str) -> int:
        with indexer.open_archive(notes.index) as archive:
            return archive.search(query).total

    assert number("in:kind vente") == 1
    with indexer.open_archive(notes.index) as archive:
        file = archive.tables.write(notes.home / "box").file
    assert file is not None
    file.write_text(file.read_text().replace('"Kind"', '"Nature"'))
    assert number("in:nature vente") == 1
    with pytest.raises(indexer.NotesError, match="no column is called 'kind'"):
        number("in:kind vente")
    file.unlink()
    assert number("in:kind vente") == 1
    told = json.loads((notes.home / "told.json").read_text())
    (lines,) = told.values()
    for words, _, box in lines:
        if words[0][0] == "Vente":
            box[0] = words[0][1][0] = 600  # it stands in the next column now
    (notes.home / "told.json").write_text(json.dumps(told))
    engine = notes.plugins / "told.py"
    engine.write_text(engine.read_text().replace('version="1"', 'version="two"'))  # another size: no stale bytecode
    notes.run("index", "box", "--reread")
    assert (number("in:kind vente"), number("in:names vente")) == (0, 1)


def test_a_head_that_no_ruling_ends_is_known_by_the_names_of_the_columns(register: Register) -> None:
    register.page("box/a.png", ROWS)
    register.page("box/b.png", ROWS[1:], head=("No.", "Day", "Kimd", "Names and plaoes", "Fee"), ends_head=False)
    register.notes.run("index", "box")
    assert [row["No"] for row in entries(register.notes, "box/b.png")] == ["1282", "1283", "1284", "1285"]


def test_pages_without_a_table_are_said(register: Register) -> None:
    notes = register.notes
    letter = [(f"line {number} of a letter without columns", 100, 100 + 40 * number) for number in range(9)]
    register.page("box/letter.png", [], ruled=False, head=(), more=letter)
    notes.run("index", "box")
    done = notes.run("export", "box", rc=1)
    assert done.stdout == ""
    assert done.stderr == "0 entries on 0 pages\nno table on 1 page: box/letter.png:1\n"
    assert "no table was found on the first page of" in notes.run("table", "box", rc=1).stderr
    assert not (notes.index / "tables").exists()
    assert "no page of the index matches nosuch" in notes.run("export", "nosuch", rc=2).stderr
    assert "no page of the index lies in" in notes.run("table", "nosuch", rc=2).stderr
    assert f"lies in {notes.home} itself\nName one of: {notes.home}/box." in notes.run("table", ".", rc=2).stderr


def test_a_page_with_other_columns_has_its_own(register: Register) -> None:
    notes = register.notes
    for name in ("a", "b"):
        register.page(f"box/{name}.png", ROWS)
    edges, head = (60, 240, 340, 700, 1200, 1340), ("Nr", "Tag", "Art", "Leute", "Preis")
    path = register.page("box/c.png", ROWS, head=head, edges=edges)
    notes.run("index", "box")
    done = notes.run("export", "box")
    assert "1 page with columns of their own, unlike those of the volume: box/c.png:1" in done.stderr
    own = [row for row in csv.DictReader(io.StringIO(done.stdout)) if row["path"] == str(path)]
    assert [row["Nr"] for row in own] == ["1281", "1282", "1283", "1284", "1285"]


def test_the_library_has_tables(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    register.page("box/a.png", ROWS)
    register.notes.run("index", "box")
    with indexer.open_archive(register.notes.index) as archive:
        (volume,) = archive.tables.volumes("box")
        assert volume == archive.tables.volume(register.notes.home / "box")
        assert [column.name for column in archive.tables.columns(volume).columns] == list(NAMES)
        (page,) = archive.tables.pages("box")
        line = archive.line(page.entries[0].cells[2].lines[0])
        line.correct("Location", sure=True)
        (page,) = archive.tables.pages("box")
        assert (page.entries[0].cells[2].text, page.entries[0].cells[2].confidence) == ("Location", 1.0)
        assert page.entries[1].cells[2].resolved == "Location"
        archive.line(page.entries[0].cells[2].lines[0]).reject()
        (page,) = archive.tables.pages("box")
        assert page.entries[0].cells[2].lines == ()
        with pytest.raises(indexer.NotesError, match="cannot be exported as 'xml'"):
            archive.tables.export("box", "xml")


def test_what_was_exported_is_never_written_over(register: Register) -> None:
    notes = register.notes
    register.page("box/a.png", ROWS)
    notes.run("index", "box")
    done = notes.run("export", "box", "--as", "json", "--to", "out.json")
    assert (done.stdout, done.stderr) == ("", "written: out.json\n5 entries on 1 page\n")
    assert json.loads((notes.home / "out.json").read_text())["schema"] == 1
    assert "out.json is there already" in notes.run("export", "box", "--to", "out.json", rc=2).stderr


def test_columns_are_kept_apart_by_gaps_where_nothing_is_ruled(register: Register) -> None:
    rows: list[Row] = [(f"{n}", f"{n + 3}", "short", f"name {n}", "2.50") for n in range(12)]
    register.page("box/a.png", rows, ruled=False, head=())
    register.notes.run("index", "box")
    found = register.notes.json("export", "box")["pages"][0]
    assert [[cell["text"] for cell in entry["cells"]] for entry in found["entries"]] == [list(row) for row in rows]


def test_the_server_looks_into_one_column(register: Register, serve: Callable[..., Any]) -> None:
    register.page("box/a.png", ROWS)
    register.notes.run("index", "box")
    server = serve(register.notes)
    assert [hit["text"] for hit in server.hits("in:kind vente")] == ["Vente"]
    answer = server.client.get("/api/v1/search", params={"q": "in:nosuch vente"})
    assert (answer.status_code, "No column is called" in answer.text) == (400, True)


def test_a_few_words_alone_across_the_columns_are_no_row(register: Register) -> None:
    register.page("box/a.png", [*ROWS, *ROWS], more=[("Sheet no eighty second", 100, 1250)])
    register.notes.run("index", "box")
    page = register.notes.json("export", "box")["pages"][0]
    assert "eighty" not in json.dumps(page["entries"])
    assert (len(page["entries"]), page["lines_outside"]) == (2 * len(ROWS), 1)


def test_pictures_that_were_added_in_the_browser_are_no_volume(register: Register, serve: Callable[..., Any]) -> None:
    other = ("Parish", "Year", "Priest", "Remarks on the state of roofs", "Cost")
    paths = [register.page("box/a.png", ROWS), register.page("box/b.png", ROWS, head=other)]
    server = serve(register.notes)
    files = [("files", (path.name, path.read_bytes())) for path in paths]
    assert server.client.post("/api/v1/documents", files=files).status_code < 300
    server.wait()
    with indexer.open_archive(register.notes.index) as archive:
        volumes = archive.tables.volumes("documents")
        assert sorted(volumes) == sorted(page.path for page in archive.pages())
        heads = {tuple(column.name for column in archive.tables.columns(volume).columns) for volume in volumes}
        assert heads == {NAMES, other}
        assert archive.tables.volume(volumes[0]) == volumes[0]


def test_text_in_two_columns_with_numbers_beside_it_is_no_table(register: Register) -> None:
    text = [("the text of a page that runs on and on", x, 220 + 40 * n) for n in range(30) for x in (190, 700)]
    more = [*text, *((f"{n}", 80, 220 + 160 * n) for n in range(7))]
    register.page("box/a.png", [], head=(), more=more, edges=(60, 180, 690, 1250))
    register.notes.run("index", "box")
    assert "no table on 1 page" in register.notes.run("export", "box", rc=1).stderr


def test_a_file_of_columns_whose_pages_are_elsewhere_is_named(register: Register) -> None:
    notes = register.notes
    path = register.page("box/a.png", ROWS)
    notes.run("index", "box")
    notes.run("table", "box")
    file = notes.index / "tables" / "box.toml"
    file.write_text(file.read_text().replace('"Kind"', '"Sort"'))
    path.parent.rename(notes.home / "moved")
    notes.run("index", "moved", "--prune")
    said = f"{file.relative_to(notes.home)} is for pages that are not in the index: write there where box lies now\n"
    assert notes.run("export", "moved").stderr.endswith(said)
    file.write_text(file.read_text().replace(f'"{notes.home}/box"', f'"{notes.home}/moved"'))
    done = notes.run("export", "moved")
    assert ("Sort" in done.stdout, "not in the index" in done.stderr) == (True, False)


def test_columns_of_a_folder_whose_name_is_no_text_are_not_written(register: Register) -> None:
    notes = register.notes
    folder = notes.home / os.fsdecode(b"b\xe9")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("a system whose names are all Unicode")
    register.page("box/a.png", ROWS).rename(folder / "a.png")
    notes.run("index", folder)
    assert "has a name that is no UTF-8\nRename it" in notes.run("table", folder, rc=2).stderr
    assert not list((notes.index / "tables").iterdir())
    assert "1281" in notes.run("export", folder).stdout


def test_nothing_is_written_through_a_link_in_the_place_of_the_columns(register: Register) -> None:
    notes = register.notes
    register.page("box/a.png", ROWS)
    notes.run("index", "box")
    (notes.home / "other").mkdir()
    (notes.index / "tables").symlink_to(notes.home / "other")
    assert "is a link to another place" in notes.run("table", "box", rc=5).stderr
    assert not list((notes.home / "other").iterdir())


TITLE = "Tables of the year 1930"


@pytest.fixture
def tabled(register: Register) -> Any:
    """An archive with a ruled page, one row of which was read as one line."""
    register.page("box/a.png", ROWS, glued=(3,), more=[(TITLE, 300, 40)])
    register.notes.run("index", "box")
    return register.notes


def exported(tabled: Any, form: str, suffix: str, *choice: str) -> Path:
    tabled.run("export", "box", "--as", form, "--to", "out", *choice)
    return Path(tabled.home / "out" / f"a.{suffix}")


def rows_of(page: TextPage) -> list[list[str]]:
    """What stands in the cells of a page."""
    made: dict[tuple[int, int], list[str]] = {}
    for line in page.lines:
        block = page.blocks[line.block or 0]
        if block.cell is not None:
            made.setdefault(block.cell, []).append(line.text)
    return [[" ".join(made.get((row, column), [])) for column in range(len(NAMES))] for row in range(max(made)[0] + 1)]


CELLS = [list(NAMES), *([cell if isinstance(cell, str) else " ".join(cell) for cell in row] for row in ROWS)]


def test_a_table_is_written_and_read_again(tabled: Any) -> None:
    tabled.run("export", "box", "--as", "jsonl", "--to", "a.jsonl")
    files = [tabled.home / "a.jsonl"]
    for form, suffix in (("page", "xml"), ("alto", "xml"), ("hocr", "hocr"), ("tei", "xml"), ("markdown", "md")):
        tabled.run("export", "box", "--as", form, "--to", form)
        files.append(tabled.home / form / f"a.{suffix}")
    for file in files:
        (page,) = read_document(file).pages
        assert rows_of(page) == CELLS, file
        assert page.lines[0].text == TITLE, "what stands outside of the table is there as well"


def lines_of(document: TextDocument) -> dict[str, Any]:
    return {line.text: line for line in document.pages[0].lines}


def test_a_line_that_goes_over_cells_is_cut_with_its_words_and_readings(tabled: Any) -> None:
    ids = {line["text"]: line["id"] for line in tabled.json("show", "box/a.png")["lines"]}
    whole = "1284 2 Recullet, on the death of his mother 2.20"
    tabled.run("review", "correct", ids[whole], whole.replace("mother", "brother"), "--sure")
    lines = lines_of(read_document(exported(tabled, "page", "xml", "--readings")))
    cut = lines["Recullet, on the death of his brother"]
    assert [word.text for word in cut.words] == cut.text.split()
    assert [each.text for each in cut.readings] == [cut.text, "Recullet, on the death of his mother"]
    assert (cut.box.x, cut.box.y) == (570, 560)
    assert cut.box.x + cut.box.width <= EDGES[4] + 10, "it ends where the next cell begins"
    assert [lines[text].id for text in ("1284", "2.20")] == [f"line{ids[whole]}", f"line{ids[whole]}-4"]
    assert [each.text for each in lines["1284"].readings] == ["1284"], "the other reading says the same there"


def test_other_programs_see_a_table_in_markdown_and_hocr(tabled: Any) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(exported(tabled, "markdown", "md").read_text())
    cells = [tokens[at + 1].content.replace("<br>", " ") for at, token in enumerate(tokens) if token.type == "td_open"]
    assert [cell.replace("\\", "") for cell in cells] == [cell for row in CELLS for cell in row]
    root = ElementTree.parse(exported(tabled, "hocr", "hocr")).getroot()
    shown = [row for row in root.iter() if row.tag.endswith("}tr")]
    assert [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in shown][1] == CELLS[1]


def test_in_plain_text_a_row_is_a_line_with_tabulators(tabled: Any) -> None:
    text = exported(tabled, "text", "txt").read_text()
    assert text.splitlines()[2:] == ["\t".join(row).rstrip() for row in CELLS]


def test_links_to_what_was_found_in_a_table_lead_to_the_table(tabled: Any) -> None:
    note = exported(tabled, "markdown", "md", "--hits", "Foucher")
    assert "\n^table1\n" in note.read_text()
    assert "(a.md#^table1)" in (tabled.home / "out" / "found Foucher.md").read_text()


def test_a_page_without_a_table_stays_as_it_is(tabled: Any) -> None:
    letter = [(f"line {number} of a letter without columns", 100, 100 + 40 * number) for number in range(9)]
    Register(tabled).page("letters/b.png", [], ruled=False, head=(), more=letter)
    tabled.run("index", "letters")
    tabled.run("export", "letters", "--as", "text", "--to", "out")
    assert (tabled.home / "out" / "b.txt").read_text() == "".join(f"{text}\n" for text, _, _ in letter)
