"""Keeps the search index up to date before a search and after a verdict, and puts results in words."""

from __future__ import annotations

import atexit
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.translation import _
from indexer.values.errors import IndexBusyError, IndexFolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indexer.api.registry import Registry
    from indexer.archive.opening import Voice
    from indexer.catalog import Catalog
    from indexer.search import Finder, SearchIndex
    from indexer.search.variants import Speller
    from indexer.system.settings import Settings
    from indexer.values import SearchOptions, SearchResult

PATIENCE = 3.0
"""Seconds to wait for a search index that another process keeps locked."""
_MOMENT = 10.0
"""Seconds before a search in which a search index that is behind is brought forward."""
_PORTION = 500
"""Hits that are looked up at once where all are asked for."""
_TIDIED = 5_000
"""Lines of the search index that are joined when an archive is closed: about a second of work, and seldom any."""


def bring_up(search: SearchIndex, catalog: Catalog, patience: float, moment: float) -> bool:
    """Bring the search index up to the catalogue in ``moment`` seconds; gives whether it is whole then.

    Raises ``IndexFolderError`` when it is locked for longer than ``patience`` seconds, or cannot be written.
    """
    if search.agrees(catalog):
        return True
    search.sync(catalog, patience, time.monotonic() + moment / 2)
    search.spotting.sync(catalog, patience, time.monotonic() + moment / 2)  # also when not all words are there yet
    return search.agrees(catalog)


def up_to_date(search: SearchIndex, catalog: Catalog, voice: Voice) -> tuple[SearchIndex, bool]:
    """The search index, brought up to the catalogue for a moment, and whether it is whole. If it is not, that is said.

    Where there is none, and none can be written, one is made for this process alone.
    """
    try:
        whole = bring_up(search, catalog, PATIENCE, _MOMENT)
    except IndexFolderError as error:
        if not isinstance(error, IndexBusyError) and not search.is_of(catalog):
            voice.say(f"making what is searched for this once, in {tempfile.gettempdir()}: {error.message}")
            return _made_for_once(catalog, error), True
        voice.say(f"searching what was indexed last: {error.message}")
        return search, False
    if not whole:
        voice.say("the search index is far behind: searching what it has so far; each search brings it further")
    return search, whole


def _made_for_once(catalog: Catalog, hindered: IndexFolderError) -> SearchIndex:
    """A search index in a temporary folder, which is deleted when this process ends."""
    from indexer.search import SearchIndex

    try:
        place = tempfile.TemporaryDirectory(prefix="notes-")
        atexit.register(place.cleanup)
        made = SearchIndex(Path(place.name) / "search")
        made.sync(catalog)
    except (OSError, IndexFolderError):
        raise hindered from None
    return made


def limited(options: SearchOptions, seconds: float) -> SearchOptions:
    """The options with a limit of time, if they have none."""
    return options if options.seconds is not None else replace(options, seconds=seconds)


def speller(settings: Settings, registry: Callable[[], Registry]) -> Speller:
    """What gives names their spellings: the tables that come with the program, those of the user, and plugins.

    Raises ``UsageError`` for a table of the user that makes no sense.
    """
    from indexer.search.variants import Speller
    from indexer.search.variants.tables import with_own

    return Speller.of(with_own(settings.names_folder), registry().variants.values(), settings.language)


def found(
    finder: Finder, query: str, options: SearchOptions, lines_in: Callable[[str, frozenset[int]], frozenset[int]]
) -> SearchResult:
    """What a query finds. ``lines_in`` gives the lines in a column of tables, by its name and the pages to look at."""
    from indexer.search import find_in_column

    return find_in_column(finder, query, options, lines_in)


def portions(
    search: Callable[[str, SearchOptions], SearchResult], query: str, options: SearchOptions
) -> Iterator[SearchResult]:
    """The hits of a query, some hundred at a time."""
    end = None if options.limit is None else options.offset + options.limit
    first = options.offset
    while True:
        last = first + _PORTION if end is None else min(first + _PORTION, end)
        result = search(query, replace(options, offset=first, limit=last - first))
        yield result
        first = last
        if first >= result.total or first == end:
            return


def make_searchable(folder: Path, voice: Voice) -> None:
    """Make the search index of a folder that was restored. The folder may be moved to a read-only place next."""
    from indexer.catalog import Catalog
    from indexer.search import SearchIndex

    with Catalog(folder) as catalog:
        try:
            SearchIndex(folder / "search").sync(catalog)
        except IndexFolderError as error:
            voice.warn(
                _("the index is restored, and the next search makes what it searches: %(why)s", why=error.message)
            )


def follow(search: SearchIndex, catalog: Catalog, voice: Voice) -> None:
    """Bring the search index up to the latest verdicts."""
    try:
        search.sync(catalog, PATIENCE)
    except IndexBusyError as error:
        voice.say(_("%(why)s; what you said is kept, and found when the next command has time", why=error.message))


def tidy(search: SearchIndex) -> None:
    """Join some small segments of the search index, if that can be done now."""
    with suppress(IndexFolderError):  # it can wait
        search.tidy(_TIDIED)


def in_words(result: SearchResult, options: SearchOptions, catalog: Catalog, shown: str = "", further: str = "") -> str:
    """How much was found and about how much was missed, or why there was nothing to search (``search.summary``)."""
    from indexer.search.summary import no_file, summary, unsearched

    found = unsearched(result, options, catalog) or summary(result, shown, further, catalog.counts().unread)
    return "; ".join([found, *(no_file(each, catalog) for each in result.no_files)])
