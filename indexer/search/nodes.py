"""The tree of a query: words, phrases and fields, and how AND, OR, NOT and NEAR join them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indexer.search.asked_names import Spelt
from indexer.search.fields import Dated, Described, Doc
from indexer.text.unread import ONE, SOME, expression, is_open

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Word:
    """A word, the beginning of words (``prefix``), the end (``suffix``), or a word with up to ``edits`` letters wrong.

    The text may have signs of ``indexer.text.unread``.
    """

    text: str
    prefix: bool = False
    edits: int = 0
    suffix: bool = False

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for more words than those that begin with it or are much like it."""
        return self.suffix or is_open(self.text)

    @property
    def pattern(self) -> str:
        """The regular expression of the words that it stands for, without ``edits``."""
        return expression(SOME * self.suffix + self.text + SOME * self.prefix)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words one after the other."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Two words or phrases with at most so many ``words`` between them, in either order."""

    one: Word | Phrase
    other: Word | Phrase
    words: int


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the parts. Those of a ``same`` word are ways to write it: at a place stands one of them."""

    parts: tuple[Node, ...]
    same: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """Lines without the part."""

    part: Node


Plain = Word | Phrase
Leaf = Word | Phrase | Spelt | Near | Dated | Doc | Described
Node = Word | Phrase | Spelt | Near | Dated | Doc | Described | And | Or | Not


def in_a_row(words: Sequence[Word]) -> Plain:
    """Words one after the other: a phrase, or the word itself if there is one."""
    return words[0] if len(words) == 1 else Phrase(tuple(words))


def changed(node: Node, change: Callable[[Leaf], Node]) -> Node:
    """The query with something else in place of each leaf."""
    if isinstance(node, Not):
        return Not(changed(node.part, change))
    if isinstance(node, And | Or):
        return replace(node, parts=tuple(changed(part, change) for part in node.parts))
    return change(node)


def as_typed(word: Word) -> str:
    """A word as it is typed in a query; letters in brackets are one of them."""
    text = word.text.replace(ONE, "_").replace(SOME, "*")
    return "*" * word.suffix + text + "*" * word.prefix + (f"~{word.edits}" if word.edits else "")


def nears(node: Node) -> list[Near]:
    """The pairs near each other by which a line is found."""
    if isinstance(node, Near):
        return [node]
    return [near for part in node.parts for near in nears(part)] if isinstance(node, And | Or) else []


def length(leaf: Leaf) -> int:
    """How many words it has; of a name the most that a spelling has."""
    if isinstance(leaf, Spelt):
        return max((length(each.leaf) for each in leaf.spellings), default=len(leaf.parts))
    return len(leaf.words) if isinstance(leaf, Phrase) else 1


def leaves(node: Node) -> list[Leaf]:
    """All words, phrases and fields of a query."""
    if isinstance(node, Near):
        return [node, node.one, node.other]
    if isinstance(node, Leaf):
        return [node]
    return [leaf for part in ((node.part,) if isinstance(node, Not) else node.parts) for leaf in leaves(part)]


def wanted(node: Node) -> list[Word | Phrase | Spelt | Dated]:
    """The words, phrases, names and dates that a line is found by: all but those after NOT."""
    if isinstance(node, Near):
        return [node.one, node.other]
    if isinstance(node, Plain | Spelt | Dated):
        return [node]
    if isinstance(node, Not | Doc | Described):
        return []
    return [leaf for part in node.parts for leaf in wanted(part)]
