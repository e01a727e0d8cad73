"""Finds what the vendor's library needs on this machine, and makes the environment of its process.

Its .NET Core 3.1 aborts the whole process if ICU or OpenSSL 1.1 is missing. ICU is turned off. OpenSSL is looked for in
the folder of the settings, in the system, and in the wheel of psycopg2-binary, which carries it under other names.
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from indexer.api import PluginError

_INSTALL = "pip install aspose-ocr-python-net==23.12.1 aspose-ocr-models-handwritten-python-net==23.12.1."
_LIBRARIES = ("libssl", "libcrypto")
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/lib/x86_64-linux-gnu")


@dataclass(frozen=True, slots=True)
class Runtime:
    """The place of the vendor's package, and of the two files of OpenSSL 1.1 by their usual names (``libraries``)."""

    packages: Path
    openssl: str
    libraries: dict[str, Path]


def runtime(openssl: Path | None) -> Runtime:
    """Find everything. Raises a ``PluginError`` that says what is missing and what to do."""
    package = find_spec("aspose")
    folders = [Path(folder) for folder in (package.submodule_search_locations or ())] if package else []
    packages = next((folder.parent for folder in folders if (folder / "ocr").is_dir()), None)
    if packages is None:
        raise _absent()
    if sys.platform != "linux":
        return Runtime(packages, "the system", {})
    for name, folder in _places(openssl):
        libraries = {f"{library}.so.1.1": file for library in _LIBRARIES if (file := _library(folder, library))}
        if len(libraries) == len(_LIBRARIES):
            return Runtime(packages, name, libraries)
        if openssl:
            raise _unavailable(f"OpenSSL 1.1 is not in {openssl}", "It has to hold libssl.so.1.1 and libcrypto.so.1.1.")
    raise _unavailable(
        "OpenSSL 1.1, which Aspose.OCR needs, is nowhere", "pip install psycopg2-binary==2.9.10, which carries it"
    )


def _places(openssl: Path | None) -> list[tuple[str, Path]]:
    """The folders where OpenSSL 1.1 may be, the preferred one first. A folder in the settings excludes all others."""
    if openssl:
        return [(str(openssl), openssl)]
    carrier = find_spec("psycopg2")
    carried = Path(carrier.origin).parent.parent / "psycopg2_binary.libs" if carrier and carrier.origin else None
    return [*((folder, Path(folder)) for folder in _SYSTEM), *([("psycopg2-binary", carried)] if carried else [])]


def _library(folder: Path, name: str) -> Path | None:
    """A library in a folder, by its usual name or by its name in a wheel."""
    plain = folder / f"{name}.so.1.1"
    return plain if plain.is_file() else next(iter(sorted(folder.glob(f"{name}-*.so.1.1"))), None)


def _absent() -> PluginError:
    if sys.version_info >= (3, 12):
        why = f"its version with offline handwriting does not run on Python {platform.python_version()}"
        hint = "Use Python 3.10 or 3.11 if you want it; all else works without."
    elif sys.platform == "linux" and platform.machine() != "x86_64":
        why, hint = f"there is none for Linux on {platform.machine()}", "All else works without."
    else:
        why, hint = "its packages are missing", _INSTALL
    return PluginError(f"Aspose.OCR is not installed: {why}", hint, kind="absent")


def prepare(scratch: Path, found: Runtime) -> dict[str, str]:
    """Fill a scratch folder with the libraries under their usual names. Returns the environment for the process."""
    libraries = scratch / "lib"
    for folder in (libraries, scratch / "tmp", scratch / "work"):
        folder.mkdir()
    for name, file in found.libraries.items():
        (libraries / name).symlink_to(file)
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}
    return {
        **kept,
        "HOME": str(scratch / "work"),
        "TMPDIR": str(scratch / "tmp"),
        "TEMP": str(scratch / "tmp"),
        # The libraries of a wheel refer to each other by their names in the wheel, so its folder is on the path too.
        "LD_LIBRARY_PATH": os.pathsep.join([str(libraries), *{str(file.parent) for file in found.libraries.values()}]),
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
        "COMPlus_EnableDiagnostics": "0",  # no socket for debuggers
        "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
        "ORT_DISABLE_TELEMETRY": "1",
    }


def _unavailable(message: str, hint: str) -> PluginError:
    return PluginError(message, hint + ".", kind="engine")
