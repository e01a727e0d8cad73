"""Takes in what documents are from a finding aid (EAD): its components are matched to documents."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from indexer.archive.described_by_files import as_many
from indexer.archive.description_table import TableRow, by_name, changes_of
from indexer.formats.ead import components
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from indexer.catalog import Document
    from indexer.formats.ead import Component

Words = tuple[str, ...]
_LONGEST = 255
"""Most letters of a shelfmark that may stand in the name of a file."""
_WORD = re.compile(r"[^\W\d_]+|\d+")


def documents_of_units(
    content: bytes, documents: Sequence[Document]
) -> tuple[list[TableRow], dict[int, list[Document]], int]:
    """The components of a finding aid as rows, the documents of each by its number, and how many have none.

    A component has the documents that its digital objects (``dao``) name. One without such, and with no components
    inside, has those whose name contains its shelfmark, unless that of another fits better. Raises ``UsageError`` for
    what is no finding aid.
    """
    try:
        found = components(content)
    except (ValueError, SyntaxError, LookupError) as error:
        raise UsageError(
            _("the finding aid cannot be read: %(why)s", why=error), _("Give EAD as XML, or a CSV file.")
        ) from error
    of = _by_objects(found, by_name(documents))
    taken = {each.id for linked in of.values() for each in linked}
    for number, fitting in _by_shelfmarks(found, [each for each in documents if each.id not in taken]).items():
        of.setdefault(number, fitting)
    rows = [
        TableRow(
            each.number,
            each.objects[0] if each.objects else each.unit,
            *changes_of({name: as_many(name, values) for name, values in each.said.items()}),
            is_unit=True,
        )
        for each in found
        if each.objects or each.number in of
    ]
    return rows, {row.number: of.get(row.number, []) for row in rows}, len(found) - len(rows)


def _by_objects(found: Iterable[Component], named: Mapping[str, list[Document]]) -> dict[int, list[Document]]:
    """The documents that the digital objects of components name: of the longest end of an address that only one has."""
    of: dict[int, list[Document]] = {}
    for component in found:
        for address in component.objects:
            parts = [part for part in _path(address).casefold().split("/") if part]
            ends = (named.get("/".join(parts[at:]), []) for at in range(len(parts)))
            linked = next((each for each in ends if each), [])
            if len(linked) == 1:
                of.setdefault(component.number, []).extend(linked)
    return of


def _path(address: str) -> str:
    try:
        return unquote(urlsplit(address.replace("\\", "/")).path)
    except ValueError:
        return ""


def _by_shelfmarks(found: Iterable[Component], documents: Iterable[Document]) -> dict[int, list[Document]]:
    """The documents whose name contains the shelfmark of a component: the longest, if only one component has it."""
    last = [(each.number, _words(each.unit)) for each in found if each.is_last and len(each.unit) <= _LONGEST]
    often = Counter(words for _, words in last)
    numbers = {words: number for number, words in last if words and often[words] == 1}
    lengths = sorted({len(each) for each in numbers}, reverse=True)
    of: dict[int, list[Document]] = {}
    for document in documents:
        words = _words(document.name.rpartition(".")[0] or document.name)
        # A single word or number may stand anywhere by chance: it has to come first.
        parts = (
            words[at : at + length] for length in lengths for at in range(len(words) - length + 1 if length > 1 else 1)
        )
        number = next((numbers[part] for part in parts if part in numbers), None)
        if number is not None:
            of.setdefault(number, []).append(document)
    return of


def _words(text: str) -> Words:
    """The words and numbers of a text, folded; numbers without zeros before them."""
    return tuple(each.lstrip("0") or "0" if each.isdecimal() else each for each in _WORD.findall(text.casefold()))
