"""What documents are, as the API takes and tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from indexer.archive.as_json import description_json
from indexer.values import Change, DescriptionField, SaidBy
from indexer.web.answers import Answer

if TYPE_CHECKING:
    from indexer.values import Description


class DescriptionItem(Answer):
    """What a document is, as people said or as it came with it: ``said_by`` says of each field which. The date is in
    EDTF. Programs send ``revision`` back as ``seen``."""

    title: str | None
    date: str | None
    places: list[str]
    people: list[str]
    shelfmark: str | None
    tags: list[str]
    note: str | None
    said_by: dict[DescriptionField, SaidBy]
    revision: int


class Describing(Answer):
    """What is said of a document. A field that is not sent stays as it is; null or an empty list takes it away.

    Nothing is kept (409) if ``seen`` is not the revision of the description any more."""

    title: str | None = Field(None, max_length=1_000)
    date: str | None = Field(None, max_length=200)
    places: list[str] | None = Field(None, max_length=500)
    people: list[str] | None = Field(None, max_length=500)
    shelfmark: str | None = Field(None, max_length=1_000)
    tags: list[str] | None = Field(None, max_length=500)
    note: str | None = Field(None, max_length=50_000)
    seen: int | None = Field(None, ge=0, le=2**53)

    @property
    def changes(self) -> list[Change]:
        """The fields that were sent."""
        sent: dict[DescriptionField, str | list[str] | None] = {
            name: getattr(self, called) for name, called in _CALLED.items() if called in self.model_fields_set
        }
        return [
            Change(name, tuple(each) if isinstance(each, list) else tuple(filter(None, [each])))
            for name, each in sent.items()
        ]


_CALLED: dict[DescriptionField, str] = {
    "title": "title",
    "date": "date",
    "place": "places",
    "person": "people",
    "shelfmark": "shelfmark",
    "tag": "tags",
    "note": "note",
}


def description_item(description: Description) -> DescriptionItem:
    """A description for the API."""
    return DescriptionItem.model_validate(description_json(description))
