"""Takes in what files and their names say of documents."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.archive.describing import checked
from indexer.archive.description_table import values_in
from indexer.archive.name_pattern import read_name
from indexer.recognition.pruning import places_under
from indexer.text.folding import no_letter
from indexer.values import DESCRIPTION_FIELDS, SEVERAL, Change
from indexer.values.errors import PluginError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from indexer.api.registry import Registry
    from indexer.archive.name_pattern import NamePattern
    from indexer.catalog import Catalog, Document
    from indexer.values import DescriptionField


_LOG = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class FilesRead:
    """How many documents are described otherwise since their files say so, and what in which file makes no sense."""

    changed: int
    refused: tuple[tuple[Path, str], ...]


def take_metadata(catalog: Catalog, registry: Registry, paths: Sequence[Path]) -> FilesRead:
    """Take in what the files under some paths say of the documents that they are, in place of what they said before.

    What a file said that cannot be read now stays.
    """
    suffixes = tuple(registry.describing_suffixes())
    places = [each for each in catalog.places() if each.name.lower().endswith(suffixes)]
    told: dict[str, dict[DescriptionField, Sequence[str]]] = {}
    refused: list[tuple[Path, str]] = []
    for path in dict.fromkeys(place for held in places_under(paths, places).values() for place in held):
        seen, said = catalog.seen(path), _described(registry, path)
        if seen is None or said is None:
            continue
        own = told.setdefault(seen.sha256, {})
        for name in DESCRIPTION_FIELDS:
            values = said.get(name, ())
            try:
                own[name] = checked(Change(name, as_many(name, values))).values
            except UsageError as error:
                refused.append((path, error.message))
    return FilesRead(len(catalog.come_with(told, "file")), tuple(refused))


def _described(registry: Registry, path: Path) -> Mapping[DescriptionField, Sequence[str]] | None:
    try:
        return registry.described(path)
    except PluginError as error:  # said where its pages are read
        _LOG.info("%s does not say what it is: %s", path, error)
    except Exception:  # noqa: BLE001 - one plugin never stops the others
        _LOG.warning("%s: its plugin failed to say what it is", path, exc_info=True)
    return None


def as_many(field: DescriptionField, values: Sequence[str]) -> tuple[str, ...]:
    """The values of a field, or the only one that it may have."""
    if field == "note" and values:
        return ("\n".join(values),)
    return tuple(values if field in SEVERAL else values[:1])


def _said(patterns: Sequence[NamePattern], document: Document) -> Mapping[DescriptionField, Sequence[str]] | None:
    """What the name of a document says; ``None`` if it fits no pattern."""
    called = document.name.split("/")  # files in a container, and what was added, are called otherwise than they lie
    found = read_name(patterns, [*document.path.parts[1 : -len(called)], *called])
    if found is None or no_letter(str(document.path)):
        return None
    changes = [checked(Change(name, tuple(values_in(name, values)))) for name, values in found.items()]
    return {each.name: each.values for each in changes}
