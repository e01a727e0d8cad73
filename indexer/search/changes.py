"""What changed in the catalogue, in portions. A derived index takes over each in one commit. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from indexer.values import Feed, IndexPage

_PAGES_A_COMMIT = 100


@dataclass(frozen=True, slots=True)
class Change:
    """Changed pages, the ids of pages that are gone, and the revision that an index has reached with them."""

    pages: tuple[IndexPage, ...]
    gone: tuple[int, ...]
    revision: int

    def outdated(self, last_page: int) -> list[int]:
        """Ids of the pages that an index has to remove before it takes this change over.

        ``last_page`` is the highest id of a page that the index ever held: pages above it are new to it.
        """
        return [page for page in (*self.gone, *(page.id for page in self.pages)) if page <= last_page]

    def last_page(self, before: int) -> int:
        """The highest id of a page that an index ever had, after this change."""
        return max((before, *(page.id for page in self.pages)))


def changes(feed: Feed, since: int) -> Iterator[Change]:
    """Everything that changed after a revision. The last change reaches the present revision."""
    target = feed.revision
    gone = tuple(feed.removed_pages(since))
    changed = feed.changed_pages(since)
    while len(batch := tuple(islice(changed, _PAGES_A_COMMIT))) == _PAGES_A_COMMIT:
        yield Change(batch, gone, batch[-1].revision)
        gone = ()
    yield Change(batch, gone, target)
