"""Which language the command line speaks: that of the system, unless a setting names another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.system.settings import load
from indexer.translation import preferred
from indexer.values.errors import NotesError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FOR_PROGRAMS = {"--json", "--json-lines", "--csv", "--as-child"}
"""Options after which a program reads what is said."""
_SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The variables that name the language of the system, the strongest first."""


def wanted_language(args: Sequence[str], environ: Mapping[str, str]) -> str:
    """The language for a command with these arguments. Programs and assistants are spoken to in English."""
    if _FOR_PROGRAMS & set(args) or args[:1] == ["mcp"]:
        return "en"
    try:
        chosen = load({}, environ=environ).locale
    except NotesError:
        chosen = None  # the command itself says what is wrong with the settings
    return preferred([chosen or "", next((environ[name] for name in _SYSTEM if environ.get(name)), "")])
