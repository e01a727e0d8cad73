"""All that people see is marked as a message, and each message has its translation into every language."""

from __future__ import annotations

import ast
import gettext
import pickle
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.mofile import write_mo

from indexer.cli._translate import messages as all_messages
from indexer.cli._translate import translated as translation
from indexer.translation import LANGUAGES, _, _n, again, catalogue, english, preferred, speaking
from indexer.translation.figures import day, minute, number
from indexer.translation.kept import said_again
from indexer.values.errors import UsageError
from indexer.web.spoken import script_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Message

ROOT = Path(__file__).parents[2] / "indexer"
messages = cache(all_messages)
OTHERS = [each for each in LANGUAGES if each != "en"]
TOOK = "run python -m indexer.cli._translate, and translate what is new"
PLACEHOLDERS = re.compile(r"%\(\w+\)s|%%|\{\w*[!r]*\}")
MARKUP = re.compile(r"<[^>]+>")
SHOWN = ("alt", "title", "placeholder", "aria-label")
"""The attributes of elements that people see or hear."""
CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TRANSLATED = re.compile(r"\{% trans .*?\{% endtrans %\}|\{% trans %\}.*?\{% endtrans %\}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")
SAME = {"notes", "Enter", "Esc", "Alt", "Shift", "w"}
"""The name of the program, names of keys, and the unit of widths of pictures."""


def all_of(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def translated(name: str) -> list[Message]:
    return [each for each in translation(name) if each.id]


@pytest.mark.parametrize("name", OTHERS)
def test_every_message_has_its_translation(name: str) -> None:
    there = {tuple(all_of(each.id)) for each in translated(name)}
    wanted = {tuple(all_of(each.id)) for each in messages() if each.id}
    assert there == wanted, TOOK
    lacking = [each.id for each in translated(name) if each.fuzzy or not all(all_of(each.string))]
    assert not lacking, TOOK


@pytest.mark.parametrize("name", OTHERS)
def test_a_translation_has_the_placeholders_and_the_markup_of_its_message(name: str) -> None:
    for each in translated(name):
        for one, other in zip(all_of(each.id), all_of(each.string), strict=True):
            assert Counter(PLACEHOLDERS.findall(one)) == Counter(PLACEHOLDERS.findall(other)), other
            assert Counter(MARKUP.findall(one)) == Counter(MARKUP.findall(other)), other
            assert one[-1:] not in ".?!" or other[-1:] in ".?!", other


@pytest.mark.parametrize("name", OTHERS)
def test_what_the_program_reads_is_made_of_the_translations(name: str) -> None:
    made = BytesIO()
    write_mo(made, translation(name))
    made.seek(0)
    with catalogue(name, "mo").open("rb") as file:
        there = gettext.GNUTranslations(file)
    wanted = {key: text for key, text in vars(gettext.GNUTranslations(made))["_catalog"].items() if key}
    assert {key: text for key, text in vars(there)["_catalog"].items() if key} == wanted, TOOK


class Texts(HTMLParser):
    """The texts of a template that people see: of its elements, and of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        self.found += [value or "" for name, value in attrs if name in SHOWN]

    def handle_data(self, data: str) -> None:
        if not self.inside or self.inside[-1] not in ("script", "style", "kbd"):
            self.found.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass


def unmarked(template: str) -> Iterator[str]:
    parser = Texts()
    parser.feed(CODE.sub("", TRANSLATED.sub("", template)))
    for text in parser.found:
        yield from (word for word in WORD.findall(text) if word not in SAME)


def test_what_is_not_marked_in_a_template_is_found() -> None:
    assert list(unmarked('<p title="Larger">{{ _("one") }} two {% trans %}three{% endtrans %}<kbd>Alt</kbd></p>')) == [
        "Larger",
        "two",
    ]


@pytest.mark.parametrize("path", sorted((ROOT / "web/templates").iterdir()), ids=lambda path: path.name)
def test_all_texts_of_templates_are_marked(path: Path) -> None:
    assert list(unmarked(path.read_text(encoding="utf-8"))) == []


def test_numbers_and_days_are_written_as_in_the_language() -> None:
    written = {}
    for name in LANGUAGES:
        with speaking(name):
            written[name] = (number(12345), number(2.5, 1), day("1843-08-02"), minute("2026-11-27T18:41:42"))
    assert written == {
        "en": ("12,345", "2.5", "2 Aug 1843", "27 Nov 2026, 18:41"),
        "de": ("12.345", "2,5", "02.08.1843", "27.11.2026, 18:41"),
        "fr": ("12\u202f345", "2,5", "2 août 1843", "27 nov. 2026, 18:41"),
        "sv": ("12\xa0345", "2,5", "2 aug. 1843", "27 nov. 2026, 18:41"),
    }


def test_nothing_is_one_in_french_and_several_elsewhere() -> None:
    said = {}
    for name in LANGUAGES:
        with speaking(name):
            said[name] = _n("%(n)s word", "%(n)s words", 0)
    assert said == {"en": "0 words", "de": "0 Wörter", "fr": "0 mot", "sv": "0 ord"}


def test_a_language_is_known_by_any_of_its_names() -> None:
    assert preferred(["xx", "de_AT.UTF-8"]) == preferred(["de-CH"]) == preferred(["", "DE"]) == "de"
    assert preferred([]) == preferred(["C"]) == "en"


ERRORS = {
    *("ConflictError", "DoubtError", "IndexBusyError", "IndexFolderError", "LackError", "MissingError", "NotesError"),
    *("PluginError", "QueryError", "TooOftenError", "UnavailableError", "UsageError"),
}
"""Errors whose messages people read."""
ENGLISH = {"mcp", "ocrmypdf", "api/testing.py", "api/__init__.py"}
"""What speaks to assistants, to another program, and to authors of plugins."""


def texts_of(node: ast.expr) -> Iterator[str]:
    """The texts that stand in an argument as they are."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value for part in node.values if isinstance(part, ast.Constant))
    elif isinstance(node, ast.IfExp):
        yield from (*texts_of(node.body), *texts_of(node.orelse))


def unmarked_errors(code: str) -> Iterator[str]:
    tree = ast.parse(code)
    constants = {
        name.id: each.value
        for each in tree.body
        if isinstance(each, ast.Assign)
        for name in each.targets
        if isinstance(name, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in ERRORS:
            told = [*node.args, *(each.value for each in node.keywords if each.arg in ("message", "hint"))]
            told = [constants.get(each.id, each) if isinstance(each, ast.Name) else each for each in told]
            yield from (text for each in told for text in texts_of(each) if WORD.search(text))


def test_what_is_not_marked_in_an_error_is_found() -> None:
    assert list(unmarked_errors('raise UsageError(f"no {x}", "Go." if x else _("Stay."))')) == ["no ", "Go."]
    assert list(unmarked_errors('HINT = "Go."\ndef f():\n    raise UsageError(_("no"), HINT)')) == ["Go."]


def test_all_messages_of_errors_are_marked() -> None:
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT)
        if not {place.parts[0], place.as_posix()} & ENGLISH:
            assert list(unmarked_errors(path.read_text(encoding="utf-8"))) == [], place


SAID = re.compile(r"""(?:(?:textContent|title)\s*=|aria-label",|say\(|\?\?|\?|:)\s*["`][A-Z][a-z]+ [^"`${]*["`]""")
"""Where a script puts a text on the page, or has one that begins like a sentence."""


@pytest.mark.parametrize("path", sorted((ROOT / "web/static").glob("*.js")), ids=lambda path: path.name)
def test_all_texts_of_scripts_are_marked(path: Path) -> None:
    assert SAID.search('said.textContent = "It is kept.";')
    assert SAID.search('on ? "The first line" : ""')
    assert [found.group() for found in SAID.finditer(path.read_text(encoding="utf-8"))] == []


def test_a_script_gets_the_translations_of_its_messages() -> None:
    marked = [each.id for each in messages() if any(place.endswith(".js") for place, _ in each.locations)]
    assert set(script_texts("de")) == {all_of(each)[0] for each in marked}
    assert script_texts("de")["Copied"] == "Kopiert"
    assert script_texts("de")["about %(n)s line"] == ["etwa %(n)s Zeile", "etwa %(n)s Zeilen"]
    assert script_texts("en") == {}


def test_an_error_is_said_again_in_another_language() -> None:
    error = UsageError(_("there is no user %(name)s", name="anna"))
    with speaking("sv"):
        assert again(error.message) == "det finns ingen användare anna"
        assert english(again(error.message)) == "there is no user anna"
        assert again(pickle.loads(pickle.dumps(error.message))) == again(error.message)


def test_what_was_kept_in_english_is_said_again() -> None:
    with speaking("de"):
        assert said_again("the image is damaged (it ends)") == "das Bild ist beschädigt (it ends)"
        assert said_again("something that nobody said") == "something that nobody said"
    assert said_again("the image is damaged (it ends)") == "the image is damaged (it ends)"
