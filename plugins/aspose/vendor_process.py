"""Runs the vendor's library in a process of its own, and answers framed requests on standard input.

A frame is a 4-byte big-endian length, a JSON header of that length, and as many bytes as ``size`` in the header says.
``client`` runs this file as a script. It imports nothing of ours, so it starts in any environment.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import IO

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_SIGKILL = 9
FILTERS = {
    "contrast": "contrast_correction_filter",
    "denoise": "auto_denoising",
    "deskew": "auto_skew",
    "binarise": "binarize",
}
"""Our names of the vendor's preprocessing filters."""


def send(stream: IO[bytes], header: Mapping[str, object], payload: bytes = b"") -> None:
    """Write a frame."""
    head = json.dumps({**header, "size": len(payload)}).encode()
    stream.write(struct.pack(">I", len(head)) + head + payload)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read a frame. ``None`` at the end of the stream."""
    length = stream.read(4)
    if len(length) < 4:
        return None
    header: dict[str, Any] = json.loads(stream.read(*struct.unpack(">I", length)))
    return header, stream.read(header["size"])


def main() -> None:
    """Open the engine as the first request says. Each later request is a page to read. ``argv[1]`` has the package."""
    sys.path.append(sys.argv[1])
    _end_with_parent()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the library prints must not mix with the answers
    read: Callable[[bytes], dict[str, object]] | None = None
    while (request := receive(sys.stdin.buffer)) is not None:
        header, payload = request
        try:
            if read is None:
                read, answer = _opened(header), {}
            else:
                answer = read(payload)
        except Exception as error:  # noqa: BLE001 - the vendor raises RuntimeError for everything, some of it nameless
            answer = {"error": _reason(error)}
        send(answers, answer)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, _SIGKILL)


def _opened(options: Mapping[str, Any]) -> Callable[[bytes], dict[str, object]]:
    """The function that reads a page image."""
    import aspose.ocr as vendor

    if hasattr(vendor, "Resources"):  # 24.11 and later download models unless told not to
        vendor.Resources.allow_automatic_downloads(bool(options["downloads"]))
        if options["models"]:
            vendor.Resources.set_local_path(options["models"])
    licence = vendor.License()
    if options["license"]:
        licence.set_license(options["license"])
    if options["metered"]:
        vendor.Metered().set_metered_key(*options["metered"])
    licensed = bool(licence.is_licensed)
    engine = vendor.AsposeOcr()
    settings = vendor.RecognitionSettings()
    if options["mode"] == "printed":
        settings.language = getattr(vendor.Language, options["language"])

    def read(png: bytes) -> dict[str, object]:
        page = vendor.OcrInput(vendor.InputType.SINGLE_IMAGE, *_filters(options["filters"]))
        page.add(io.BytesIO(png))
        if options["mode"] == "printed":
            result = engine.recognize(page, settings)[0]
        else:
            result = engine.recognize_handwritten_text(page)[0]
        return _lines(result, licensed=licensed)

    return read


def _filters(names: list[str]) -> list[Any]:
    """The argument for the filters, nothing if there are none."""
    if not names:
        return []
    from aspose.ocr.models.preprocessingfilters import PreprocessingFilter

    chain = PreprocessingFilter()
    for name in names:
        chain.add(getattr(PreprocessingFilter, FILTERS[name])())
    return [chain]


def _lines(result: Any, *, licensed: bool) -> dict[str, object]:
    """The complete lines as [x, y, width, height, text, confidence or None], and whether some were cut or left out.

    Without a licence the text ends after a number of characters. The vendor leaves out the line that is cut.
    """
    read = list(result.recognition_lines_result)
    if read and hasattr(read[0], "line"):  # from 24.11 on a line has a place; a confidence of 0 means none
        lines = [
            [line.line.x, line.line.y, line.line.width, line.line.height, line.text_in_line.strip(), _known(line)]
            for line in read
        ]
        return {"lines": lines, "cut": not licensed}
    found = json.loads(result.get_json(False))
    whole, areas = found.get("Lines") or [], found.get("Areas") or []
    sides = ("X", "Y", "Width", "Height")
    lines = [[*(int(line["Rectangle"][side]) for side in sides), line["Text"].strip(), None] for line in whole]
    return {"lines": lines, "cut": not licensed and len(areas) > len(whole)}


def _known(line: Any) -> float | None:
    return getattr(line, "confidence", 0.0) or None


def _reason(error: Exception) -> str:
    """The vendor's words. An error comes as ``Proxy error(KIND): WORDS``, with control characters in it."""
    text = " ".join("".join(char if char.isprintable() else " " for char in str(error)).split())
    return text.partition("): ")[2] or text or type(error).__name__


if __name__ == "__main__":
    main()
