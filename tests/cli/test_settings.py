"""Settings and the ways they are given, and how the command line speaks."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.system.options import SETTINGS
from indexer.system.settings import load, percent_setting
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "config" / "notes").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    return tmp_path


@pytest.mark.skipif("sys.platform != 'linux'", reason="the folders of Linux")
def test_flag_beats_environment_beats_folder_beats_user_beats_default(home: Path) -> None:
    here, user = home / "here", home / "config" / "notes" / "config.toml"

    def threshold(flags: dict[str, object], environ: dict[str, str]) -> tuple[float, str]:
        settings = load(flags, environ=environ, cwd=here)
        return settings.threshold, settings.origins["threshold"]

    assert threshold({}, {}) == (0.75, "default")
    user.write_text("threshold = 60\n[engines.x]\nthreshold = 50\nkey = 1\n")
    assert threshold({}, {}) == (0.6, str(user))
    (here / "notes.toml").write_text('threshold = "70%"\n[engines.x]\nkey = 2\n')
    assert threshold({}, {}) == (0.7, str(here / "notes.toml"))
    assert threshold({}, {"NOTES_THRESHOLD": "80"}) == (0.8, "NOTES_THRESHOLD")
    assert threshold({"threshold": "90"}, {"NOTES_THRESHOLD": "80"}) == (0.9, "flag")
    settings = load({}, environ={}, cwd=here)
    assert settings.engine_settings("x") == {"key": 2}
    assert settings.thresholds.of("x") == 0.5
    assert settings.thresholds.of("other") == 0.7


@pytest.mark.skipif("sys.platform != 'linux'", reason="the folders of Linux")
def test_which_index(home: Path) -> None:
    here = home / "here"
    assert load({}, environ={}, cwd=here).index == home / "data" / "notes" / "index"
    (here / "index").mkdir()
    (here / "index" / "README.md").write_bytes((ROOT / "index" / "README.md").read_bytes())
    (here / "notes.toml").write_text("threshold = 80")
    assert load({}, environ={}, cwd=here).index == home / "data" / "notes" / "index"
    assert load({}, environ={}, cwd=here).remarks == ()
    (here / "index" / "catalog.sqlite").touch()
    found = load({}, environ={}, cwd=here)
    assert found.index == home / "data" / "notes" / "index", "./index may be anybody's"
    assert str(here / "index") in found.remarks[0]
    assert load({"index": "index"}, environ={}, cwd=here).remarks == ()
    (here / "notes.toml").write_text('index = "elsewhere"')
    assert load({}, environ={}, cwd=here).index == here / "elsewhere"
    assert load({}, environ={"NOTES_INDEX": "/x"}, cwd=here).index == Path("/x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("treshold = 3", "Did you mean threshold"),
        ("threshold = 0.75", "Did you mean 75"),
        ("threshold = 101", "not a percent"),
        ("workers = 0", "whole number"),
        ("page_timeout = true", "seconds"),
        ('pdf_text = "maybe"', "use, check or ignore"),
        ("threshold = [", "cannot be used"),
        ("threshold = " + "[" * 5000 + "]" * 5000, "cannot be used"),
        ("workers = " + "9" * 5000, "cannot be used"),
        ("engines = 3", "tables"),
        ("[engines.x]\nthreshold = 0.5", "notes.toml: engines.x.threshold"),
        ("[engines.x]\nsince = 1900-01-01", "notes.toml: engines.x.since is a date"),
        ('index = "~nobody-of-this-name/index"', "home folder"),
        ('index = "a\\u0000b"', "a path"),
        ("engine = 3", "a text"),
        ("threshold = true", "not a percent"),
        ("workers = 2\nengine = = 3", "line 2"),
        ("colour = 1", "There are: index, engine"),
        ('plugin_folder = "here"', "Set it in your own config file"),
    ],
)
def test_settings_that_make_no_sense_are_named(home: Path, text: str, said: str) -> None:
    (home / "here" / "notes.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load({}, environ={}, cwd=home / "here")
    assert said in f"{caught.value.message} {caught.value.hint}"
    assert str(home / "here" / "notes.toml") in caught.value.message


@pytest.mark.parametrize(("name", "value"), [("WORKERS", "many"), ("THRESHOLD", "0.5"), ("PAGE_TIMEOUT", "inf")])
def test_a_variable_that_makes_no_sense_is_named(home: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"^NOTES_{name}: "):
        load({}, environ={f"NOTES_{name}": value}, cwd=home / "here")


def test_the_mark_that_windows_editors_write_is_no_error(home: Path) -> None:
    (home / "here" / "notes.toml").write_bytes(b"\xef\xbb\xbfworkers = 2\n")
    assert load({}, environ={}, cwd=home / "here").workers == 2


@pytest.mark.skipif("sys.platform != 'linux'", reason="the folders of Linux")
def test_only_the_user_says_where_plugins_are(home: Path) -> None:
    here = home / "here"
    assert load({}, environ={}, cwd=here).plugin_folder == home / "data" / "notes" / "plugins"
    (home / "config" / "notes" / "config.toml").write_text('plugin_folder = "mine"')
    assert load({}, environ={}, cwd=here).plugin_folder == home / "config" / "notes" / "mine"
    assert load({}, environ={"NOTES_PLUGIN_FOLDER": "/p"}, cwd=here).plugin_folder == Path("/p")


@pytest.mark.parametrize("option", ["license", "metered_public", "metered_private", "models", "downloads", "openssl"])
def test_a_folder_says_neither_what_is_loaded_nor_who_is_asked(notes, option: str) -> None:
    """``openssl`` names a folder whose libraries run in the vendor's process; the others reach the network or files."""
    (notes.home / "notes.toml").write_text(f'[engines.aspose]\n{option} = "here"\n')
    done = notes.run("read", "--engine", "aspose", ".", rc=2)
    assert f"{option} of the engine aspose cannot be set here" in done.stderr
    assert f"NOTES_ASPOSE_{option.upper()}" in done.stderr


@given(st.integers(0, 1_000_000).map(lambda n: n / 10_000))
def test_percent_means_the_same_however_it_is_written(percent: float) -> None:
    if 0 < percent < 1:
        with pytest.raises(UsageError, match="less than one percent"):
            percent_setting("threshold", percent)
        return
    ways = (percent, repr(percent), f"{percent!r}%", f" {percent!r} % ")
    assert {percent_setting("threshold", way) for way in ways} == {percent / 100}


def test_an_engines_option_may_stand_in_the_environment_and_secrets_are_not_shown(notes) -> None:
    (notes.home / "notes.toml").write_text('[engines.aspose]\nmode = "printed"\ntimeout = 9\n')
    notes.environ.update(NOTES_ASPOSE_TIMEOUT="7", NOTES_ASPOSE_METERED_PRIVATE="s3cret", NOTES_EMBEDDED_THRESHOLD="80")
    done = notes.run("config", "--json")
    shown = json.loads(done.stdout)["settings"]
    assert shown["engines.aspose.timeout"] == {"value": "7", "from": "NOTES_ASPOSE_TIMEOUT"}
    assert shown["engines.aspose.mode"]["value"] == "printed"
    assert shown["engines.aspose.metered_private"]["value"] == "(set)"
    assert shown["engines.embedded.threshold"]["value"] == "80"
    assert "s3cret" not in done.stdout + done.stderr


def test_the_engine_is_chosen_by_itself_unless_told(notes) -> None:
    assert notes.json("config")["settings"]["engine"] == {"value": "auto", "from": "default"}
    done = notes.run("index", "--engine", "embedded+embedded", ".", rc=2)
    assert "twice" in done.stderr
    assert "nosuch" in notes.run("index", "--engine", "embedded+nosuch", ".", rc=4).stderr


def test_config_and_status_and_errors_speak_plainly(notes) -> None:
    assert notes.json("config")["settings"]["index"]["from"] == "NOTES_INDEX"
    missing = notes.run("search", "word", rc=5)
    assert missing.stdout == ""
    assert "no index in" in missing.stderr
    assert "notes index FOLDER" in missing.stderr
    notes.run("search", rc=2)
    notes.run("index", "x", "--threshold", "0.5", rc=2)
    assert notes.json("doctor")["checks"][-1]["state"] == "warning"


def test_config_shows_every_setting_and_the_threshold_of_the_index(notes, make_page, tmp_path: Path) -> None:
    notes.fake_engine()
    notes.environ["NOTES_MODEL"] = "original"
    shown = notes.json("config")["settings"]
    assert set(SETTINGS) <= shown.keys()
    assert shown["model"] == {"value": "original", "from": "NOTES_MODEL"}
    del notes.environ["NOTES_MODEL"]
    make_page(tmp_path / "box" / "a.png")
    notes.run("index", "box", "--threshold", "62.5")
    assert notes.json("config")["settings"]["threshold"]["value"] == 62.5


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("NOTES_TRESHOLD", "did you mean NOTES_THRESHOLD?"),
        ("NOTES_PAGE_TIMEOT", "did you mean NOTES_PAGE_TIMEOUT?"),
        ("NOTES_EMBEDED_THRESHOLD", "sets threshold of the engine embeded, which there is not"),
    ],
)
def test_a_variable_without_effect_is_named(notes, variable: str, said: str) -> None:
    notes.environ[variable] = "80"
    assert said in notes.run("plugins").stderr
    assert notes.run("plugins", "--json").stdout.startswith("{")


@pytest.mark.parametrize(
    ("command", "codes"), [("show", {2}), ("review accept", {2}), ("search alpha --limit", {0, 2})]
)
def test_what_looks_like_a_number_and_is_none_is_no_bug(
    notes, make_page, tmp_path: Path, command: str, codes: set[int]
) -> None:
    notes.fake_engine()
    make_page(tmp_path / "a.png")
    notes.run("index", "a.png")
    odd = (
        "~nobody-of-this-name",
        "\u00b2",
        "17\u00b2",
        "9" * 30,
        "0",
        "-1",
        "1.5",
        "a.png:\u0663",
        f"a.png:{'9' * 30}",
    )
    for each in odd:
        words = (*command.split(), each) if "--limit" in command else (*command.split(), "--", each)
        notes.run(*words, rc=codes)


def test_dry_run_makes_nothing(notes, make_page, tmp_path: Path) -> None:
    notes.fake_engine()
    make_page(tmp_path / "box" / "a.png")
    planned = notes.json("index", "box", "--dry-run")
    assert planned["files"]["read"] == 1
    assert planned["would_read"] == [str(tmp_path / "box" / "a.png")]
    assert notes.run("index", "box", "--dry-run").stdout == "box/a.png\n"
    assert not notes.index.exists()


def test_a_closed_pipe_is_no_error(notes, make_page, tmp_path: Path) -> None:
    notes.fake_engine()
    for n in range(30):
        make_page(tmp_path / "box" / f"{n}.png", width=300 + n)
    notes.run("index", "box")
    run = notes.begin("search", "alpha", "--limit", "30", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.close()
    assert run.stderr is not None
    assert "Traceback" not in run.stderr.read()
    run.stderr.close()
    assert run.wait() in (0, 1)


# Which of our packages each may import: everything flows one way.
LAYERS = (
    {"translation"},
    {"values"},
    {"system", "text"},
    {"image", "posteriors"},
    {"formats"},
    {"api"},
    {"catalog"},
    {"search"},
    {"recognition"},
    {"cluster", "evaluation", "training"},
    {"archive"},
    {"docs", "mcp", "ocrmypdf", "web"},
    {"cli"},
    {"__main__", "__init__"},
)
LATE = (
    "archive.comparing",
    "archive.table_columns",
    "archive.tables",
    "catalog.postgres",
    "cluster",
    "evaluation",
    "image.drawn",
    "image.first_lines",
    "image.gutters",
    "image.line_numbers",
    "image.page_numbers",
    "image.reading_order",
    "image.rulings",
    "image.side_notes",
    "image.straightening",
    "image.table_borders",
    "image.table_fit",
    "image.table_grid",
    "image.table_heads",
    "image.table_rows",
    "image.table_rulings",
    "mcp",
    "ocrmypdf",
    "posteriors.alignment",
    "posteriors.calibration",
    "posteriors.estimation",
    "posteriors.evidence",
    "posteriors.letters_wrong",
    "posteriors.relevance",
    "posteriors.spellings",
    "posteriors.trie",
    "recognition.place",
    "search",
    "system.arrays",
    "text.found_text",
    "training",
    "web",
)
HEAVY = {
    *("aspose", "pymupdf", "onnxruntime", "rapidocr", "torch", "cv2", "numpy", "matplotlib", "PIL", "pillow_heif"),
    *("dask", "distributed", "mcp", "ocrmypdf"),
}


def imports(path: Path, *, top_level: bool) -> set[str]:
    """Modules a file imports; with ``top_level`` those that importing it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if top_level and isinstance(child, ast.FunctionDef):
                continue
            if isinstance(child, ast.Import):
                found.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                found.add(child.module)
                found.update(f"{child.module}.{alias.name}" for alias in child.names)
            visit(child)

    visit(tree)
    return found


def modules() -> list[Path]:
    return sorted(path for part in ("indexer", "plugins", "tests/plugins") for path in (ROOT / part).rglob("*.py"))


def plugins_named(path: Path) -> list[str]:
    """The modules of plugins that a file imports, also for the type checker alone, or names in a text."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            found.append(node.value)
    return [name for name in found if name.startswith(("plugins.", "indexer.plugins"))]


def test_a_plugin_that_is_imported_by_its_name_is_seen(tmp_path: Path) -> None:
    for text in (
        "from indexer.plugins import embedded",
        "from indexer.plugins.embedded import READERS",
        "import indexer.plugins.pdf",
        "if TYPE_CHECKING:\n    from plugins.embedded import READERS",
        "import_module('indexer.plugins.embedded')",
        "import_module(f'indexer.plugins.embedded{part}')",
    ):
        (tmp_path / "room.py").write_text(text)
        assert plugins_named(tmp_path / "room.py"), text
    (tmp_path / "room.py").write_text("from indexer.cli import plugins\nfrom indexer.archive.opening import plugins")
    assert not plugins_named(tmp_path / "room.py")


def is_opened_late(path: Path) -> bool:
    """Whether only the inside of a function imports it: modules that compute, those of a plugin but for its door."""
    if path.is_relative_to(ROOT / "indexer"):
        name = ".".join(path.relative_to(ROOT / "indexer").with_suffix("").parts)
        return any(name == late or name.startswith(f"{late}.") for late in LATE)
    return path.name != "__init__.py" and path.parent.parent == ROOT / "plugins"


def locks() -> set[str]:
    """The names of all locks and conditions."""
    made = re.compile(r"(\w+)(?:: [^=]+)? = threading\.(?:R?Lock|Condition|(?:Bounded)?Semaphore)\(")
    return {name for path in modules() for name in made.findall(path.read_text(encoding="utf-8"))}


def yielded_under(names: set[str], tree: ast.AST) -> Iterator[int]:
    """The lines with a ``yield`` in a block that holds one of these locks."""
    for node in ast.walk(tree):
        held = {ast.unparse(each.context_expr).rpartition(".")[2] for each in getattr(node, "items", ())}
        if isinstance(node, ast.With) and held & names:
            yield from (each.lineno for each in ast.walk(node) if isinstance(each, ast.Yield | ast.YieldFrom))


def test_nothing_is_given_away_piece_by_piece_while_a_lock_is_held() -> None:
    names = locks()
    assert len(names) > 5
    assert list(yielded_under({"_lock"}, ast.parse("def f():\n with self._lock:\n  yield 1"))) == [3]
    found = [
        f"{path}:{line}"
        for path in modules()
        for line in yielded_under(names, ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == [], "whoever takes the first piece works under the lock: give a list"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_everything_flows_one_way(path: Path) -> None:
    rank = {name: number for number, names in enumerate(LAYERS) for name in names}
    used = imports(path, top_level=False)
    ours = {name.split(".")[1] for name in used if name.startswith("indexer.")}
    if not path.is_relative_to(ROOT / "indexer"):
        assert ours <= {"api"}, "a plugin imports indexer.api and nothing else of ours"
    else:
        me = path.relative_to(ROOT / "indexer").parts[0].removesuffix(".py")
        for other in ours & rank.keys() - {me}:
            assert rank[other] < rank[me], f"{me} imports {other}"
        assert path.name in ("registry.py", "_reference.py") or not plugins_named(path), "the registry finds plugins"
    assert "whoosh" not in {name.split(".")[0] for name in used} or "search" in path.parts
    assert "sqlite3" not in used or "catalog" in path.parts or path.name == "peers.py", (
        "a search engine to compare with"
    )
    if not is_opened_late(path):
        late = {other.stem for other in path.parent.glob("*.py") if is_opened_late(other)}
        late |= {f"indexer.{other}" for other in LATE}
        at_once = imports(path, top_level=True)
        assert not (HEAVY | late) & (at_once | {name.split(".")[0] for name in at_once})
