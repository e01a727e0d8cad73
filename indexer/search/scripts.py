"""Scripts of a query in which nothing of an archive was read: its recognition models do not know them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from indexer.search.asked_names import Spelt
from indexer.search.nodes import Phrase, Word, wanted
from indexer.text.unread import is_open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.search.nodes import Leaf, Node


def unread_scripts(node: Node, symbols: str) -> tuple[str, ...]:
    """The scripts of words that are asked for of which no letter is among the symbols; none if these have no letter."""
    known = {_script(letter) for letter in symbols} - {""}
    leaves = wanted(node) if known else []
    asked = {_script(letter) for leaf in leaves for text in _texts(leaf) for letter in text}
    return tuple(sorted(asked - known - {""}))


def _texts(leaf: Leaf) -> Sequence[str]:
    if isinstance(leaf, Spelt):
        return leaf.parts if leaf.kind != "like" else ()
    words = leaf.words if isinstance(leaf, Phrase) else (leaf,)
    return [word.text for word in words if isinstance(word, Word)]


def _script(letter: str) -> str:
    """The script of a letter, as Unicode names it; nothing for a sign, a digit or an unread letter."""
    if is_open(letter) or not letter.isalpha():
        return ""
    name = unicodedata.name(letter, "").split(" ")[0].capitalize()
    return "Chinese" if name == "Cjk" else name
