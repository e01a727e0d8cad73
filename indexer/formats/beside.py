"""What a format is given beside a document: pictures of its pages, and the names of the files around it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Beside:
    """``pictures`` are those of the pages, ``names`` the files that are written beside the document, one a page.

    ``before`` and ``after`` are the files of the pages around it. ``address`` is where ``notes serve`` has the
    document, ``shown`` where it has the image of each page (IIIF Image API).
    """

    pictures: tuple[bytes, ...] = ()
    names: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    address: str = ""
    shown: tuple[str, ...] = ()
