"""What is looked for in the posteriorgrams, for a word or phrase of a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.posteriors.letters_wrong import LEAST
from indexer.search.nodes import Phrase
from indexer.search.spotting import Term
from indexer.text.folding import as_written, is_unspaced
from indexer.text.unread import SOME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.search.nodes import Plain, Word


def term_of(leaf: Plain) -> Term:
    """The term of a word or phrase: the last word may go on where it is a beginning, the first where it is an end.

    Of a phrase and of short words the letters are looked for as they are asked for.
    """
    words = leaf.words if isinstance(leaf, Phrase) else (leaf,)
    texts = [word.text for word in words]
    for at, word in enumerate(words):
        if word.suffix and at > 0 and not is_unspaced(word.text[0]):
            texts[at] = SOME + texts[at]
        if word.prefix and at < len(words) - 1 and not is_unspaced(word.text[-1]):
            texts[at] += SOME
    return Term(as_written(texts), words[-1].prefix, words[0].suffix, _may_be_wrong(words))


def _may_be_wrong(words: Sequence[Word]) -> int:
    """How many letters may be wrong in the ink: fewer of a short word, which almost everything is like."""
    if len(words) > 1 or words[0].is_pattern:
        return 0
    return sum(1 <= wrong <= words[0].edits and len(words[0].text) >= least for wrong, least in enumerate(LEAST))
