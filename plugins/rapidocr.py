"""Engine plugin: the embedded reader, RapidOCR with the PP-OCRv6 models that its wheel brings along."""

from __future__ import annotations

from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.api import Box, Engine, Line, PluginError, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from PIL.Image import Image

    from indexer.api import EngineOptions, Reader

_LANGUAGES = (
    *("af", "ca", "cs", "cy", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "id", "is"),
    *("it", "ja", "la", "lb", "lt", "lv", "ms", "nb", "nl", "nn", "no", "oc", "pl", "pt", "ro", "sk", "sl", "sq"),
    *("sv", "sw", "tr", "zh"),
)
"""Languages whose letters are all in the recogniser's character set."""
_LONG_SIDE = 2000
"""Pixels: lines of a page of this size are about as high as the recogniser wants them; more is only slower."""
_DETECTION_SIDE = 1280
"""Pixels: lines are found as well at this size as at 2000, in two fifths of the time."""
_MODELS = ("PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx")


@hookimpl
def notes_engines() -> Iterable[Engine]:
    """The reader that works out of the box."""
    yield Engine(
        "rapidocr",
        "embedded reader for print and modern handwriting, no network",
        open_reader,
        version=version("rapidocr"),
        languages=frozenset(_LANGUAGES),
    )


@contextmanager
def open_reader(options: EngineOptions) -> Iterator[Reader]:
    """Load the models; raises ``PluginError`` when they are missing or an option is unknown."""
    import rapidocr

    if options.settings:
        raise PluginError(
            f"the engine rapidocr has no option {next(iter(options.settings))!r}",
            "Remove it from [engines.rapidocr]; only threshold can be set there.",
            kind="settings",
        )
    folder = Path(rapidocr.__file__).parent / "models"
    for model in _MODELS:
        if not (folder / model).is_file():
            raise PluginError(f"the model {model} is missing", "pip install --force-reinstall rapidocr.", kind="engine")
    engine = rapidocr.RapidOCR(
        params={
            "Global.text_score": 0.0,  # every line is kept, however unsure
            "Global.use_cls": False,  # tells upside-down print apart; on handwriting it only turns good lines over
            "Global.max_side_len": _LONG_SIDE,
            "Det.limit_type": "max",
            "Det.limit_side_len": _DETECTION_SIDE,
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": options.threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    yield _RapidReader(engine)


class _RapidReader:
    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def read(self, image: Image) -> Sequence[Line]:
        """The lines of a page in the detector's order, top to bottom."""
        pixels, scale = _pixels(image)
        result = self._engine(pixels)
        if result.boxes is None or result.txts is None:
            return []
        return [
            _line(text, float(score), corners * scale, image)
            for text, score, corners in zip(result.txts, result.scores, result.boxes, strict=True)
        ]


def _pixels(image: Image) -> tuple[np.ndarray[Any, Any], float]:
    """The page as BGR of at most 2000 pixels a side, and the factor back to the page."""
    import cv2
    import numpy as np

    factor = max(image.size) / _LONG_SIDE
    if factor > 1:
        size = (max(1, round(image.width / factor)), max(1, round(image.height / factor)))
        image = image.resize(size, reducing_gap=2.0)
    code = cv2.COLOR_GRAY2BGR if image.mode == "L" else cv2.COLOR_RGB2BGR
    return cv2.cvtColor(np.asarray(image), code), max(1.0, factor)


def _line(text: str, score: float, corners: np.ndarray[Any, Any], image: Image) -> Line:
    polygon = tuple(
        (float(min(max(x, 0), image.width)), float(min(max(y, 0), image.height))) for x, y in corners.tolist()
    )
    left, top = int(min(x for x, _ in polygon)), int(min(y for _, y in polygon))
    right, bottom = round(max(x for x, _ in polygon)), round(max(y for _, y in polygon))
    box = Box(left, top, max(1, right - left), max(1, bottom - top))
    return Line(text, min(max(score, 0.0), 1.0), box, polygon)
