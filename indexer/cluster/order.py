"""An order: pages of a file to read elsewhere, and how. Its answer is a sealed bundle, or a refusal with a sentence.

An order is a line of JSON and, after it, the bytes of files (parcels). Nothing in it or in an answer is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from indexer.system.typed_json import from_json, to_json
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = 1
_MAGIC = b"notes-order %d\n" % VERSION
_REFUSAL = b"notes-refusal\n"
_MOST_HEAD = 1 << 20
"""The most bytes of the JSON of an order, and of a refusal."""


@dataclass(frozen=True, slots=True)
class EngineOrder:
    """An engine to read with: ``settings`` is JSON and has no secrets, ``model`` names its model with a digest, and
    ``shelf`` the folder that this one lies in, where the storage is shared."""

    name: str
    language: str | None
    thorough: bool
    settings: str
    model: str | None
    shelf: str | None


@dataclass(frozen=True, slots=True)
class How:
    """How pages are to be read: the same for all orders of a run. ``recipe`` is what has to come of it."""

    recipe: str
    engines: tuple[EngineOrder, ...]
    page_timeout: float
    passwords: tuple[str, ...]
    pdf_text: Literal["auto", "use", "check", "ignore"]
    sidecar_text: Literal["auto", "use", "check", "ignore"]
    max_pixels: int


@dataclass(frozen=True, slots=True)
class Needed:
    """A file on the disk that is needed: where it lies on shared storage, its name, and its content. A text that could
    not be read has no hash. ``parcel`` says whether its bytes follow, ``size`` how many."""

    path: str
    name: str
    sha256: str
    size: int
    parcel: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A file, or a file inside another one: which of the needed files it lies in, and by which names."""

    needed: int
    sha256: str
    size: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """Pages of a ``file`` to read. ``turns`` are what a person said, by page; ``whole`` and ``single`` are the files of
    text beside the pages. ``needed`` are all files on the disk that this takes, in the order of their parcels."""

    how: How
    needed: tuple[Needed, ...]
    file: Held
    pages: tuple[int, ...]
    turns: tuple[tuple[int, int], ...] = ()
    whole: Held | None = None
    single: tuple[tuple[int, Held], ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a worker did not read: it reads ``otherwise``, the file is ``absent`` there, it has ``trouble`` that may
    pass, or what was read does not fit a bundle (``unsealed``)."""

    kind: Literal["otherwise", "absent", "trouble", "unsealed"]
    message: str


def written(order: Order, parcels: Sequence[bytes] = ()) -> bytes:
    """The bytes of an order. Raises ``ValueError`` for one that cannot be written."""
    return b"".join((_MAGIC, to_json(order), b"\n", *parcels))


def read_order(data: bytes) -> tuple[Order, dict[int, bytes]]:
    """An order and its parcels, by the number of the needed file. Raises ``ValueError`` for what is none."""
    if not data.startswith(_MAGIC):
        raise ValueError("it is an order of another version of notes")
    end = data.find(b"\n", len(_MAGIC), len(_MAGIC) + _MOST_HEAD)
    if end < 0:
        raise ValueError("its head is too long")
    order = from_json(Order, data[len(_MAGIC) : end])
    parcels, at = {}, end + 1
    for number, each in enumerate(order.needed):
        if each.parcel:
            parcels[number] = data[at : at + each.size]
            at += each.size
    if at != len(data):
        raise ValueError("it was cut")
    return order, parcels


def refused(refusal: Refusal) -> bytes:
    """A refusal as it is sent back."""
    return _REFUSAL + to_json(refusal)


def refusal_of(answer: bytes) -> Refusal | None:
    """The refusal that an answer is; ``None`` if it may be a bundle. Raises ``UsageError`` for a damaged one."""
    if not answer.startswith(_REFUSAL):
        return None
    try:
        if len(answer) > _MOST_HEAD:
            raise ValueError("it is too long")
        return from_json(Refusal, answer[len(_REFUSAL) :])
    except ValueError as error:
        raise UsageError(_("its refusal cannot be understood: %(why)s", why=error)) from error
