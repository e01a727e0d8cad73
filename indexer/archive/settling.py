"""What a person says of a line is kept, unless the line is another by now or its ink speaks against what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.catalog import revision_of, typed
from indexer.text.folding import clean
from indexer.values.errors import DoubtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.catalog import Catalog, Orphan, Said
    from indexer.values import StoredLine


def seen_as(catalog: Catalog, line: StoredLine, text: str | None = None) -> str:
    """The revision of a line as a person saw it: as it is now, or with the ``text`` that they saw."""
    if text is None:
        return catalog.revision_on(line)
    return revision_of(clean(text), catalog.verdict_on(line.id))


def settle(catalog: Catalog, said: Sequence[Said], *, sure: bool = False) -> list[StoredLine]:
    """Keep what a person says of lines, as ``Catalog.say_all`` does; returns the lines as they are then.

    Raises ``DoubtError``, and keeps nothing, when the ink speaks against a correction of which they are not ``sure``.
    """
    for each in said if not sure else ():
        if each.kind == "correct":
            _ask(catalog, each.line, typed(each.text or ""))
    return catalog.say_all(said)


def attach(catalog: Catalog, orphan: Orphan, line: int, seen: str | None = None, *, sure: bool = False) -> StoredLine:
    """Say of a line what was said of one that is not there any more, as ``Catalog.attach`` does; asks as ``settle``."""
    if orphan.kind != "reject" and not sure:
        _ask(catalog, line, orphan.text)
    return catalog.attach(orphan.line, line, seen)


def _ask(catalog: Catalog, line: int, text: str) -> None:
    """Raise ``DoubtError`` when the ink of a line speaks against a text."""
    from indexer.posteriors.evidence import contradicts

    posteriorgram = catalog.posteriorgram(line)
    if posteriorgram is not None and contradicts(posteriorgram, text):
        raise DoubtError(f"the ink of line {line} does not look like {text!r}", "Nothing was changed.")
