"""Messages that were kept, in English, such as why a page could not be read: they are said again in any language."""

from __future__ import annotations

import re
from functools import cache

from indexer.translation import _, language, messages

_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")
_LONGEST = 1000
"""Letters of the longest text that is compared with the messages."""
_OWN = 4
"""Letters that a message has at least besides its placeholders: others would look like anything."""


def said_again(kept: str) -> str:
    """A text in the language that is spoken now, if it is one of our messages; otherwise as it was kept."""
    if language() == "en" or len(kept) > _LONGEST:
        return kept
    for pattern, message in _patterns(language()):
        if found := pattern.fullmatch(kept):
            return _(message, **{name: said_again(text) for name, text in found.groupdict().items()})
    return kept


@cache
def _patterns(wanted: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The messages as patterns, those with the most letters of their own first."""
    longest = sorted(messages(wanted), key=lambda each: len(_PLACEHOLDER.sub("", each)), reverse=True)
    return tuple((_pattern(each), each) for each in longest if len(_PLACEHOLDER.sub("", each)) > _OWN)


def _pattern(message: str) -> re.Pattern[str]:
    """What a message looks like with its placeholders filled in. A name that stands twice is looked at once."""
    named = set[str]()
    made, end = "", 0
    for place in _PLACEHOLDER.finditer(message):
        made += re.escape(message[end : place.start()])
        name = place[1]
        made += "%" if name is None else f"(?P={name})" if name in named else f"(?P<{name}>.*?)"
        named |= {name} if name else set()
        end = place.end()
    return re.compile(made + re.escape(message[end:]), re.DOTALL)
