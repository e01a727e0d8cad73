"""What a document is: its title, its date, and whatever else people say of it as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

DescriptionField = Literal["title", "date", "place", "person", "shelfmark", "tag", "note"]
DESCRIPTION_FIELDS: tuple[DescriptionField, ...] = ("title", "date", "place", "person", "shelfmark", "tag", "note")
SEVERAL: frozenset[DescriptionField] = frozenset(("place", "person", "tag"))
"""The fields that may have several values."""
SaidBy = Literal["person", "table", "file", "name"]
"""Where a description is from: a person, a table that a person took in, what lay in or beside the file, its name."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a document is: the ``values`` of each field that has some, and where each field is from.

    ``revision`` differs after every change; 0 is that of a document of which nothing was ever said.
    """

    values: Mapping[DescriptionField, tuple[str, ...]] = field(default_factory=dict)
    said_by: Mapping[DescriptionField, SaidBy] = field(default_factory=dict)
    revision: int = 0

    def of(self, name: DescriptionField) -> tuple[str, ...]:
        """The values of a field, of which there may be none."""
        return self.values.get(name, ())

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def title(self) -> str:
        """What it is called; empty if nobody said so."""
        return "".join(self.of("title"))

    @property
    def date(self) -> str:
        """When it was made, in EDTF (``indexer.text.edtf``); empty if that is not known."""
        return "".join(self.of("date"))

    @property
    def places(self) -> tuple[str, ...]:
        """Where it was made, or what places it is about."""
        return self.of("place")

    @property
    def people(self) -> tuple[str, ...]:
        """Who wrote it, got it, or is in it."""
        return self.of("person")

    @property
    def shelfmark(self) -> str:
        """Its shelfmark: signature, reference code, call number."""
        return "".join(self.of("shelfmark"))

    @property
    def tags(self) -> tuple[str, ...]:
        """Words by which it is sorted."""
        return self.of("tag")

    @property
    def note(self) -> str:
        """What else there is to say, perhaps in several lines."""
        return "".join(self.of("note"))


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a field: its values are ``set`` to these, or these are added or removed. Setting none empties it;
    removing none takes all away."""

    name: DescriptionField
    values: tuple[str, ...]
    how: Literal["set", "add", "remove"] = "set"


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said of a field at a time (UTC, ISO 8601), and whether that was taken back. ``who`` said it; empty if
    that was not noted, or no person did."""

    name: DescriptionField
    values: tuple[str, ...]
    said_by: SaidBy
    said_at: str
    undone_at: str | None = None
    who: str = ""
