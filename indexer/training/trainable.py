"""What learning uses of the embedded engine, under the one name that its modules have wherever notes runs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the type checker knows them by the folder they lie in, and is told what is used of them
    from plugins.embedded import DETECTOR as DETECTOR
    from plugins.embedded import MODELS as MODELS
    from plugins.embedded import language_of as language_of
    from plugins.embedded import network_of as network_of
    from plugins.embedded import open_session as open_session
    from plugins.embedded import original_model as original_model
    from plugins.embedded import page_pixels as page_pixels
    from plugins.embedded.confidence import word_confidence as word_confidence
    from plugins.embedded.decoding import best_path as best_path
    from plugins.embedded.detector import Detector as Detector
    from plugins.embedded.language import LetterModel as LetterModel
    from plugins.embedded.quantise import quantise_recogniser as quantise_recogniser
    from plugins.embedded.recogniser import END_ROOM as END_ROOM
    from plugins.embedded.recogniser import FIRST as FIRST
    from plugins.embedded.recogniser import FRAME as FRAME
    from plugins.embedded.recogniser import HEIGHT as HEIGHT
    from plugins.embedded.recogniser import LineRecogniser as LineRecogniser
    from plugins.embedded.recogniser import ReadLine as ReadLine
    from plugins.embedded.recogniser import characters as characters
    from plugins.embedded.recogniser import cut_out as cut_out
    from plugins.embedded.recogniser import framed as framed
else:
    for _part in ("", ".confidence", ".decoding", ".detector", ".language", ".quantise", ".recogniser"):
        _module = import_module(f"indexer.plugins.embedded{_part}")
        globals().update({name: value for name, value in vars(_module).items() if not name.startswith("_")})
