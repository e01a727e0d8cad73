"""Fits the prior probabilities of ``name:`` and ``spelling:old`` on pairs of spellings, and writes them to the tables.

    python tests/benchmarks/fit_variants.py LINES TEXT [--only letters|kinds|sounds]

LINES is a folder of transcribed lines (``*.jsonl`` with ``text``, ``collection``, ``language``), TEXT one of running
text of 1840-1920 (``LANG.txt.xz``).

*letters*: pairs are an old word of the transcriptions that the running text does not have, and the words that it may
be: at most two letters apart, weighed by how often they stand in the running text, also between the neighbours of the
old word, and by how often the same letters change in other pairs (expectation maximisation). The probability of a rule
is the share of the words it makes that stand in the transcriptions and mean the word they were made of. Only words of
``half(word)`` are taken; ``variants.py`` tests on the others.

*kinds*: pairs are a name and a form of the tables. A form counts as a name where the running text has it with a capital
letter within a sentence; it is shared among the names that it stands for by how often these stand there.

*sounds*: pairs are family names and forenames that the tables give as forms of one another, of ``half``, against other
words of the running text that are written with a capital letter and are as much like them.
"""

from __future__ import annotations

import argparse
import json
import lzma
import math
import random
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from indexer.posteriors.calibration import fit
from indexer.search.variants.letters import respelt
from indexer.search.variants.speller import heard
from indexer.search.variants.tables import ANY, SHIPPED, Form, Rule, key_of, read_tables
from indexer.text.folding import search_words

OLD = {
    "fr": ("cremma17", "cremma18", "fondue18", "htromance", "bronod", "chavigny", "pdlc"),
    "de": ("leopold", "luzern18"),
    "es": ("es161",),
    "it": ("it1729", "fabroni"),
}
"""Collections of transcriptions in old spelling, by language."""
Words = Sequence[str]
Change = tuple[str, str]
"""Letters, and others for them."""
ROUNDS, SUPPORT, LEAST, RULES = 4, 4.0, 0.1, 60
"""Rounds of expectation maximisation; least expected pairs, least probability and most rules of a language."""
FEW = 3
"""Letters up to which a form may be a word of any language."""
SEEN, LEAST_USE = 3, 0.01
"""How often a form stands in the running text from which on it has a prior of its own; least use of a kind."""
OWN = -4.0
"""Nats for a word that is none of those, such as a name."""
MOST = 0.95
"""Most prior of anything. What was seen a few times only may be something else."""
LETTER = 3.0
"""Nats that each changed letter costs beside."""
INFLECTION = 0.3
"""Least share among all words that a rule makes, those of the running text too. Below it the rule is one of grammar."""


def half(word: str) -> bool:
    """Whether a word is one that tables are fitted on; the other half is kept to test."""
    return zlib.crc32(word.encode()) % 2 == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("--only", choices=("letters", "kinds", "sounds"))
    given = parser.parse_args()
    languages = ("en", "fr", "de", "es", "it", "la", "nl", "no", "pl", "sv", "da")
    texts = {lang: _running(given.text / f"{lang}.txt.xz") for lang in languages}
    if given.only in (None, "letters"):
        _fit_letters(given.lines, texts)
    if given.only in (None, "kinds"):
        _fit_kinds(given.lines, texts)
    if given.only in (None, "sounds"):
        _fit_sounds(texts)


def _running(file: Path) -> list[str]:
    with lzma.open(file, "rt", encoding="utf-8") as opened:
        return opened.read().splitlines()


# Letters.


def _fit_letters(lines: Path, texts: Mapping[str, Sequence[str]]) -> None:
    pooled: dict[Change, list[tuple[float, float]]] = defaultdict(list)
    for lang, collections in OLD.items():
        old = [search_words(text) for text in _transcribed(lines, lang, collections)]
        modern = [search_words(text) for text in texts[lang]]
        found = _rules(old, modern)
        print(f"{lang}: {sum(map(len, old))} words, {len(found)} rules")
        for rule, (right, made) in found.items():
            pooled[rule].append((right, made))
        _write_rules(lang, {rule: right / made for rule, (right, made) in found.items()}, ", ".join(collections))
    shared = {rule: pairs for rule, pairs in pooled.items() if len(pairs) > 1}
    _write_rules(
        ANY,
        {rule: sum(right for right, _ in pairs) / sum(made for _, made in pairs) for rule, pairs in shared.items()},
        ", ".join(name for names in OLD.values() for name in names),
    )


def _transcribed(folder: Path, lang: str, collections: Sequence[str]) -> Iterator[str]:
    for file in sorted(folder.glob("*.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if row["collection"] in collections and not row.get("dev") and row.get("language", lang) == lang:
                yield row["text"]


def _rules(old: Sequence[Words], modern: Sequence[Words]) -> dict[Change, tuple[float, float]]:
    """Rules, each with how many words that it makes stand there for what they are made of, and how many in all."""
    counts = Counter(word for line in modern for word in line)
    known = sorted(word for word, count in counts.items() if count >= 3 and len(word) > 2 and word.isalpha())
    pairs = _neighbours(modern)
    places: dict[str, list[Change]] = defaultdict(list)
    for line in old:
        for before, word, after in zip(["", *line], line, [*line[1:], ""], strict=False):
            if counts[word] < 2 and len(word) > 2 and word.isalpha() and half(word):
                places[word].append((before, after))
    candidates = {word: near for word, near in zip(places, _near(list(places), known), strict=True) if near}
    change: Counter[Change] = Counter()
    posterior: dict[str, dict[str, float]] = {}
    for _ in range(ROUNDS):
        total = sum(change.values()) + 1e3
        weighed: Counter[Change] = Counter()
        for word, near in candidates.items():
            scores = {}
            for each in near:
                context = sum(
                    math.log1p(pairs[before, each]) + math.log1p(pairs[each, after]) for before, after in places[word]
                )
                edits = sum(math.log((change[rule] + 1) / total) for rule in changes(each, word))
                edits -= LETTER * Levenshtein.distance(each, word)
                scores[each] = math.log(counts[each]) + context / len(places[word]) + edits
            scores[""] = OWN
            most = max(scores.values())
            shares = {each: math.exp(score - most) for each, score in scores.items()}
            whole = sum(shares.values())
            posterior[word] = {each: share / whole for each, share in shares.items()}
            for each, share in posterior[word].items():
                if each:
                    for rule in changes(each, word):
                        weighed[rule] += share
        change = weighed
    return _precise(change, posterior, Counter(word for line in old for word in line), counts, known)


def _precise(
    change: Mapping[Change, float],
    posterior: Mapping[str, Mapping[str, float]],
    there: Mapping[str, int],
    counts: Mapping[str, int],
    known: Sequence[str],
) -> dict[Change, tuple[float, float]]:
    """For each rule and its reverse, the words it makes that stand in the transcriptions, and how many mean it."""
    common = sorted(known, key=lambda word: -counts[word])[:20_000]
    meant: dict[str, str] = {word: max(found, key=found.__getitem__) for word, found in posterior.items()}
    found: dict[Change, tuple[float, float]] = {}
    best = sorted(change, key=lambda rule: -change[rule])[: 4 * RULES]
    for rule in (each for each in best if change[each] >= SUPPORT and all(side.strip("^$") for side in each)):
        for letters, others, asked in (
            (*rule, common),
            (*rule[::-1], [word for word in meant if meant[word]]),
        ):
            one = Rule(letters, others, 1.0, "")
            right = made = anywhere = 0.0
            for word, other in ((each, made_of) for each in asked for made_of in _once(each, one)):
                is_modern = counts.get(other, 0) >= 2
                anywhere += is_modern or other in posterior
                if there.get(other) and (is_modern or other in posterior):
                    made += 1
                    right += posterior.get(other, {}).get(word, 0.0) + posterior.get(word, {}).get(other, 0.0)
            if made >= SUPPORT and right / made >= LEAST and right / anywhere >= INFLECTION:
                found[letters, others] = (right, made)
    return dict(sorted(found.items(), key=lambda each: -each[1][0])[:RULES])


def _once(word: str, rule: Rule) -> list[str]:
    return [other for other in respelt(word, [rule], 0.5, 8) if Levenshtein.distance(word, other) <= 2]


def _neighbours(lines: Sequence[Words]) -> Counter[Change]:
    return Counter(pair for line in lines for pair in pairwise(line))


def _near(words: Sequence[str], known: Sequence[str]) -> Iterator[list[str]]:
    """For each word the known ones that differ in one letter, or two of a longer word."""
    for first in range(0, len(words), 500):
        part = words[first : first + 500]
        distances = process.cdist(part, known, scorer=Levenshtein.distance, score_cutoff=2, workers=1, dtype=np.uint8)
        for word, row in zip(part, distances, strict=True):
            yield [known[at] for at in np.flatnonzero(row <= (1 if len(word) < 5 else 2))]


def changes(word: str, other: str) -> list[Change]:
    """The letters of a word that are others in another, each change with what it is told by: a neighbour of what came
    or went, the beginning or the end of the word."""
    one, two = f"^{word}$", f"^{other}$"
    found = []
    for each in Levenshtein.opcodes(one, two):
        if each.tag == "equal":
            continue
        a, b, c, d = each.src_start, each.src_end, each.dest_start, each.dest_end
        if each.tag == "delete" or each.tag == "insert":
            a, c = a - 1, c - 1
        if two[d : d + 1] == "$" and one[b : b + 1] == "$":
            b, d = b + 1, d + 1
        if a == 1 and c == 1 and each.tag == "replace":
            a, c = a - 1, c - 1
        found.append((one[a:b], two[c:d]))
    return found


def _write_rules(lang: str, rules: Mapping[Change, float], of: str, by: str = "fit_variants.py") -> None:
    rows = sorted(rules.items(), key=lambda rule: (-round(rule[1], 2), rule[0]))
    text = [
        "# Letters and what old hands write for them, with the probability that this is meant where it stands.",
        f"# Written by tests/benchmarks/{by}, from: {of}.",
        *(f"{letters} > {others} {min(prior, MOST):.2f}" for (letters, others), prior in rows),
    ]
    folder = SHIPPED / lang
    folder.mkdir(exist_ok=True)
    (folder / "letters.txt").write_text("\n".join(text) + "\n", encoding="utf-8")


# Kinds of forms.


def _fit_kinds(lines: Path, texts: Mapping[str, Sequence[str]]) -> None:
    """Writes how probably a name is meant where a form of each kind stands, and how often it is written so."""
    tables = read_tables(SHIPPED)
    unseen: dict[str, list[float]] = defaultdict(list)
    uses: Counter[str] = Counter()
    own: dict[str, list[tuple[Form, float, int]]] = defaultdict(list)
    languages = {key_of(form.name): form.language for form in tables.forms if form.kind != "latin"}
    counted = {lang: _capitals(running) for lang, running in texts.items()}
    anywhere = [sum((each[at] for each in counted.values()), Counter[str]()) for at in (0, 1)]
    for lang in texts:
        capital, small = counted[lang]
        written = Counter(word for text in _all_transcribed(lines, lang) for word in search_words(text))
        mine = [form for form in tables.forms if form.language == lang]
        named: dict[str, set[str]] = defaultdict(set)
        for form in mine:
            of_whom = form.name if lang != "la" else f"{languages.get(key_of(form.name))} {form.name}"
            named[key_of(form.form)].add(of_whom)
        for form in mine:
            key, name = key_of(form.form), key_of(form.name)
            share = (capital[name] + 1) / sum(capital[key_of(each)] + 1 for each in named[key])
            if lang == "la":  # an archive is mostly of one language
                here = {each for each in named[key] if each.startswith(f"{languages.get(name)} ")}
                share = 1 / max(1, len(here))
            uses[form.kind] += written[key] * share * (capital[key] + 1) / (capital[key] + small[key] + 1)
            named_so, other = anywhere if len(key) <= FEW else (capital, small)
            there = named_so[key] + other[key]
            if there < SEEN:
                unseen[form.kind].append(share)
            else:
                own[lang].append((form, named_so[key] / there * share, there))
        uses["typed"] += sum(written[name] for name in {key_of(form.name) for form in mine})
    kinds = {kind: sum(shares) / len(shares) for kind, shares in unseen.items()}
    every = sum(uses.values())
    for kind, shares in unseen.items():
        print(
            f"{kind}: {len(shares)} forms that are no other word, prior {kinds[kind]:.2f}, use {uses[kind] / every:.3f}"
        )
    for lang in texts:
        _write_priors(lang, own[lang], kinds)
    rows = {kind: (prior, max(uses[kind] / every, LEAST_USE)) for kind, prior in kinds.items()}
    rows |= _in_full_names(lines, texts, tables.forms)
    own_prior = {"letters": rows["form"][1], "sounds": rows["pet"][1]}
    text = [
        "# Ways to write a name: the probability that it is meant where one of them stands, and the share of its",
        "# places that are written so. A form with a prior of its own, behind it in a table, needs the second only.",
        "# Written by tests/benchmarks/fit_variants.py",
        *(f"{kind} {min(prior, MOST):.2f} {use:.3f}" for kind, (prior, use) in rows.items()),
        *(f"{kind} 1 {use:.3f}" for kind, use in own_prior.items()),
    ]
    (SHIPPED / ANY / "kinds.txt").write_text("\n".join(text) + "\n", encoding="utf-8")


def _in_full_names(
    lines: Path, texts: Mapping[str, Sequence[str]], forms: Sequence[Form]
) -> dict[str, tuple[float, float]]:
    """The same for initials, and for a family name that stands before the forename."""
    known = {key_of(form.name) for form in forms if form.language != "la"}
    named, initials, turned, whole = Counter[str](), 0, 0, 0
    for lang in texts:
        capital, small = _capitals(texts[lang])
        for text in _all_transcribed(lines, lang):
            for one, sign, other in re.findall(r"\b([A-Z]\w*)(\.?),? (?=([A-Z]\w+))", text):
                if len(one) == 1 and sign and len(other) > 2:
                    initials += 1
                elif key_of(one) in known and not sign:
                    named[key_of(one)] += 1
                    whole += 1
                elif (
                    key_of(other) in known and not sign and len(one) > 2 and small[key_of(one)] <= capital[key_of(one)]
                ):
                    turned += 1
    by_initial = Counter[str]()
    for name, count in named.items():
        by_initial[name[0]] += count
    meant = sum(count * count / by_initial[name[0]] for name, count in named.items()) / max(1, whole)
    first = sum(named[name] for name in known) / max(1, turned + whole)
    print(f"initials: {initials}, names: {whole}, turned: {turned}")
    return {
        "initial": (meant, initials / (initials + whole + turned)),
        "reversed": (first, turned / (initials + whole + turned)),
    }


def _all_transcribed(folder: Path, lang: str) -> Iterator[str]:
    """All transcribed lines of a language. Older files name none: their collections are French, two are English."""
    for file in sorted(folder.glob("*.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            usual = "en" if row["collection"] in ("stanford", "hooker") else "fr"
            if not row.get("dev") and row.get("language", usual) == lang:
                yield row["text"]


def _capitals(lines: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
    """How often each word stands within a sentence with a capital letter, and how often with a small one."""
    capital: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for line in lines:
        for found in re.finditer(r"(?<=[\w,;] )(\w+)", line):
            word = found.group()
            (capital if word[0].isupper() else small)[key_of(word)] += 1
    return capital, small


def _write_priors(lang: str, rows: Sequence[tuple[Form, float, int]], kinds: Mapping[str, float]) -> None:
    """Write a prior behind each form of a table that is far from that of its kind."""
    file = SHIPPED / lang / "names.txt"
    own = {}
    for form, right, there in rows:
        prior = (right * there + kinds[form.kind] * SEEN) / (there + SEEN)
        if abs(prior - kinds[form.kind]) >= 0.05:
            own[form.kind, form.name, form.form] = max(0.02, round(prior, 2))
    kind, made = "", []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        name, sign, forms = line.partition(" = ")
        if sign and kind != "latin" and not line.startswith("#"):
            plain = [re.sub(r"\s+[01]?\.\d+$", "", form) for form in forms.split(", ")]
            line = f"{name} = " + ", ".join(
                f"{form} {own[kind, name, form]:.2f}" if (kind, name, form) in own else form for form in plain
            )
        made.append(line)
    file.write_text("\n".join(made) + "\n", encoding="utf-8")


# Sounds.


def _fit_sounds(texts: Mapping[str, Sequence[str]]) -> None:
    chance = random.Random(1)
    tables = read_tables(SHIPPED)
    pairs = {
        (key_of(form.name), key_of(form.form))
        for form in tables.forms
        if form.kind == "form" and Levenshtein.distance(key_of(form.name), key_of(form.form)) <= 2
    }
    named: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        named[one].add(other)
        named[other].add(one)
    words = {
        word
        for lang, lines in texts.items()
        for word, count in _capitals(lines)[0].items()
        if count >= 3 and word.isalpha() and len(word) > 2
    }
    rows, right, test, weights = [], [], [], []
    for one, other in sorted(pairs):
        if min(len(one), len(other)) < 3:
            continue
        near = [word for word in words if Levenshtein.distance(one, word, score_cutoff=2) <= 2]
        others = [word for word in near if word != one and word not in named[one]]
        for word, truth in [(other, 1.0), *((word, 0.0) for word in chance.sample(others, min(len(others), 12)))]:
            rows.append(heard(one, word))
            weights.append(1.0 if truth else max(1.0, len(others) / 12))
            right.append(truth)
            test.append(not half(min(one, other)))
    features, truth, apart, counts = (np.array(each) for each in (rows, right, test, weights))
    model = fit(features[~apart], truth[~apart], counts[~apart])
    sure = model(features[apart])
    print(f"{int(truth.sum())} pairs against {int((1 - truth).sum())}; {model}")
    for low, high in ((0, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 1)):
        here = (sure >= low) & (sure < high)
        if here.any():
            share = np.average(truth[apart][here], weights=counts[apart][here])
            print(f"  apart, {low:.2f}-{high:.2f}: {int(here.sum())}, {share:.3f} right")


if __name__ == "__main__":
    main()
