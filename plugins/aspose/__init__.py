"""Engine plugin: Aspose.OCR for Python via .NET, in a process of its own.

``environment`` finds what the vendor's library needs on this machine. ``client`` starts the process and talks to it.
``vendor_process`` runs in it. The engine gives no confidence for handwriting. Without a licence it reads only
the beginning of a page: such pages come as ``Partial``.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from indexer.api import Engine, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indexer.api import EngineOptions, Recogniser

_PACKAGE = "aspose-ocr-python-net"
LANGUAGES = {
    "be": "BEL", "bg": "BUL", "cs": "CZE", "da": "DAN", "de": "DEU", "en": "ENG", "es": "SPA", "et": "EST",
    "fi": "FIN", "fr": "FRA", "hi": "HIN", "hr": "SRP_HRV", "it": "ITA", "kk": "KAZ", "lt": "LIT", "lv": "LAV",
    "nb": "NOR", "nl": "DUM", "nn": "NOR", "no": "NOR", "pl": "POL", "pt": "POR", "ro": "RUM", "ru": "RUS",
    "sk": "SLK", "sl": "SLV", "sr": "SRP", "sv": "SWE", "uk": "UKR", "zh": "CHI",
}  # fmt: skip
"""ISO 639-1 codes and the vendor's names of the languages that it reads in print. In handwriting it knows A to Z."""


@hookimpl
def notes_engines() -> Iterable[Engine]:
    """The vendor's engine. It is named even if it cannot be used here: ``notes doctor`` says why not."""
    yield Engine(
        "aspose",
        "Aspose.OCR, handwriting in Latin capitals or print; complete with a licence",
        open_recogniser,
        version=_version(),
        languages=frozenset(LANGUAGES),
        secrets=frozenset({"metered_public", "metered_private"}),
        private=frozenset({"license", "metered_public", "metered_private", "models", "downloads", "openssl"}),
        preferred=_preferred,
    )


@contextmanager
def open_recogniser(options: EngineOptions) -> Iterator[Recogniser]:
    """Start the process. Raises ``PluginError`` if something that it needs is missing or an option makes no sense."""
    from .client import AsposeRecogniser
    from .engine_options import parsed
    from .environment import runtime

    chosen = parsed(options)
    with AsposeRecogniser(runtime(chosen.openssl), chosen) as recogniser:
        yield recogniser


def _preferred(options: EngineOptions) -> tuple[bool, str]:
    """Whether to prefer this engine, and why: only with a licence. Without one it reads only a part of a page."""
    from .engine_options import parsed

    chosen = parsed(options)
    if not chosen.license and not chosen.metered:
        return False, "aspose has no licence"
    with open_recogniser(options):
        return True, "aspose has a licence"


def _version() -> str:
    try:
        return version(_PACKAGE)
    except PackageNotFoundError:
        return ""
