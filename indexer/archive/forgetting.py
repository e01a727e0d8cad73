"""Forgets documents and brings them back. A person's own files are never touched.

A file that was added in the browser lies in the index folder: it is set aside with what was read of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.archive.part import Part
from indexer.system.paths import matcher
from indexer.translation import _
from indexer.values.errors import MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indexer.catalog import Catalog, Document, Forgotten


class ForgettingDocuments(Part):
    """The part of an open archive that forgets documents."""

    def forget(self, documents: Sequence[Document]) -> list[Forgotten]:
        """Forget documents: they are not found any more, and their files are not read again.

        What was read and said is set aside until it is brought back or deleted for good.
        """
        found = forget(self.catalog, documents)
        self._followed([])
        return found

    def forgotten(self) -> list[Forgotten]:
        """The documents that are forgotten, the last ones first."""
        return self.catalog.forgotten()

    def bring_back(self, forgotten: Iterable[Forgotten]) -> None:
        """Bring back documents with all that was read and said of them."""
        for each in forgotten:
            self.catalog.bring_back(each, self.catalog.thresholds)
        self._followed([])

    def delete_for_good(self, before: str) -> list[Forgotten]:
        """Delete what was set aside before a time (ISO 8601, UTC) and cannot be brought back then; what it was."""
        gone = [each for each in self.catalog.forgotten() if each.deed and each.forgotten_at < before]
        self.catalog.delete_for_good(gone)
        return gone


def forget(catalog: Catalog, documents: Sequence[Document]) -> list[Forgotten]:
    """Forget documents, and those inside of their files; they are given as they are set aside."""
    deed = catalog.set_aside(with_inside(catalog, documents))
    return [each for each in catalog.forgotten() if each.deed == deed]


def forgotten_named(catalog: Catalog, pattern: str) -> list[Forgotten]:
    """The forgotten documents that a pattern means; those that were forgotten last without one.

    Raises ``MissingError`` when there are none.
    """
    every = catalog.forgotten()
    if not pattern:
        found = [each for each in every if each.deed == every[0].deed]
    else:
        matches = matcher(pattern)
        found = [each for each in every if matches(str(each.path)) or matches(str(each.path.with_name(each.name)))]
    if not found:
        raise MissingError(
            _("nothing that is forgotten matches %(pattern)s", pattern=pattern)
            if pattern
            else _("nothing is forgotten"),
            _("notes forget --list names what is."),
        )
    return found


def check_one_deed(pattern: str, *deeds: bool) -> None:
    """Raise ``UsageError`` unless one thing is asked for."""
    if sum(deeds) > 1 or not (pattern or any(deeds)):
        raise UsageError(
            _("say what is to be forgotten"), _("Give a file, a folder or a pattern; or --undo, or --list.")
        )


def with_inside(catalog: Catalog, documents: Sequence[Document]) -> list[Document]:
    """Documents, and those inside of their files: they are forgotten with them."""
    files = [file for each in documents for file in catalog.originals(each.sha256)[:1]]
    held = (catalog.document_of(inner.sha256) for file in files for inner in catalog.held(file))
    return list({each.sha256: each for each in (*documents, *held) if each is not None}.values())
