"""Checks the options of the engine, which stand in ``[engines.aspose]``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.api import PluginError

from . import LANGUAGES
from .vendor_process import FILTERS

if TYPE_CHECKING:
    from indexer.api import EngineOptions

_MODES = ("handwritten", "printed")
_NAMES = (
    *("mode", "filters", "license", "metered_public", "metered_private", "openssl", "timeout", "pages_a_process"),
    *("models", "downloads"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """The options. ``language`` is the vendor's name. ``timeout`` is in seconds for a page.

    After ``pages_a_process`` pages a new process is started. ``models`` and ``downloads`` are for versions from 24.11
    on: they keep their models in a folder and would download them.
    """

    mode: str = "handwritten"
    language: str = "LATIN"
    filters: tuple[str, ...] = ()
    license: str | None = None
    metered: tuple[str, str] | None = None
    openssl: Path | None = None
    timeout: float = 180.0
    pages_a_process: int = 200
    models: str | None = None
    downloads: bool = False


def parsed(options: EngineOptions) -> Options:
    """The options in their types. Raises a ``PluginError`` that names an option that makes no sense."""
    given, default = dict(options.settings), Options()
    for name in given:
        if name not in _NAMES:
            raise _wrong(f"there is no option {name!r}", f"There are: {', '.join(_NAMES)}, threshold.")
    mode = str(given.get("mode", default.mode))
    if mode not in _MODES:
        raise _wrong(f"mode is {mode!r}", f"It has to be {' or '.join(_MODES)}.")
    public, private = given.get("metered_public"), given.get("metered_private")
    if bool(public) != bool(private):
        raise _wrong("a metered licence needs both keys", "Set metered_public and metered_private.")
    return Options(
        mode=mode,
        language=LANGUAGES[options.language] if options.language else default.language,
        filters=_filters(given.get("filters", ())),
        license=_license(given.get("license")),
        metered=(str(public), str(private)) if public else None,
        openssl=_path("openssl", given["openssl"]) if given.get("openssl") else None,
        timeout=_number("timeout", given.get("timeout", default.timeout)),
        pages_a_process=int(_number("pages_a_process", given.get("pages_a_process", default.pages_a_process))),
        models=str(given["models"]) if given.get("models") else None,
        downloads=str(given.get("downloads", "false")).lower() == "true",
    )


def _filters(value: object) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple):
        raise _wrong(f"filters is {value!r}", f"It has to be a list of {', '.join(FILTERS)}.")
    made = tuple(str(name).strip() for name in names)
    for name in made:
        if name not in FILTERS:
            raise _wrong(f"there is no filter {name!r}", f"There are: {', '.join(FILTERS)}.")
    return made


def _license(value: object) -> str | None:
    if not value:
        return None
    path = _path("license", value).absolute()
    if not os.path.isfile(path):  # noqa: PTH113 - is_file() raises in a folder that is shut
        raise _wrong(f"the licence {path} is not there", "Set license in [engines.aspose] or NOTES_ASPOSE_LICENSE.")
    return str(path)


def _path(name: str, value: object) -> Path:
    try:
        return Path(str(value)).expanduser()
    except RuntimeError as error:
        raise _wrong(f"{name} is {value!r}", "It has to be a path below a home folder that there is.") from error


def _number(name: str, value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise _wrong(f"{name} is {value!r}", "It has to be a number above 0.")
    return number


def _wrong(message: str, hint: str) -> PluginError:
    return PluginError(f"[engines.aspose]: {message}", hint, kind="settings")
