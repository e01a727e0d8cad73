"""What learning uses of the embedded engine, under the one name that its modules have wherever notes runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the type checker knows these by the folder they lie in
    from plugins.embedded import (
        DETECTOR,
        READERS,
        language_of,
        network_of,
        open_session,
        original_model,
        page_pixels,
    )
    from plugins.embedded.confidence import word_confidence
    from plugins.embedded.decoding import best_path
    from plugins.embedded.detector import Detector
    from plugins.embedded.language import LetterModel
    from plugins.embedded.quantise import quantise_recogniser
    from plugins.embedded.recogniser import (
        END_ROOM,
        FIRST,
        FRAME,
        HEIGHT,
        ReadLine,
        Recogniser,
        characters,
        cut_out,
        framed,
    )
else:
    from indexer.plugins.embedded import (
        DETECTOR,
        READERS,
        language_of,
        network_of,
        open_session,
        original_model,
        page_pixels,
    )
    from indexer.plugins.embedded.confidence import word_confidence
    from indexer.plugins.embedded.decoding import best_path
    from indexer.plugins.embedded.detector import Detector
    from indexer.plugins.embedded.language import LetterModel
    from indexer.plugins.embedded.quantise import quantise_recogniser
    from indexer.plugins.embedded.recogniser import (
        END_ROOM,
        FIRST,
        FRAME,
        HEIGHT,
        ReadLine,
        Recogniser,
        characters,
        cut_out,
        framed,
    )

__all__ = [
    "DETECTOR",
    "END_ROOM",
    "FIRST",
    "FRAME",
    "HEIGHT",
    "READERS",
    "Detector",
    "LetterModel",
    "ReadLine",
    "Recogniser",
    "best_path",
    "characters",
    "cut_out",
    "framed",
    "language_of",
    "network_of",
    "open_session",
    "original_model",
    "page_pixels",
    "quantise_recogniser",
    "word_confidence",
]
