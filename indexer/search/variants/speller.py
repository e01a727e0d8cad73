"""Gives a name or word its spellings: from the tables, by other letters, by what sounds alike, and from plugins."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz.distance import Levenshtein

from indexer.posteriors.calibration import Logistic
from indexer.search.asked_names import Spelling, Spelt
from indexer.search.nodes import Word, in_a_row
from indexer.search.variants.latin import declined
from indexer.search.variants.letters import respelt
from indexer.search.variants.sounds import alike
from indexer.search.variants.tables import ANY, LATIN, Tables, key_of, shipped
from indexer.text.folding import search_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from indexer.search.variants.tables import Form, Rule
    from indexer.values import Variants

    Known = Callable[[str], Iterable[str]]
    """Words of the archive that are written much like a given one."""

_MOST = 100
"""Most spellings of a name."""
_LEAST = 0.02
"""Least prior of a spelling. Less probable ones take time and find hardly anything."""
_LETTERS, _GAIN = 30, 0.001
"""Most spellings of a part by other letters, and least worth of one: all of a name is worth little more than 1."""
_RARE, _MEANT = 0.0003, 0.5
"""Least worth of any way to write a part, where it stands for the part with less than this probability."""
_SHORT = 3
"""Letters from which on a part of a name has spellings that sound alike: shorter words nearly all do."""
SOUND = Logistic(-3.3519, (1.4237, 1.2164, 0.2418, -0.3987, 0.5922, -2.3529, 0.5801))
"""From what two words sound like to the probability that one is meant by the other (``heard``), as
``tests/benchmarks/fit_variants.py LINES TEXT --only sounds`` prints it of 1,092 pairs of names."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to write a name or a part of it: where it stands the name is meant with the probability ``prior``. Of all
    places where the name stands it is written so in the share ``use``."""

    text: str
    prior: float
    use: float

    @property
    def worth(self) -> float:
        """How much is found by looking for it."""
        return self.prior * self.use


@dataclass(frozen=True)
class Speller:
    """The tables, and further sources of spellings. It knows no archive: that gives words which are much like one."""

    tables: Tables
    sources: tuple[Variants, ...] = ()

    @classmethod
    def shipped(cls) -> Speller:
        """With the tables that come with the program alone."""
        return cls(shipped())

    @classmethod
    def of(cls, tables: Tables, sources: Iterable[Variants], language: str | None) -> Speller:
        """With what is for a language, if one is given: its tables, those of Latin, and those of any language."""
        if language is None:
            return cls(tables, tuple(sources))
        meant = {language, LATIN, ANY}
        return cls(
            Tables(
                tuple(form for form in tables.forms if form.language in meant),
                tuple(rule for rule in tables.rules if rule.language in meant),
                tables.kinds,
            ),
            tuple(source for source in sources if not source.languages or language in source.languages),
        )

    def spelt_out(self, asked: Spelt, known: Known) -> Spelt:
        """The name or word with its spellings. What was typed is the first of them, then comes what finds most."""
        if asked.kind == "old":
            return replace(asked, spellings=_spellings(_joined([self._old(part) for part in asked.parts])))
        choices = [self._of_part(part, known) for part in asked.parts]
        found = list(_joined(choices))
        if len(choices) > 1:
            given = [
                [*ways, self._way("initial", f"{part[:1].upper()}.")]
                for part, ways in zip(asked.parts[:-1], choices[:-1], strict=True)
            ]
            turned = self.tables.kinds["reversed"]
            found += _joined([*given, choices[-1]])
            found += [
                Way(way.text, way.prior * turned.prior, way.use * turned.use) for way in _joined([choices[-1], *given])
            ]
        return replace(asked, spellings=_spellings(found))

    def _way(self, kind: str, text: str, prior: float = 1.0, among: float = 1) -> Way:
        """A way of a kind, and among how many of this kind its places are shared."""
        held = self.tables.kinds[kind]
        return Way(text, prior * held.prior, held.use / among)

    def _old(self, part: str) -> list[Way]:
        """A word in other letters."""
        return [Way(part, 1.0, 1.0), *self._in_other_letters(part)]

    def _in_other_letters(self, part: str) -> list[Way]:
        found = respelt(key_of(part), self._rules, _LEAST, _LETTERS)
        whole = sum(found.values())
        made = (self._way("letters", text, prior, whole / prior) for text, prior in found.items())
        return [way for way in made if way.worth >= _GAIN]

    def _of_part(self, part: str, known: Known) -> list[Way]:
        """The ways to write a forename or family name; several joined by a hyphen are written one by one."""
        pieces = part.split("-")
        if len(pieces) > 1 and all(map(key_of, pieces)) and key_of(part) not in self._by_key:
            return list(_joined([self._of_part(piece, known) for piece in pieces]))
        others = (
            *self._from_tables(part),
            *self._in_other_letters(part),
            *self._heard(key_of(part), known),
            *self._from_sources(part),
        )
        worthy = [way for way in others if way.worth >= _RARE or way.prior >= _MEANT]
        return _distinct([Way(part, 1.0, 1.0), *sorted(worthy, key=lambda way: -way.worth)])

    def _from_tables(self, part: str) -> Iterator[Way]:
        """The names that a part may be another form of, and all forms of these.

        Who asks for a short form means its name. Who asks for a name seldom means another one that it is a form of.
        """
        key = key_of(part)
        forms = self._by_key.get(key, ())
        is_name = any(key_of(form.name) == key for form in forms)
        names = {key: Way(part, 1.0, 1.0)}
        for form in forms:
            prior, use = self._prior(form), self.tables.kinds[form.kind].use if is_name else 1.0
            link = Way(form.name, prior, prior * use)
            if key_of(form.name) != key and prior > names.get(key_of(form.name), Way("", 0.0, 0.0)).prior:
                names[key_of(form.name)] = link
        for name, link in names.items():
            own = [form for form in self._by_key.get(name, ()) if key_of(form.name) == name]
            if link.prior < 1 and own:
                yield link
            for form in own:
                texts = list(_written(form))
                among = len(texts) * sum(each.kind == form.kind for each in own)
                use = link.use * self.tables.kinds[form.kind].use / among
                yield from (Way(text, link.prior * self._prior(form), use) for text in texts)

    def _prior(self, form: Form) -> float:
        return self.tables.kinds[form.kind].prior if form.prior is None else form.prior

    def _heard(self, word: str, known: Known) -> Iterator[Way]:
        """Names of the tables and words of the archive that sound alike."""
        if len(word) < _SHORT:
            return
        near = {*known(word), *(key for key in self._by_key if Levenshtein.distance(key, word, score_cutoff=2) <= 2)}
        others = sorted(other for other in near if other != word and len(other) >= _SHORT)
        if others:
            priors = SOUND(np.array([heard(word, other) for other in others])).tolist()
            yield from (self._way("sounds", other, prior) for other, prior in zip(others, priors, strict=True))

    def _from_sources(self, part: str) -> Iterator[Way]:
        for source in self.sources:
            try:
                found = [(str(text), min(max(float(prior), 0.0), 1.0)) for text, prior in source.spellings(part)]
            except Exception:
                logging.getLogger(__name__).exception("variants %s failed for %r", source.name, part)
            else:
                yield from (Way(text, prior, prior) for text, prior in found)

    @cached_property
    def _by_key(self) -> Mapping[str, list[Form]]:
        return _by_key(self.tables.forms)

    @cached_property
    def _rules(self) -> Sequence[Rule]:
        """The rules of all languages. Where several have one, the most probable counts."""
        best: dict[tuple[str, str], Rule] = {}
        for rule in self.tables.rules:
            before = best.get((rule.letters, rule.others))
            if before is None or before.prior < rule.prior:
                best[rule.letters, rule.others] = rule
        return tuple(best.values())


@lru_cache(8)
def _by_key(forms: tuple[Form, ...]) -> Mapping[str, list[Form]]:
    """The forms by the key of their name, and by that of each way to write them. Kept: every search has a speller."""
    found: dict[str, list[Form]] = {}
    for form in forms:
        for key in {key_of(form.name), *map(key_of, _written(form))}:
            found.setdefault(key, []).append(form)
    return found


def heard(word: str, other: str) -> list[float]:
    """Features of two words: where they sound alike, whether they begin alike, how many letters differ, how long they
    are."""
    edits = Levenshtein.distance(word, other)
    shorter = float(min(len(word), len(other)))
    return [*map(float, alike(word, other)), float(word[0] == other[0]), float(edits), shorter]


def _written(form: Form) -> Iterator[str]:
    """How a form may stand in a text. A sign inside an abbreviation may part it or not: Will:m, Willm."""
    for case in declined(form.form) if form.kind == "latin" else (form.form,):
        yield case
        if len(search_words(case)) > 1:
            yield key_of(case)


def _distinct(ways: Iterable[Way]) -> list[Way]:
    """Each way once, as its words are searched."""
    found: dict[tuple[str, ...], Way] = {}
    for way in ways:
        words = tuple(search_words(way.text))
        if words and way.prior >= _LEAST:
            found.setdefault(words, way)
    return list(found.values())


def _joined(choices: Sequence[Sequence[Way]]) -> Iterator[Way]:
    """The parts one after the other, in all ways, what finds most first."""
    each = round(4 * _MOST ** (1 / len(choices)))
    rows = product(*(sorted(ways, key=lambda way: -way.worth)[:each] for ways in choices))
    made = [
        Way(" ".join(way.text for way in row), prod(way.prior for way in row), prod(way.use for way in row))
        for row in rows
    ]
    return iter(sorted(made, key=lambda way: -way.worth)[:_MOST])


def _spellings(ways: Iterable[Way]) -> tuple[Spelling, ...]:
    kept = _distinct(sorted(ways, key=lambda way: -way.worth))[:_MOST]
    return tuple(Spelling(in_a_row([*map(Word, search_words(way.text))]), way.prior, way.text) for way in kept)
