"""SQL of the catalogue as PostgreSQL has it. The statements are written for SQLite; few words differ."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count

_TOKEN = re.compile(
    r"""(?P<blob>\b[Xx]'[0-9A-Fa-f]*')|(?P<text>'(?:[^']|'')*')|(?P<note>--[^\n]*)|(?P<cast>::)
    |(?P<mark>\?\d*)|(?P<name>:[a-z_]+)|(?P<percent>%)""",
    re.VERBOSE,
)
_NUMBERED = re.compile(r"\?\d")
_WORDS = (
    (re.compile(r"\bCROSS JOIN\b"), "JOIN"),  # SQLite keeps the order of such a join
    (re.compile(r"\btemp\."), "pg_temp."),
    (re.compile(r"\baside\."), "pg_temp.aside_"),  # see aside.py
    (re.compile(r"\bLIMIT \?"), "LIMIT nullif(?, -1)"),
    (re.compile(r"\bIS NOT (?=[?\w.]+)(?!NULL\b|DISTINCT\b)"), "IS DISTINCT FROM "),
    (re.compile(r"\bIS (?=[?\w.]+)(?!NOT\b|NULL\b|DISTINCT\b)"), "IS NOT DISTINCT FROM "),
)


@lru_cache(maxsize=1_000)
def translated(sql: str) -> str:
    """A statement for psycopg: ``%s`` for ``?``, ``%(p1)s`` for ``?1``, ``%(name)s`` for ``:name``."""
    for words, instead in _WORDS:
        sql = words.sub(instead, sql)
    if _NUMBERED.search(sql):  # SQLite counts on from the largest number, which is none before the first ?
        at = count(1)
        sql = _TOKEN.sub(lambda found: f"?{next(at)}" if found[0] == "?" else found[0], sql)
    return _TOKEN.sub(_token, sql)


def _token(found: re.Match[str]) -> str:
    kind, word = found.lastgroup, found[0]
    if kind == "blob":
        return f"'\\x{word[2:-1]}'::bytea"
    if kind == "mark":
        return "%s" if word == "?" else f"%(p{word[1:]})s"
    if kind == "name":
        return f"%({word[1:]})s"
    if kind in ("text", "percent"):
        return word.replace("%", "%%")
    return "" if kind == "note" else word


def is_numbered(sql: str) -> bool:
    """Whether the marks of a translated statement have names."""
    return "%(p" in sql
