"""How well names and words are found that are spelt otherwise than the ink spells them.

    notes index --index FOLDER --sidecar-text ignore ARCHIVE ...
    python tests/benchmarks/variants.py FOLDER TEXT ARCHIVE ... [--queries N] [--language]

Queries are made by applying the tables backwards to words of the ground truth of a collection, so that no query stands
in it. A form of a name becomes the name or another of its forms, at most ``EACH`` of them; where another word with a
capital letter follows, both become a query as well. Forms that are mostly something else are none here. Another word
that running text of 1840-1920 does not have (TEXT/LANG.txt.xz) becomes the most frequent word of it that the rules for
letters give. Only words of which the rules were not fitted make queries (``fit_variants.half``). Relevant is every line
of the collection with a word that the tables take for the same name, or that becomes the query; hits on pages of other
collections are left out, since a name is written otherwise in each language.

Printed is the mean average precision of the plain word, of ``name:`` and of ``spelling:old``, and of asking for each
relevant word as the ground truth spells it and taking the best: more cannot be found in this ink. Then of hits by their
relevance the share that is right. With ``--language`` only the tables of the language of each collection are used; with
``--unknown`` no names of the tables are, and forms with at most two other letters are asked for, as if in no table.
"""

from __future__ import annotations

import argparse
import lzma
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise, zip_longest
from pathlib import Path

import numpy as np
from fit_variants import half
from judged import Unit, found_by, pages_of, precision, synced, units_of
from rapidfuzz.distance import Levenshtein

from indexer.catalog import Catalog
from indexer.evaluation.metrics import MeasuredPage, collections
from indexer.search import Finder
from indexer.search.variants import Speller
from indexer.search.variants.letters import respelt
from indexer.search.variants.tables import Rule, key_of, shipped
from indexer.text.folding import search_words

LANGUAGES = {"stanford": "en", "hooker": "en", "senat": "de", "rats": "de", "es37": "es"}
"""The languages of collections; the others are French."""
LEAST = 0.2
"""Least probability of rules that make a query of a word of the ground truth."""
MEANT, EACH = 0.5, 2
"""Least prior of a form that is taken for its name; most queries of a name and kind in a collection."""
ALIKE = 2
"""Most letters in which a name that is in no table may differ from what is asked for."""
CAPITAL = re.compile(r"(?<![A-ZÀ-Þ])[A-ZÀ-Þ](?:[\w:’'^]*?(?=[a-zß-ÿ][A-ZÀ-Þ])[a-zß-ÿ]|[\w:’'^]*)")
"""A word with a capital letter, also where a transcription has no space before or behind it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, its collection, how it was made, from which words, and the lines that have them."""

    text: str
    collection: str
    kind: str
    words: tuple[str, ...]
    relevant: frozenset[Unit]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("archives", type=Path, nargs="+")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--language", action="store_true")
    parser.add_argument("--unknown", action="store_true")
    parser.add_argument("--each", action="store_true", help="print every query")
    given = parser.parse_args()
    found: dict[str, list[float]] = defaultdict(list)
    sure: list[tuple[float, bool]] = []
    with Catalog(given.index) as catalog:
        index = synced(given.index, catalog)
        parts = collections(pages_of(given.archives, catalog))
        every = [each for name, pages in parts.items() for each in _made(name, pages, given.text)]
        if given.unknown:
            every = [each for each in every if each.kind == "a form of a name" and _are_alike(each)]
        asked, tables = _chosen(every, given.queries), replace(shipped(), forms=()) if given.unknown else shipped()
        for name, pages in parts.items():
            speller = partial(Speller.of, tables, (), LANGUAGES.get(name, "fr") if given.language else None)
            with Finder(index, catalog, speller) as finder:
                for each in (one for one in asked if one.collection == name):
                    _measure(finder, each, pages, found, sure, say=given.each)
    for way, values in sorted(found.items()):
        print(f"{way}: {np.mean(values):.3f} of {len(values)} queries")
    _print_bins(np.array(sure))


def _are_alike(asked: Asked) -> bool:
    """Whether the words differ in at most two letters from what is asked for."""
    return all(Levenshtein.distance(key_of(asked.text), word) <= ALIKE for word in asked.words)


def _print_bins(hits: np.ndarray) -> None:
    """Of hits by their relevance the share that is right."""
    for low, high in pairwise((0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1.01)):
        here = hits[(hits[:, 0] >= low) & (hits[:, 0] < high)]
        if len(here):
            said, right = here.mean(axis=0)
            print(f"name: {low:.2f}-{high:.2f}: {len(here)} hits, {said:.3f} said, {right:.3f} right")


def _made(collection: str, pages: Sequence[MeasuredPage], texts: Path) -> Iterator[Asked]:
    """All queries that words of the ground truth of a collection give."""
    language = LANGUAGES.get(collection, "fr")
    lines = [((number, at), line.text) for number, page in enumerate(pages) for at, line in enumerate(page.truth.lines)]
    there = {word for _, text in lines for word in search_words(text)}
    kinds = {
        "a form of a name": _names(lines, language),
        "two names": _full_names(lines, language),
        "other letters": _words(lines, language, texts),
    }
    for kind, made in kinds.items():
        found: dict[str, dict[str, set[Unit]]] = defaultdict(dict)
        for text, word, units in made:
            if not there.issuperset(search_words(text)):
                found[text].setdefault(word, set()).update(units)
        for text, words in sorted(found.items()):
            if kind != "other letters" or not all(map(half, words)):
                yield Asked(text, collection, kind, tuple(sorted(words)), frozenset().union(*words.values()))


@cache
def _same() -> dict[str, dict[str, tuple[str, str]]]:
    """For each way to write a name the others, by their keys: each as the tables have it, and its language.

    Forms that are mostly something else, such as ``Et`` for Étienne, count for no name.
    """
    tables = shipped()
    names: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    of: dict[str, set[str]] = defaultdict(set)
    for form in tables.forms:
        if (tables.kinds[form.kind].prior if form.prior is None else form.prior) >= MEANT:
            name = key_of(form.name)
            names[name][name] = (form.name, form.language)
            names[name].setdefault(key_of(form.form), (form.form, form.language))
            of[name].add(name)
            of[key_of(form.form)].add(name)
    return {key: {each: way for name in sorted(mine) for each, way in names[name].items()} for key, mine in of.items()}


def _names(lines: Sequence[tuple[Unit, str]], language: str) -> Iterator[tuple[str, str, set[Unit]]]:
    """The names that capitalised words are forms of, and other forms of these."""
    there: dict[str, set[Unit]] = defaultdict(set)
    for unit, text in lines:
        for word in CAPITAL.findall(text):
            there[key_of(word)].add(unit)
    for asked in _asked(set(there), language):
        for word in sorted(there.keys() & _same()[key_of(asked)].keys()):
            yield asked, word, there[word]


def _asked(there: set[str], language: str) -> list[str]:
    """Ways to write the names that stand there which do not stand there themselves, of each name some."""
    chance, found = random.Random(1), dict[str, None]()
    for word in sorted(there & _same().keys()):
        others = [text for key, (text, lang) in _same()[word].items() if key not in there and lang in (language, "la")]
        others = [text for text in sorted(set(others)) if len(key_of(text)) > 1]
        found |= dict.fromkeys(chance.sample(others, min(EACH, len(others))))
    return list(found)


def _full_names(lines: Sequence[tuple[Unit, str]], language: str) -> Iterator[tuple[str, str, set[Unit]]]:
    """Names of two words, of which the first becomes another form of its name."""
    there: dict[tuple[str, str], set[Unit]] = defaultdict(set)
    for unit, text in lines:
        for one, other in re.findall(r"\b([A-ZÀ-Þ][\w:’']*)\.? (?=([A-ZÀ-Þ][\w’']+))", text):
            if key_of(one) in _same() and len(key_of(other)) > 3 and key_of(other) not in _same():
                there[key_of(one), other].add(unit)
    for family in sorted({other for _, other in there}):
        given = {one for one, other in there if other == family}
        for asked in _asked(given, language):
            for one in sorted(given & _same()[key_of(asked)].keys()):
                yield f"{asked} {family}", f"{one} {family}", there[one, family]


def _words(lines: Sequence[tuple[Unit, str]], language: str, texts: Path) -> Iterator[tuple[str, str, set[Unit]]]:
    """The words of running text that other words are, in other letters."""
    counts = _counted(texts / f"{language}.txt.xz")
    back = [
        Rule(rule.others, rule.letters, rule.prior, language)
        for rule in shipped().rules
        if rule.language == language and rule.others
    ]
    there: dict[str, set[Unit]] = defaultdict(set)
    for unit, text in lines:
        for word in search_words(text):
            there[word].add(unit)
    for word, units in there.items():
        if counts[word] < 2 and len(word) >= 4 and word.isalpha():
            found = {other: prior for other, prior in respelt(word, back, LEAST, 60).items() if counts[other] >= 3}
            if found:
                yield max(found, key=lambda other: counts[other] * found[other] ** 2), word, units


@cache
def _counted(file: Path) -> Counter[str]:
    with lzma.open(file, "rt", encoding="utf-8") as opened:
        return Counter(word for line in opened for word in search_words(line))


def _chosen(asked: Sequence[Asked], most: int) -> list[Asked]:
    """So many queries: of each kind, and there of each collection, about as many where there are so many."""
    kinds = sorted(([each for each in asked if each.kind == kind] for kind in {each.kind for each in asked}), key=len)
    chosen: list[Asked] = []
    for left, every in zip(range(len(kinds), 0, -1), kinds, strict=True):
        print(f"{len(every)} could be asked for of {every[0].kind}")
        chosen += _of_all_collections(every, (most - len(chosen)) // left)
    return chosen


def _of_all_collections(asked: Sequence[Asked], most: int) -> list[Asked]:
    """So many queries, one of each collection in turn."""
    chance, found = random.Random(1), defaultdict[str, list[Asked]](list)
    for each in chance.sample(asked, len(asked)):
        found[each.collection].append(each)
    return [each for turn in zip_longest(*found.values()) for each in turn if each is not None][:most]


def _measure(
    finder: Finder,
    asked: Asked,
    pages: Sequence[MeasuredPage],
    found: dict[str, list[float]],
    sure: list[tuple[float, bool]],
    *,
    say: bool,
) -> None:
    begun, units = time.perf_counter(), units_of(pages)
    plain, named = (found_by(finder, f'{way}"{asked.text}"', units) for way in ("", "name:"))
    spelt = [found_by(finder, f'"{word}"', units) for word in asked.words]
    best = {unit: max(each.get(unit, 0.0) for each in spelt) for unit in set().union(*spelt)}
    ways = {"the word": plain, "name:": named, "as the ink spells it": best}
    if asked.kind == "other letters":
        ways["spelling:old"] = found_by(finder, f"spelling:old {asked.text}", units)
    for way, hits in ways.items():
        value = precision(hits, asked.relevant)
        found[way].append(value)
        found[f"{way}, {asked.kind}"].append(value)
        if say:
            took = time.perf_counter() - begun
            print(f"  {asked.text} ({asked.collection}) {way} {value:.2f} of {len(asked.relevant)}, {took:.1f} s")
    sure += [(score, unit in asked.relevant) for unit, score in named.items()]


if __name__ == "__main__":
    main()
