"""The letters that a model knows, and the text of training lines as classes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

_SIGNS = "£€§°¡¿«»“”‘’„–—…·•†½¼¾²³×÷±&"
_FOREIGN = "ȘșȚțẞẀẁẂẃẄẅ"
"""Letters of European languages beyond the blocks Latin-1 and Latin Extended-A."""
_ALIKE = str.maketrans({"ᗅ": "A", "ᗞ": "D", "ᑕ": "C", "’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"'})
"""Look-alikes that transcriptions mix, each with the letter that is learned instead."""
_UNREAD = re.compile(r"><|<>|⟦\s*⟧|\[\[?\]\]?|displaystyle|@@")
"""Marks of editors for ink without a transcription, or for text without ink."""
_MARKS = re.compile(r"[<>⟦⟧⋎⸠⸡]|\^(?=\w)")
"""Marks of editors around what was struck out, inserted or raised. Its ink is there, the marks are not."""

ANYTHING = "\uf8ff"
"""Stands in a text for ink that may be any letters, or none. It is in no alphabet: Unicode leaves it to its users."""


def latin() -> tuple[str, ...]:
    """Latin letters of the European languages, digits and usual signs, without the space."""
    ascii_signs = [chr(code) for code in range(0x21, 0x7F)]
    letters = [chr(code) for code in range(0xC0, 0x180) if unicodedata.name(chr(code)).startswith("LATIN")]
    return tuple(dict.fromkeys((*ascii_signs, *letters, *_FOREIGN, *_SIGNS)))


def transcribed(text: str) -> str | None:
    """The text of a line as it is written, without the marks of editors; ``None`` when some ink has no text."""
    if _UNREAD.search(text):
        return None
    return " ".join(_MARKS.sub("", text).split()) or None


@dataclass(frozen=True)
class Letters:
    """The characters of a model's classes: the blank of CTC first, the space last."""

    characters: tuple[str, ...]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {character: number for number, character in enumerate(self.characters) if character}

    def classes(self, text: str) -> list[int] | None:
        """The classes of a text's characters; ``None`` when the model knows neither one nor its parts (NFKC).

        ``ANYTHING`` has the number after the last class.
        """
        found = []
        for character in unicodedata.normalize("NFC", " ".join(text.split())).translate(_ALIKE):
            number = len(self.characters) if character == ANYTHING else self._numbers.get(character)
            if number is None:
                plain = [self._numbers.get(part) for part in unicodedata.normalize("NFKC", character)]
                if not plain or None in plain:
                    return None
                found += [each for each in plain if each is not None]
            else:
                found.append(number)
        return found or None

    def text(self, classes: list[int]) -> str:
        """The text of classes, one a character."""
        return "".join(self.characters[number] for number in classes)
