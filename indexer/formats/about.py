"""What a document is, as formats have it: its fields by their own names, and as Dublin Core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.values import SEVERAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexer.values import Description, DescriptionField

LABELS: dict[DescriptionField, str] = {
    "date": "Date",
    "place": "Place",
    "person": "Person",
    "shelfmark": "Shelfmark",
    "tag": "Tag",
    "note": "Note",
}
"""What people call the fields; the title is that of the document."""
_CALLED: dict[DescriptionField, str] = {"place": "places", "person": "people", "tag": "tags"}
_CORE: dict[DescriptionField, str] = {
    "title": "title",
    "date": "date",
    "place": "coverage",
    "person": "contributor",
    "shelfmark": "identifier",
    "tag": "subject",
    "note": "description",
}


def facts(about: Description) -> dict[str, str | list[str]]:
    """The fields that have a value, by their names; the title is that of the document."""
    return {
        _CALLED.get(name, name): list(values) if name in SEVERAL else values[0]
        for name, values in about.values.items()
        if name != "title"
    }


def in_pdf(title: str, about: Description) -> dict[str, str]:
    """What the information of a PDF says of a document: its title, people as authors, date, places and shelfmark as the
    subject, and tags as keywords; only what there is."""
    told = {
        "title": title,
        "author": "; ".join(about.people),
        "subject": " · ".join(filter(None, (about.date, *about.places, about.shelfmark))),
        "keywords": "; ".join(about.tags),
    }
    return {name: text for name, text in told.items() if text}


def dublin_core(about: Description) -> Iterator[tuple[str, str]]:
    """The fields as elements of Dublin Core, each with a value."""
    for name, values in about.values.items():
        yield from ((_CORE[name], value) for value in values)
