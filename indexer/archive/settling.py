"""Keeps verdicts, unless the line has changed meanwhile or its posteriorgram speaks against a correction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.catalog import revision_of, typed
from indexer.text.folding import clean
from indexer.translation import _
from indexer.values.errors import DoubtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.catalog import Catalog, Orphan, Said
    from indexer.values import StoredLine


def seen_as(catalog: Catalog, line: StoredLine, text: str | None = None) -> str:
    """The revision of a line that a person saw: the present one, or the one with the ``text`` that they saw."""
    if text is None:
        return catalog.revision_on(line)
    return revision_of(clean(text), catalog.verdict_on(line.id))


def settle(catalog: Catalog, said: Sequence[Said], *, sure: bool = False) -> list[StoredLine]:
    """Keep verdicts, as ``Catalog.say_all`` does; gives the lines as they are then.

    Raises ``DoubtError``, and keeps nothing, when the posteriorgram speaks against a correction that is not ``sure``.
    """
    for each in said if not sure else ():
        if each.kind == "correct":
            _ask(catalog, each.line, typed(each.text or ""))
    return catalog.say_all(said)


def attach(catalog: Catalog, orphan: Orphan, line: int, seen: str | None = None, *, sure: bool = False) -> StoredLine:
    """Put the verdict of a line that is gone on another line, as ``Catalog.attach`` does; asks as ``settle`` does."""
    if orphan.kind != "reject" and not sure:
        _ask(catalog, line, orphan.text)
    return catalog.attach(orphan.line, line, seen)


def _ask(catalog: Catalog, line: int, text: str) -> None:
    """Raise ``DoubtError`` when the posteriorgram of a line speaks against a text."""
    from indexer.posteriors.evidence import contradicts

    posteriorgram = catalog.posteriorgram(line)
    if posteriorgram is not None and contradicts(posteriorgram, text):
        raise DoubtError(
            _("the ink of line %(line)s does not look like %(text)s", line=line, text=repr(text)),
            _("Nothing was changed."),
        )
