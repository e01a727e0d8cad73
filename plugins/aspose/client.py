"""The engine for the rest of the program: starts the vendor's process, sends it pages, and restarts it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from io import BytesIO
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

from PIL import Image as Images

from indexer.api import Box, Line, Partial, PluginError

from . import vendor_process
from .environment import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from PIL.Image import Image

    from .engine_options import Options
    from .environment import Runtime

_LONG_SIDE = 1600
"""Pixels of the long side of a page. The engine reads larger pages no better, and takes half as long again for them."""
_MODEL = re.compile(r"[\w.-]+\.ocr\b")
_LEAST_SIDE = 64
"""The least side in pixels. On smaller pages the engine's networks fail."""
_START = 120.0
"""Seconds that the library gets to load."""
_SCRATCH = "notes-aspose-"
_CUT = (
    "without a licence Aspose.OCR reads only the beginning of a page (set license in [engines.aspose] or "
    "NOTES_ASPOSE_LICENSE, then notes index --reread)"
)


class AsposeRecogniser:
    """A context manager with one process. Only one thread may use it."""

    def __init__(self, found: Runtime, options: Options) -> None:
        self._runtime = found
        self._options = options
        self._process: _Process | None = None
        self._pages = 0

    def __enter__(self) -> AsposeRecogniser:
        _sweep()
        self._running()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def read(self, image: Image) -> Sequence[Line] | Partial:
        """The complete lines of a page, in the vendor's order. Raises ``PluginError`` if the process fails."""
        process = self._running()
        scale = max(1.0, max(image.size) / _LONG_SIDE)
        size = (max(1, round(image.width / scale)), max(1, round(image.height / scale)))
        grey = image.convert("L").resize(size, reducing_gap=2.0) if scale > 1 else image.convert("L")
        page = Images.new("L", (max(_LEAST_SIDE, grey.width), max(_LEAST_SIDE, grey.height)), "white")
        page.paste(grey)
        png = BytesIO()
        page.save(png, "PNG", compress_level=1)
        try:
            answer = process.ask({}, png.getvalue(), self._options.timeout)
        except PluginError:
            self._stop()
            raise
        self._pages += 1
        if self._pages % self._options.pages_a_process == 0:
            self._stop()
        if "error" in answer:
            raise _not_read(answer["error"])
        lines = tuple(_lines(answer["lines"], scale, image))
        return Partial(lines, _CUT) if answer["cut"] else lines

    def _running(self) -> _Process:
        if self._process is None:
            process = _Process(self._runtime)
            options = self._options
            try:
                answer = process.ask(
                    {
                        "mode": options.mode,
                        "language": options.language,
                        "filters": list(options.filters),
                        "license": options.license,
                        "metered": options.metered,
                        "models": options.models,
                        "downloads": options.downloads,
                    },
                    b"",
                    _START,
                )
                if "error" in answer:
                    raise _not_opened(answer["error"], options)
            except PluginError:
                process.end()
                raise
            self._process = process
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


class _Process:
    """The vendor's process and its scratch folder."""

    def __init__(self, found: Runtime) -> None:
        # The name has our process id. If we are killed, whoever opens the engine next can remove the folder.
        self._scratch = Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-"))
        environment = prepare(self._scratch, found)
        self._log = self._scratch / "log"
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(  # noqa: S603 - our own script in our own Python
                [sys.executable, "-I", "-B", vendor_process.__file__, str(found.packages)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._scratch / "work",
                env=environment,
            )

    def ask(self, header: dict[str, object], payload: bytes, seconds: float) -> dict[str, Any]:
        """Send a request and wait for the answer. Raises ``PluginError`` if the process dies or takes too long."""
        timer = Timer(seconds, self._child.kill)
        timer.start()
        try:
            if self._child.stdin is None or self._child.stdout is None:
                raise OSError("no pipes")
            vendor_process.send(self._child.stdin, header, payload)
            answer = vendor_process.receive(self._child.stdout)
        except OSError:
            answer = None
        finally:
            late = not timer.is_alive()
            timer.cancel()
        if answer is not None:
            return answer[0]
        if late:
            raise PluginError(f"Aspose.OCR took longer than {seconds:g} s and was stopped", kind="timeout")
        code = self._child.wait()
        raise PluginError(f"the process of Aspose.OCR died ({_cause(code)}): {self._last_words()}", kind="crashed")

    def end(self) -> None:
        """End the process and remove its scratch folder."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # nobody reads what was not written yet
                    continue
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _last_words(self) -> str:
        lines = deque(self._log.read_text(encoding="utf-8", errors="replace").split("\n"), 20)
        said = [line.strip() for line in lines if line.strip() and not line.startswith("   at ")]
        return said[0][:300] if said else "it said nothing"


def _not_opened(reason: str, options: Options) -> PluginError:
    if options.license:
        return PluginError(
            f"Aspose.OCR does not take the licence {options.license}: {reason}",
            "Check the file, or remove license from [engines.aspose] to read in evaluation mode.",
            kind="licence",
        )
    if options.metered:
        return PluginError(
            f"Aspose.OCR does not take the metered keys: {reason}",
            "Check metered_public and metered_private; the vendor's server is asked about them.",
            kind="licence",
        )
    return PluginError(f"Aspose.OCR cannot be opened: {reason}", "See notes doctor.", kind="engine")


def _not_read(reason: str) -> PluginError:
    missing = _MODEL.search(reason)
    if missing:
        return PluginError(
            f"Aspose.OCR lacks its model {missing.group()}",
            "Put the file, which the vendor offers, into a folder and set models in [engines.aspose] to it; or let "
            "Aspose.OCR fetch it with downloads = true.",
            kind="model",
        )
    return PluginError(f"Aspose.OCR could not read the page: {reason}", kind="engine")


def _lines(found: Sequence[Sequence[Any]], scale: float, image: Image) -> Iterator[Line]:
    for x, y, width, height, text, confidence in found:
        left, top = min(max(0, round(x * scale)), image.width - 1), min(max(0, round(y * scale)), image.height - 1)
        right, bottom = min(round((x + width) * scale), image.width), min(round((y + height) * scale), image.height)
        if text:
            yield Line(text, confidence, Box(left, top, max(1, right - left), max(1, bottom - top)))


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _sweep() -> None:
    """Remove the scratch folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        owner = folder.name.removeprefix(_SCRATCH).split("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":
        return True  # to ask would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
