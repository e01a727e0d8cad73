"""Reads the tables of names and letters: a folder a language, ours and those of the archive's owner.

``names.txt`` has sections such as ``[short]`` and lines ``William = Wm, Willm``; ``letters.txt`` has lines ``i > y``. A
number behind a form is its prior probability. The documents explain it under *names*.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.text.folding import printable, search_fold, search_words
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SHIPPED = Path(__file__).parent / "data"
KINDS = ("short", "pet", "form", "latin")
"""The sections of names: abbreviations, pet names, other forms, and Latin forms, of which all cases are made."""
ANY, LATIN = "any", "la"
"""The folders of what holds in every language, and of the language in which registers were kept everywhere."""
_PRIOR = re.compile(r"\s+(?P<prior>[01]?\.\d+|[01])$")
_SECTION = re.compile(r"\[(?P<kind>\w+)\]")


@dataclass(frozen=True, slots=True)
class Form:
    """A name and another form of it. Where the form stands the name is meant with the probability ``prior``; with
    ``None`` that of its kind counts."""

    name: str
    form: str
    kind: str
    language: str
    prior: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Letters that may stand for others. ``^`` is the beginning of a word, ``$`` the end."""

    letters: str
    others: str
    prior: float
    language: str


@dataclass(frozen=True, slots=True)
class Kind:
    """Ways to write a name. Where one stands the name is meant with the probability ``prior``. Of all places where the
    name stands, it is written in one of these ways in the share ``use``."""

    prior: float
    use: float


@dataclass(frozen=True, slots=True)
class Tables:
    """What the tables say: the forms of names, the rules for letters, and what holds for each kind of form."""

    forms: tuple[Form, ...]
    rules: tuple[Rule, ...]
    kinds: Mapping[str, Kind]


def key_of(name: str) -> str:
    """What is the same for all ways to type a name: its folded letters."""
    return "".join(search_words(name))


@cache
def shipped() -> Tables:
    """The tables that come with the program."""
    return read_tables(SHIPPED)


def with_own(folder: Path) -> Tables:
    """The shipped tables with those in a folder of the archive's owner: what it says of a form counts.

    Raises ``UsageError`` with the line that makes no sense.
    """
    ours = shipped()
    if not folder.is_dir():
        return ours
    own = read_tables(folder)
    forms = {(key_of(each.name), key_of(each.form)): each for each in (*ours.forms, *own.forms)}
    rules = {(each.letters, each.others, each.language): each for each in (*ours.rules, *own.rules)}
    return Tables(tuple(forms.values()), tuple(rules.values()), {**ours.kinds, **own.kinds})


def read_tables(folder: Path) -> Tables:
    """The tables in a folder, which has a folder a language."""
    languages = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith((".", "_")))
    forms = [form for each in languages for form in _forms(each / "names.txt")]
    rules = [rule for each in languages for rule in _rules(each / "letters.txt")]
    return Tables(tuple(forms), tuple(rules), dict(_kinds(folder / ANY / "kinds.txt")))


def _forms(file: Path) -> Iterator[Form]:
    kind = ""
    for number, line in _lines(file):
        if section := _SECTION.fullmatch(line):
            kind = section["kind"]
            if kind not in KINDS:
                raise _odd(file, number, f"there is no section [{kind}]", f"There are: {', '.join(KINDS)}.")
            continue
        names, sign, forms = line.partition(" = ")
        if not sign or not kind:
            raise _odd(file, number, f"{printable(line)!r} is no entry", "Write, in a section: William = Wm, Willm")
        if kind == "latin":  # the Latin forms stand first: many names have the same one
            names, forms = forms, names
        for name in _parts(names):
            for form, prior in map(_with_prior, _parts(forms)):
                if key_of(form) and key_of(name) and search_fold(form) != search_fold(name):
                    yield Form(name, form, kind, file.parent.name, prior)


def _rules(file: Path) -> Iterator[Rule]:
    for number, line in _lines(file):
        text, prior = _with_prior(line)
        letters, sign, others = (part.strip() for part in text.partition(" > "))
        if not sign or prior is None or not letters:
            raise _odd(file, number, f"{printable(line)!r} is no rule", "Write: i > y 0.8")
        yield Rule(_folded(letters), _folded(others), prior, file.parent.name)


def _folded(letters: str) -> str:
    return "".join(each if each in "^$" else search_fold(each) for each in letters)


def _kinds(file: Path) -> Iterator[tuple[str, Kind]]:
    for number, line in _lines(file):
        rest, use = _with_prior(line)
        name, prior = _with_prior(rest)
        if prior is None or use is None:
            raise _odd(file, number, f"{printable(line)!r} says nothing of a kind", "Write: short 0.9 0.2")
        yield name, Kind(prior, use)


def _parts(text: str) -> Iterable[str]:
    return filter(None, (part.strip() for part in text.split(",")))


def _with_prior(text: str) -> tuple[str, float | None]:
    found = _PRIOR.search(text)
    return (text[: found.start()].strip(), float(found["prior"])) if found else (text, None)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers; none when there is no such file."""
    if not file.exists():
        return
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(_("%(file)s is no text in UTF-8", file=file), _("Save it as UTF-8.")) from error
    for number, line in enumerate(text.splitlines(), 1):
        if (said := line.strip()) and not said.startswith("#"):
            yield number, said


def _odd(file: Path, number: int, message: str, hint: str) -> UsageError:
    return UsageError(_("%(file)s, line %(number)s: %(message)s", file=file, number=number, message=message), hint)
