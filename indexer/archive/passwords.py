"""Passwords of users: how they are hashed and compared. Only the hash is kept (Argon2id, which is slow on purpose)."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from indexer.translation import _
from indexer.values.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST, MOST = 10, 200
"""Letters and signs of a password."""


def hashed(password: str) -> str:
    """The hash of a new password. Raises ``UsageError`` for one that is too short or too long, and
    ``UnavailableError`` where the package that hashes is missing."""
    if not LEAST <= len(password) <= MOST:
        raise UsageError(
            _(
                "a password has %(least)s to %(most)s letters and signs, and this one %(password)s",
                least=LEAST,
                most=MOST,
                password=len(password),
            ),
            _("Take a few words that do not belong together."),
        )
    return _hasher().hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Whether a password is the one whose hash is kept. Without a hash it takes as long, and is never true: how long
    it takes does not tell who is known."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > MOST:
        return False
    try:
        return _hasher().verify(kept or _nobodys(), password) and bool(kept)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):  # a catalogue may come from anybody
        return False


def renewed(password: str, kept: str) -> str | None:
    """A stronger hash of a password that matched, if the kept one is weaker than a new one would be."""
    return _hasher().hash(password) if _hasher().check_needs_rehash(kept) else None


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody's password")


@cache
def _hasher() -> PasswordHasher:
    if find_spec("argon2") is None:
        raise UnavailableError(
            _("passwords need the package argon2-cffi"), _('Install it from the checkout: pip install ".[people]".')
        )
    from argon2 import PasswordHasher

    return PasswordHasher()  # the defaults are those of RFC 9106 for little memory: 64 MB, a tenth of a second
