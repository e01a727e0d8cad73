"""Who asks: a user of a shared archive, and what they may do."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

Role = Literal["read", "review", "manage"]
ROLES: tuple[Role, ...] = ("read", "review", "manage")
"""What people may do, each more than the one before: search and look; say what lines and documents are; add, forget and
look after the others."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may use a shared archive.

    ``has_password`` says whether they can sign in by one, ``tokens`` how many tokens they have, ``sessions`` in how
    many browsers they are signed in. ``made_at`` is in UTC, ISO 8601. ``folders`` are the keys of those that they may
    see, ``None`` for the whole archive.
    """

    name: str
    role: Role
    has_password: bool
    tokens: int
    sessions: int
    made_at: str
    folders: tuple[bytes, ...] | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Something that somebody did or tried in a shared archive: when (UTC, ISO 8601), who, from which address (empty
    for commands on the machine), what, and whether it was ``refused``."""

    at: str
    who: str
    address: str
    deed: str
    refused: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Entries of the log that are not kept any more: of whom, empty for names that were only claimed and for commands
    without a name; whether of what was ``refused``; and how many."""

    who: str
    refused: bool
    entries: int


def name_key(name: str) -> str:
    """A name as it is looked up: letters that look the same are the same. What is no text is nobody's name."""
    return unicodedata.normalize("NFKC", name.encode("utf-8", "replace").decode()).strip().casefold()


def may(role: Role, needed: Role) -> bool:
    """Whether a role allows what needs another one."""
    return ROLES.index(role) >= ROLES.index(needed)
