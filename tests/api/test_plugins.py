"""Plugins: layers, shadowing, conflicts, failures, and a third-party distribution."""

from __future__ import annotations

import doctest
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from indexer.api import hooks
from indexer.api.registry import load_registry
from indexer.api.testing import check_engine, check_source
from indexer.values import EngineOptions, SourceOptions

HERE = Path(__file__).parents[1]
ARCHIVE = HERE / "data" / "archive"

SOURCE = """
from indexer.api import Page, Source, hookimpl
def pages(file, options):
    yield from ()
@hookimpl
def notes_sources():
    yield Source({name!r}, ({suffix!r},), pages)
"""


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(text)


def problems(folder: Path, **environ: str) -> dict[str, str]:
    return {p.plugin: p.message for p in load_registry(folder, environ).problems}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_module", "no_such_module"),
        ("raise SystemExit(3)", "SystemExit"),
        ("from indexer.api import hookimpl\n@hookimpl\ndef notes_sourcse(): ...", "notes_sourcse"),
        ("from indexer.api import hookimpl\n@hookimpl\ndef notes_sources(wrong): ...", "wrong"),
        ("from indexer.api import hookimpl\n@hookimpl\ndef notes_sources(): raise KeyError('x')", "KeyError"),
        ("from indexer.api import hookimpl\n@hookimpl\ndef notes_sources(): return ['no']", "Source"),
        ("x = 1", "@hookimpl"),
    ],
)
def test_a_broken_plugin_is_named_and_takes_nothing_down(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, "broken", text)
    write(tmp_path, "whole", SOURCE.format(name="whole", suffix=".whole"))
    registry = load_registry(tmp_path, {})
    assert [problem.plugin for problem in registry.problems] == ["broken"]
    assert said in registry.problems[0].message
    assert {"images", "pdf", "whole"} <= set(registry.sources)
    assert "broken" not in [plugin.name for plugin in registry.plugins]


def test_a_later_layer_shadows_an_earlier_one_and_says_so(tmp_path: Path) -> None:
    write(tmp_path / "late", "mine", SOURCE.format(name="images", suffix=".png"))
    registry = load_registry(tmp_path / "none", {"NOTES_PLUGIN_PATH": str(tmp_path / "late")})
    assert registry.sources["images"].suffixes == (".png",)
    (built_in,) = [plugin for plugin in registry.plugins if plugin.name == "images"]
    assert built_in.shadowed == ("source images",)


def test_one_name_twice_in_a_layer_names_both_and_uses_neither(tmp_path: Path) -> None:
    write(tmp_path, "one", SOURCE.format(name="same", suffix=".one"))
    write(tmp_path, "two", SOURCE.format(name="same", suffix=".two"))
    registry = load_registry(tmp_path, {})
    assert "same" not in registry.sources
    assert "one" in registry.problems[0].message
    assert "two" in registry.problems[0].message


def test_a_missing_plugin_path_is_said(tmp_path: Path) -> None:
    assert str(tmp_path / "gone") in problems(tmp_path, NOTES_PLUGIN_PATH=str(tmp_path / "gone"))


def test_the_archive_brings_no_code(notes, tmp_path: Path) -> None:
    write(tmp_path / "box", "evil", "raise SystemExit('loaded')")
    write(tmp_path / "box" / "plugins", "__init__", "raise SystemExit('loaded')")
    notes.fresh = True
    notes.run("plugins", cwd=tmp_path / "box")
    (tmp_path / "box" / "notes.toml").write_text('plugin_folder = "."')
    assert "must not bring code" in notes.run("config", cwd=tmp_path / "box", rc=2).stderr


def test_a_plugin_adds_a_command_and_a_check(notes) -> None:
    (notes.plugins / "more.py").write_text(
        "import typer\n"
        "from indexer.api import Check, CheckResult, hookimpl\n"
        "@hookimpl\n"
        "def notes_commands(app):\n"
        "    @app.command('greet')\n"
        "    def greet(name: str):\n"
        "        typer.echo(f'hello {name}')\n"
        "@hookimpl\n"
        "def notes_checks():\n"
        "    yield Check('ink', lambda: CheckResult('broken', 'it has run dry', 'Buy some.'))\n"
    )
    assert notes.run("greet", "you").stdout == "hello you\n"
    assert "greet" in notes.run("--help").stdout
    assert "ink: it has run dry. Buy some." in notes.run("doctor", rc=4).stdout
    assert "Did you mean search?" in notes.run("serch", rc=2).stderr


def test_the_built_in_plugins_keep_the_contract(tmp_path: Path) -> None:
    registry = load_registry(tmp_path, {})
    check_source(registry.sources["images"], ARCHIVE / "hooker" / "hooker-12.jpg")
    check_source(registry.sources["images"], ARCHIVE / "timeus" / "minutes.tif")
    check_source(registry.sources["pdf"], ARCHIVE / "mss19" / "manuscripts.pdf")
    images = registry.sources["images"].pages
    from indexer.system.originals import source_file

    (page,) = images(source_file(ARCHIVE / "poilus" / "poilus-06.jpg", None), SourceOptions())
    check_engine(registry.engine("embedded"), page.image())


def test_the_template_keeps_the_contract(tmp_path: Path) -> None:
    shutil.copy(HERE.parent / "plugins" / "_template.py", tmp_path / "template.py")
    registry = load_registry(tmp_path, {})
    assert not registry.problems
    shutil.copy(ARCHIVE / "poilus" / "poilus-06.jpg", tmp_path)
    (tmp_path / "sample.list").write_text("poilus-06.jpg\n")
    check_engine(registry.engine("blank"), options=EngineOptions(threads=1))
    (page,) = registry.sources["image lists"].pages(source(tmp_path / "sample.list"), SourceOptions())
    assert page.image().size == (1532, 1250)


def source(path: Path):
    from indexer.system.originals import source_file

    return source_file(path, None)


def test_a_third_party_distribution_is_found_by_its_entry_point(notes, tmp_path: Path) -> None:
    built = tmp_path / "cbz"
    shutil.copytree(HERE / "plugins" / "cbz", built)
    target = tmp_path / "site"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(target),
        str(built),
    ]
    subprocess.run(pip, check=True, capture_output=True, text=True)
    notes.environ["PYTHONPATH"] = str(target)
    rows = {row["name"]: row for row in notes.json("plugins")["plugins"]}
    assert rows["cbz"]["layer"] == "entry point"
    notes.fake_engine()
    from PIL import Image

    (tmp_path / "box").mkdir()
    with zipfile.ZipFile(tmp_path / "box" / "comic.cbz", "w") as archive:
        for width in (500, 501):
            Image.new("L", (width, 60), 255).save(tmp_path / "page.png")
            archive.write(tmp_path / "page.png", f"{width}.png")
        archive.writestr("info.txt", "no page")
    assert notes.json("index", "box")["pages"] == 2
    assert notes.json("search", "page501")["hits"][0]["page"] == 2


def test_the_examples_of_the_hooks_run() -> None:
    results = doctest.testmod(hooks)
    assert results.attempted > 10
    assert results.failed == 0


def test_auto_takes_an_engine_that_is_preferred_and_survives_one_that_fails_to_say(notes, make_page) -> None:
    notes.fake_engine()
    (notes.home / "notes.toml").unlink()
    plugin = notes.plugins / "fake.py"
    plain = plugin.read_text()
    make_page(notes.home / "one.png", 200)
    for preferred, told in (
        ('lambda options: (True, "it is the test\'s own")', "reading with fake 1 (auto: it is the test's own)"),
        ('lambda options: (False, "not today")', "reading with embedded"),
        ("lambda options: 1 / 0", "fake cannot be used: ZeroDivisionError"),
    ):
        plugin.write_text(plain.replace('version="1"', f'version="1", preferred={preferred}'))
        assert told in notes.run("index", "one.png").stderr


FOLIOS = """
from PIL import Image
from indexer.api import Page, Source, hookimpl
def pages(file, options):
    for number, label in ((1, "fol. 12r"), (2, None)):
        yield Page(number, lambda number=number: Image.new("L", (300 + number, 60), 255), label=label)
@hookimpl
def notes_sources():
    yield Source("folios", (".folios",), pages)
"""


def test_the_label_of_a_page_is_shown_wherever_the_page_is_named(notes, serve) -> None:
    notes.fake_engine()
    write(notes.plugins, "folios", FOLIOS)
    (notes.home / "book.folios").write_text("two leaves")
    notes.run("index", "book.folios")
    assert "book.folios  page 1 (fol. 12r), line 1 " in notes.run("search", "page301").stdout
    assert "book.folios  page 2, line 1 " in notes.run("search", "page302").stdout
    (hit,) = notes.json("search", "page302")["hits"]
    assert hit["label"] is None
    assert "book.folios, page 1 of 2 (fol. 12r)" in notes.run("show", "book.folios").stderr
    assert notes.json("show", "book.folios")["label"] == "fol. 12r"
    waiting = next(each["id"] for each in notes.json("review")["lines"] if each["page"] == 1)
    server = serve(notes)
    assert "page 1 (fol. 12r)" in server.client.get("/", params={"q": "page301"}).text
    assert "page 1 (fol. 12r), line" in server.client.get("/review", params={"line": waiting}).text
