"""Engine plugin: the embedded reader, RapidOCR with the PP-OCRv6 models that its wheel brings along."""

from __future__ import annotations

from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from indexer.api import Box, Engine, Line, PluginError, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from PIL.Image import Image

    from indexer.api import EngineOptions, Reader

_LANGUAGES = (
    *("af", "ca", "cs", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "id", "is"),
    *("it", "ja", "la", "lb", "lt", "lv", "ms", "nb", "nl", "nn", "no", "oc", "pl", "pt", "ro", "sk", "sl", "sq"),
    *("sv", "sw", "tr", "zh"),
)
"""Languages whose letters are all in the recogniser's character set."""
_LONG_SIDE = 2000
"""Pixels: lines of a page of this size are about as high as the recogniser wants them; more is only slower."""
_DETECTION_SIDE = 1280
"""Pixels: lines are found as well as at 1600, in two thirds of the time; at 960 clearly more letters are lost."""
_END_ROOM = 1.0
"""Room after a line, in heights of the line: where the line ends with its image, its last letters are often lost."""
_MODELS = MappingProxyType({"Det": "PP-OCRv6_det_small.onnx", "Rec": "PP-OCRv6_rec_small.onnx"})


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
    models = {part: Path(rapidocr.__file__).parent / "models" / name for part, name in _MODELS.items()}
    for model in models.values():
        if not model.is_file():
            raise _no_model(f"the model {model.name} is missing")
    engine = rapidocr.RapidOCR(
        params={
            **{f"{part}.model_path": str(model) for part, model in models.items()},  # named: never downloaded
            "Global.use_cls": False,  # tells upside-down print apart; on handwriting it only turns good lines over
            "Global.use_preprocess_img": False,  # pages come in a good size, lines in any
            "Det.limit_type": "max",
            "Det.limit_side_len": _DETECTION_SIDE,
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": options.threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    reader = _RapidReader(engine)
    try:
        reader.load()
    except Exception as error:  # onnxruntime has one for every way a model can be damaged
        names = " or ".join(_MODELS.values())
        raise _no_model(f"the model {names} cannot be loaded ({type(error).__name__})") from error
    yield reader


def _no_model(message: str) -> PluginError:
    return PluginError(message, "pip install --force-reinstall rapidocr.", kind="engine")


class _RapidReader:
    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def load(self) -> None:
        """Load both models, which the package puts off to the first page; raises what onnxruntime raises."""
        import numpy as np

        blank = np.full((64, 64, 3), 255, np.uint8)
        self._find(blank)
        self._read(blank)

    def read(self, image: Image) -> Sequence[Line]:
        """The lines of a page in the detector's order, top to bottom.

        They are read one by one: in batches of six, as the package would, they take as long and up to 200 MB more.
        """
        pixels, scale = _pixels(image)
        lines = []
        for corners in self._find(pixels):
            text, score = self._read(_cut_out(pixels, corners))
            if text.strip():
                lines.append(_line(text, score, corners * scale, image))
        return lines

    def _find(self, pixels: np.ndarray[Any, Any]) -> Sequence[np.ndarray[Any, Any]]:
        boxes = self._engine(pixels, use_det=True, use_rec=False).boxes
        return [] if boxes is None else list(boxes)

    def _read(self, line: np.ndarray[Any, Any]) -> tuple[str, float]:
        result = self._engine(line, use_det=False, use_rec=True)
        return str(result.txts[0]), float(result.scores[0])


def _cut_out(pixels: np.ndarray[Any, Any], corners: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The line between its corners (clockwise from the top left), laid level, with grey room at its end."""
    import cv2
    import numpy as np

    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)  # top, right, bottom, left
    width, height = max(1, int(max(sides[0], sides[2]))), max(1, int(max(sides[1], sides[3])))
    level = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), level)
    line = cv2.warpPerspective(pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if height >= 1.5 * width:  # writing up the margin
        line = np.ascontiguousarray(np.rot90(line))
    room = max(1, int(line.shape[0] * _END_ROOM))
    return np.asarray(cv2.copyMakeBorder(line, 0, 0, 0, room, cv2.BORDER_CONSTANT, value=(127, 127, 127)))


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
