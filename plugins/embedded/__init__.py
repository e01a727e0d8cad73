"""Engine plugin: the embedded reader, the PP-OCRv6 models of RapidOCR run on onnxruntime.

``detector`` finds the lines of a page, ``recogniser`` reads them. Beside them lie the two models in 8-bit integers,
the recogniser with the Latin letters only: made by ``quantise``, about as good as the originals in half the time.
Chinese and Japanese are read with the original recogniser, which the package rapidocr brings.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.api import Engine, Line, PluginError, Word, along, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from PIL.Image import Image

    from indexer.api import EngineOptions, Reader

    from .detector import Detector
    from .recogniser import ReadLine, Recogniser

MODELS = Path(__file__).parent / "models"
DETECTOR, LATIN_RECOGNISER = "detector-int8.onnx", "recogniser-latin-int8.onnx"
_VERSION = "4"
"""Of our own part: counts what makes a page read differently."""
_NOT_LATIN = ("ja", "zh")
_LANGUAGES = (
    *("af", "ca", "cs", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "id", "is"),
    *("it", "la", "lb", "lt", "lv", "ms", "nb", "nl", "nn", "no", "oc", "pl", "pt", "ro", "sk", "sl", "sq"),
    *("sv", "sw", "tr", *_NOT_LATIN),
)
"""Languages whose letters are all in the recogniser's character set."""
_HARD = (0.4, 0.75)
"""Confidences of lines that are worth a second look: a quarter of the lines of six collections. Accepted lines have
12 % more right words then, at a precision of .94 instead of .95; at equal precision (.85) 3 % more. What is less sure
is not read better by it."""
_LONG_SIDE = 2000
"""Pixels: lines of a page of this size are about as high as the recogniser wants them; more is only slower."""


@hookimpl
def notes_engines() -> Iterable[Engine]:
    """The reader that works out of the box."""
    yield Engine(
        "embedded",
        "embedded reader for print and modern handwriting, no network",
        open_reader,
        version=f"{version('rapidocr')}+{_VERSION}",
        languages=frozenset(_LANGUAGES),
        enhances=True,
    )


@contextmanager
def open_reader(options: EngineOptions) -> Iterator[Reader]:
    """Load the models; raises ``PluginError`` when they are missing or an option is unknown."""
    import cv2

    from .detector import Detector
    from .recogniser import Recogniser

    cv2.setNumThreads(options.threads)
    if options.settings:
        raise PluginError(
            f"the engine embedded has no option {next(iter(options.settings))!r}",
            "Remove it from [engines.embedded]; only threshold can be set there.",
            kind="settings",
        )
    latin = options.language not in _NOT_LATIN
    recogniser = MODELS / LATIN_RECOGNISER if latin else original_model("rec")
    yield _PageReader(
        Detector(open_session(MODELS / DETECTOR, options.threads)),
        Recogniser(open_session(recogniser, options.threads)),
        again=options.enhance,
    )


def original_model(part: str) -> Path:
    """The model of a part (``det``, ``rec``) as the package rapidocr brings it."""
    package = find_spec("rapidocr")
    if package is None or package.origin is None:
        raise PluginError("the package rapidocr is missing", "pip install rapidocr.", kind="engine")
    return Path(package.origin).parent / "models" / f"PP-OCRv6_{part}_small.onnx"


def open_session(model: Path, threads: int) -> InferenceSession:
    """A model opened for a number of threads, without a word on the console."""
    import onnxruntime

    hint = "pip install --force-reinstall notes rapidocr."
    if not model.is_file():
        raise PluginError(f"the model {model.name} is missing", hint, kind="engine")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has one for every way a model can be damaged
        raise PluginError(
            f"the model {model.name} cannot be loaded ({type(error).__name__})", hint, kind="engine"
        ) from error


class _PageReader:
    def __init__(self, detector: Detector, recogniser: Recogniser, *, again: bool) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._again = again

    def read(self, image: Image) -> Sequence[Line]:
        """The lines of a page from top to bottom."""
        pixels, scale = page_pixels(image)
        read = [(corners, self._recogniser.read(pixels, corners)) for corners in self._detector.find(pixels)]
        if self._again:
            read = [(corners, self._second(pixels, corners, line)) for corners, line in read]
        return [_line(line, corners * scale, image) for corners, line in read if line.text.strip()]

    def _second(self, pixels: NDArray[np.uint8], corners: NDArray[np.float32], first: ReadLine) -> ReadLine:
        """The surest reading of a line that is hard to read, looked at in other ways too."""
        from .confidence import line_confidence
        from .recogniser import SECOND

        least, most = _HARD
        if not least <= line_confidence(first) < most:
            return first
        others = (self._recogniser.read(pixels, corners, look) for look in SECOND)
        return max((first, *others), key=line_confidence)


def page_pixels(image: Image) -> tuple[NDArray[np.uint8], float]:
    """The page as BGR of at most 2000 pixels a side, and the factor back to the page."""
    import cv2
    import numpy as np

    factor = max(image.size) / _LONG_SIDE
    if factor > 1:
        size = (max(1, round(image.width / factor)), max(1, round(image.height / factor)))
        image = image.resize(size, reducing_gap=2.0)
    code = cv2.COLOR_GRAY2BGR if image.mode == "L" else cv2.COLOR_RGB2BGR
    return cv2.cvtColor(np.asarray(image), code), max(1.0, factor)


def _line(read: ReadLine, corners: NDArray[Any], image: Image) -> Line:
    """The line in pixels of the page; its outline begins where its writing begins, whichever way that runs."""
    import numpy as np

    from .confidence import line_confidence, word_confidence

    outline = np.roll(np.clip(corners, 0, image.size), read.turns, axis=0)
    polygon = tuple((float(x), float(y)) for x, y in outline.tolist())
    words = tuple(
        Word(
            word.text,
            word_confidence(word.characters, read.sureness),
            along(polygon, word.start / read.width, word.end / read.width),
        )
        for word in read.words
    )
    return Line(read.text, line_confidence(read), along(polygon, 0.0, 1.0), polygon, words, read.frames)
