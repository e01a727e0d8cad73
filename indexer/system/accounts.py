"""The accounts of people on this machine."""

from __future__ import annotations

from pathlib import PurePath

_FIRST, _LAST = 500, 60_000
"""The numbers of accounts that people have; macOS begins at 501, Linux at 1000. Those below are of the system."""
_CLOSED = frozenset({"nologin", "false", "sync", "shutdown", "halt", ""})
"""Shells of accounts with which nobody can sign in."""


def people_here() -> list[str]:
    """The names of the accounts on this machine with which people can sign in; none where that is not told, as on
    Windows."""
    try:
        import pwd
    except ImportError:
        return []
    return sorted(
        each.pw_name
        for each in pwd.getpwall()
        if _FIRST <= each.pw_uid < _LAST and PurePath(each.pw_shell).name not in _CLOSED
    )
