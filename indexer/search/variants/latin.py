"""Declines Latin names: a nominative in, all cases out."""

from __future__ import annotations

_ENDINGS = (
    ("us", ("us", "i", "o", "um", "e")),
    ("er", ("er", "ri", "ro", "rum", "er", "eri", "ero")),
    ("as", ("as", "ae", "am", "e", "a")),
    ("es", ("es", "is", "i", "em", "e")),
    ("is", ("is", "i", "em", "im", "e")),
    ("ix", ("ix", "icis", "icem", "ice")),
    ("ens", ("ens", "entis", "entem", "ente")),
    ("a", ("a", "ae", "am", "e")),
    ("o", ("o", "onis", "oni", "onem", "one")),
    ("el", ("el", "elis", "eli", "elem", "ele")),
    ("on", ("on", "onis", "oni", "onem", "one")),
    ("or", ("or", "oris", "ori", "orem", "ore")),
)
"""The endings of the nominative, with those of all cases. Medieval hands write e for ae."""


def declined(name: str) -> tuple[str, ...]:
    """The cases of a name, the nominative first."""
    for ending, cases in _ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            stem = name[: -len(ending)]
            return tuple(dict.fromkeys(stem + case for case in cases))
    return (name,)
