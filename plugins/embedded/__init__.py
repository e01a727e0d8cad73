"""Engine plugin: the embedded engine, the PP-OCRv6 models of RapidOCR run on onnxruntime, one of them trained on.

``detector`` finds the lines of a page. ``recogniser`` reads them with a recognition model of the folder ``models``:
``latin``, trained on old hands by ``indexer.training``; ``original``, which that began from, cut to Latin letters; or
``chinese``, the original with all its letters, which the package rapidocr brings. The detector and the models for Latin
letters are in 8-bit integers, made by ``quantise``: about as good as in floats, in half the time.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Any

from indexer.api import LANGUAGE, NETWORK, Engine, Line, PageLines, PluginError, Word, along, hookimpl, load_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from PIL.Image import Image

    from indexer.api import EngineOptions, Point, Recogniser, RecognitionModel, Trainable

    from .confidence import Model
    from .counting import LetterCounts
    from .detector import Detector
    from .mixture import Languages
    from .recogniser import LineRecogniser, ReadLine

    Found = tuple[NDArray[np.float32], ReadLine]

MODELS = Path(__file__).parent / "models"
DETECTOR = MODELS / "detector-int8.onnx"
LANGUAGES = Path(__file__).parent / "languages"
_VERSION = "13"
"""Of our own part: counts what makes a page read differently."""
_NOT_LATIN = ("ja", "zh")
_SAME = {"da": "no", "nb": "no", "nn": "no"}
"""Languages that are written much as another one, which has their text too."""
_LANGUAGES = (
    *("af", "ca", "cs", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "id", "is"),
    *("it", "la", "lb", "lt", "lv", "ms", "nb", "nl", "nn", "no", "oc", "pl", "pt", "ro", "sk", "sl", "sq"),
    *("sv", "sw", "tr", *_NOT_LATIN),
)
"""Languages whose letters are all in the recogniser's character set."""
_LONG_SIDE = 2000
"""Pixels: lines of a page of this size are about as high as the recogniser wants them; more is only slower."""
_LEGIBLE, _LONGEST = 50, 5000
"""Pixels: where lines have less height, as a median, they are cut out of a larger page, up to this side. Of sixteen
typed pages on one sheet of 5,020 x 8,000 all words looked for are read then; of the longest one none was."""


_SAID = 10
"""How many times corrected lines count beside those that the language model was counted on."""


@hookimpl
def notes_engines() -> Iterable[Engine]:
    """The engine that works out of the box."""
    yield Engine(
        "embedded",
        "reads handwriting of the last centuries and print, on this machine alone",
        open_recogniser,
        version=f"{version('rapidocr')}+{_VERSION}",
        languages=frozenset(_LANGUAGES),
        looks_again=True,
        model=model_for,
        training=open_training,
        used_to=used_to,
    )


def model_for(language: str | None) -> Path:
    """The folder of the model for a language, when none is named."""
    return MODELS / ("chinese" if language in _NOT_LATIN else "latin")


@contextmanager
def open_recogniser(options: EngineOptions) -> Iterator[Recogniser]:
    """Load the models; raises ``PluginError`` when they are missing or an option is unknown."""
    import cv2

    from .detector import Detector

    cv2.setNumThreads(options.threads)
    if options.settings:
        raise PluginError(
            f"the engine embedded has no option {next(iter(options.settings))!r}",
            "Remove it from [engines.embedded]; only threshold can be set there.",
            kind="settings",
        )
    package = load_model(options.model or model_for(options.language))
    yield _PageRecogniser(
        Detector(open_session(DETECTOR, options.threads)),
        line_recogniser(package, options.threads, options.language),
        package.confidence,
        again=options.thorough,
    )


def open_training() -> Trainable:
    """What is offered for training; raises ``PluginError`` without the packages that it needs."""
    if missing := next((name for name in ("torch", "onnx") if find_spec(name) is None), None):
        raise PluginError(f"training needs the package {missing}", 'In the checkout of notes: pip install ".[train]"')
    from .training import EmbeddedTraining

    return EmbeddedTraining()


def used_to(base: Path, texts: Sequence[str], folder: Path) -> None:
    """Write a model's network, and its language model with some lines of an archive added, into a folder."""
    from .counting import LetterCounts
    from .recogniser import characters

    package = load_model(base)
    if package.network:
        copyfile(base / NETWORK, folder / NETWORK)
    known = counts_of(package)
    if known is None:
        return
    session = open_session(network_of(package), 1)
    classes = {text: number for number, text in enumerate(characters(session.get_modelmeta().custom_metadata_map))}
    said = LetterCounts.count([[classes.get(letter, 0) for letter in text] for text in texts])
    known.plus(said, _SAID).save(folder / LANGUAGE, len(classes))


def line_recogniser(package: RecognitionModel, threads: int, language: str | None = None) -> LineRecogniser:
    """A model opened to read lines, in a language or in whichever they seem to be in.

    One that brings no letters along, or none of that language, reads by the ink alone.
    """
    from .recogniser import LineRecogniser, characters

    session = open_session(network_of(package), threads)
    spoken = None if language is None else _SAME.get(language, language)
    known = languages_of(package, characters(session.get_modelmeta().custom_metadata_map), spoken)
    return LineRecogniser(session, known, spoken)


def network_of(package: RecognitionModel) -> Path:
    """The file of a model's network."""
    return package.folder / NETWORK if package.network else original_model("rec")


def languages_of(package: RecognitionModel, characters: Sequence[str], language: str | None) -> Languages | None:
    """The languages for a model that brings the letters of its own lines along; ``None`` when it does not, or when it
    is to read a language that is not among them."""
    from .mixture import Languages

    files = {path.stem: path for path in sorted(LANGUAGES.glob("*.npz"))}
    counted = counts_of(package) if language in (None, *files) else None
    if counted is None:
        return None
    return Languages(counted.model(len(characters)), characters, files)


def counts_of(package: RecognitionModel) -> LetterCounts | None:
    """Which letters follow which in a model's own lines, if it brings that along."""
    from .counting import LetterCounts

    path = package.folder / LANGUAGE
    if not path.is_file():
        return None
    try:
        return LetterCounts.load(path)
    except Exception as error:  # numpy has one for every way a file can be damaged
        hint = "Train it again. If it came along: in the checkout of notes, pip install --force-reinstall ."
        raise PluginError(f"{path} cannot be read ({type(error).__name__})", hint, kind="engine") from error


def original_model(part: str) -> Path:
    """The model of a part (``det``, ``rec``) as the package rapidocr brings it."""
    package = find_spec("rapidocr")
    if package is None or package.origin is None:
        raise PluginError("the package rapidocr is missing", "pip install rapidocr.", kind="engine")
    return Path(package.origin).parent / "models" / f"PP-OCRv6_{part}_small.onnx"


def open_session(model: Path, threads: int) -> InferenceSession:
    """A model opened for a number of threads, without a word on the console."""
    import onnxruntime

    from .whole import OutsideError, whole

    hint = "In the checkout of notes: pip install --force-reinstall . rapidocr"
    if not model.is_file():
        raise PluginError(f"the model {model.name} is missing", hint, kind="engine")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(whole(model), options, providers=["CPUExecutionProvider"])
    except OutsideError as error:
        raise PluginError(f"the model {model} wants to read another file", hint, kind="engine") from error
    except Exception as error:  # onnxruntime has one for every way a model can be damaged
        raise PluginError(
            f"the model {model.name} cannot be loaded ({type(error).__name__})", hint, kind="engine"
        ) from error


class _PageRecogniser:
    def __init__(self, detector: Detector, recogniser: LineRecogniser, confidence: Model, *, again: bool) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._confidence = confidence
        self._again = again

    def read(self, image: Image) -> PageLines:
        """The lines of a page."""
        pixels, scale, found = self._found(image)
        read, weights = self._page(pixels, found)
        lines = [_line(line, outline * scale, image, self._confidence) for outline, line in read if line.text.strip()]
        return PageLines(tuple(lines), weights)

    def reread(self, image: Image, outlines: Sequence[Sequence[Point]]) -> PageLines:
        """The lines of a page whose outlines are known, each of them."""
        import numpy as np

        pixels, scale = page_pixels(image)
        known = [np.array(outline, np.float32) / np.float32(scale) for outline in outlines]
        pixels, scale, known = self._closer(image, pixels, scale, known)
        read, weights = self._page(pixels, known)
        return PageLines(tuple(_line(line, each * scale, image, self._confidence) for each, line in read), weights)

    def _found(self, image: Image) -> tuple[NDArray[np.uint8], float, list[NDArray[np.float32]]]:
        """The page as lines are cut out of it, the factor back to the page, and the lines on it."""
        pixels, scale = page_pixels(image)
        return self._closer(image, pixels, scale, self._detector.find(pixels))

    def _closer(
        self, image: Image, pixels: NDArray[np.uint8], scale: float, found: list[NDArray[np.float32]]
    ) -> tuple[NDArray[np.uint8], float, list[NDArray[np.float32]]]:
        """The same of a larger page where the lines are small on this one."""
        from .detector import median_height

        tall = median_height(found)
        if scale == 1 or not 0 < tall < _LEGIBLE:
            return pixels, scale, found
        closer, factor = page_pixels(image, min(_LONGEST, _LONG_SIDE * _LEGIBLE / tall))
        return closer, factor, [outline * scale / factor for outline in found]

    def _page(
        self, pixels: NDArray[np.uint8], found: Sequence[NDArray[np.float32]]
    ) -> tuple[list[Found], Mapping[str, float]]:
        """The lines of a page (BGR) that stands as it is given, each with its corners, and the languages' weights."""
        seen = [self._recogniser.see(pixels, corners) for corners in found]
        spoken = self._recogniser.spoken(seen)
        read = self._recogniser.read(seen, spoken)
        if self._again:
            from .looking_again import surest

            read = surest(self._recogniser, pixels, found, read, spoken, self._confidence)
        return list(zip(found, read, strict=True)), spoken.weights


def page_pixels(image: Image, side: float = _LONG_SIDE) -> tuple[NDArray[np.uint8], float]:
    """The page as BGR of at most so many pixels a side, in the tones that the networks know, and the factor back to the
    page."""
    import cv2
    import numpy as np

    from .soft_tones import soft

    factor = max(image.size) / side
    if factor > 1:
        size = (max(1, round(image.width / factor)), max(1, round(image.height / factor)))
        image = image.resize(size, reducing_gap=2.0)
    code = cv2.COLOR_GRAY2BGR if image.mode == "L" else cv2.COLOR_RGB2BGR
    return soft(np.asarray(cv2.cvtColor(np.asarray(image), code), np.uint8)), max(1.0, factor)


def _line(read: ReadLine, found: NDArray[Any], image: Image, confidence: Model) -> Line:
    """The line in pixels of the page; its outline begins where its writing begins, whichever way that runs."""
    import numpy as np

    from .bends import baseline
    from .confidence import line_confidence, word_confidence

    outline = np.roll(np.clip(found, 0, image.size), read.turns, axis=0)
    polygon, stands = (tuple((float(x), float(y)) for x, y in each.tolist()) for each in (outline, baseline(outline)))
    words = tuple(
        Word(
            word.text,
            word_confidence(confidence, word, read),
            along(polygon, word.start / read.width, word.end / read.width),
        )
        for word in read.words
    )
    sure, box = line_confidence(confidence, read), along(polygon, 0.0, 1.0)
    return Line(read.text, sure, box, polygon, words, read.posteriorgram, baseline=stands)
