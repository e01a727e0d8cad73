"""Takes in what the names of files say of documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.archive.describing import checked
from indexer.archive.description_table import values_in
from indexer.archive.name_pattern import read_name
from indexer.recognition.pruning import places_under
from indexer.text.folding import no_letter
from indexer.values import Change

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from indexer.archive.name_pattern import NamePattern
    from indexer.catalog import Catalog, Document
    from indexer.values import DescriptionField


@dataclass(frozen=True, slots=True)
class NamesRead:
    """How many documents have a name that fits a pattern, which have none, and how many are described otherwise now."""

    fitting: int
    other: tuple[Path, ...]
    changed: int


def take_names(catalog: Catalog, patterns: Sequence[NamePattern], paths: Sequence[Path]) -> NamesRead:
    """Take in what the names of the documents under some paths say, in place of what their names said before."""
    documents = {each.path: each for each in catalog.documents()}
    under = {place for held in places_under(paths, list(documents)).values() for place in held}
    read = {each: _said(patterns, each) for path, each in documents.items() if path in under}
    changed = catalog.come_with({each.sha256: said or {} for each, said in read.items()}, "name")
    other = tuple(each.path for each, said in read.items() if said is None)
    return NamesRead(len(read) - len(other), other, len(changed))


def _said(patterns: Sequence[NamePattern], document: Document) -> Mapping[DescriptionField, Sequence[str]] | None:
    """What the name of a document says; ``None`` if it fits no pattern."""
    called = document.name.split("/")  # files in a container, and what was added, are called otherwise than they lie
    found = read_name(patterns, [*document.path.parts[1 : -len(called)], *called])
    if found is None or no_letter(str(document.path)):
        return None
    changes = [checked(Change(name, tuple(values_in(name, values)))) for name, values in found.items()]
    return {each.name: each.values for each in changes}
