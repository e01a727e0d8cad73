"""The answers of the API on verdicts whose line is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from indexer.web.answers import REVISION, Answer, Boxed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.catalog import Catalog, Orphan


class OrphanItem(Answer):
    """A verdict on a line that is gone. ``line`` is the number the line had, ``name`` the name of its file. With
    ``page_is_read`` the page is still in the index and only the line is not.

    ``suggestion`` is a line that may be the same one: a person has to look."""

    line: int
    name: str | None
    page: int
    kind: Literal["accept", "correct", "reject"]
    text: str
    box: Boxed
    said_at: str
    page_is_read: bool
    suggestion: int | None


class Attached(Answer):
    """The line that gets the verdict, with ``seen`` and ``sure`` as in a verdict."""

    line: int = Field(ge=1, le=2**53)
    seen: Annotated[int, Field(ge=0, le=2**53)] | Annotated[str, Field(pattern=REVISION)] | None = None
    sure: bool = False


def orphan_items(catalog: Catalog, orphans: Sequence[Orphan]) -> list[OrphanItem]:
    """The verdicts on lines that are gone, for the API."""
    names = catalog.names(each.path for each in orphans if each.path is not None)
    suggestions = catalog.suggestions(orphans)
    return [
        OrphanItem(
            line=each.line,
            name=None if each.path is None else names[each.path],
            page=each.page,
            kind=each.kind,
            text=each.text,
            box=each.box.xywh,
            said_at=each.said_at,
            page_is_read=each.is_read,
            suggestion=suggestions[each.line].id if each.line in suggestions else None,
        )
        for each in orphans
    ]
