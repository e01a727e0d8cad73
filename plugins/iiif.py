"""Source plugin: IIIF manifests (Presentation 2 and 3). The canvases of a manifest are the pages of one document.

Their images lie beside the manifest, or on servers that a person allowed in the settings: no other is ever asked. What
was fetched is kept, so that a page is shown later as it was read.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from indexer.api import Page, PluginError, Source, ask_server, decode_image, hookimpl, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from PIL.Image import Image

    from indexer.api import SourceFile, SourceOptions

_CONTEXT = b"iiif.io/api/presentation/"
_HEAD = 8192
_MOST_BYTES = 100_000_000
"""The most bytes of a manifest, and of an image."""
_MOST_PAGES = 20_000
_MOST_VALUES = 5_000_000
"""The most values in a manifest, since each takes far more memory than room in the file."""
_SECONDS = 120.0
"""Seconds in which a server gives an image, in all."""
_REDIRECTS = 5
_FOUND, _LEADS_ON = 200, (301, 302, 303, 307, 308)
_LONGEST_HOST = 260


@dataclass(frozen=True, slots=True)
class Canvas:
    """A page: the address of its image, and its label. The address is empty if the manifest names none."""

    address: str
    label: str | None = None


@hookimpl
def notes_sources() -> Iterable[Source]:
    """IIIF manifests."""
    yield Source("iiif", (".json",), pages, recognises=is_manifest, beside=beside)


def is_manifest(path: Path) -> bool:
    """Whether a file is of the Presentation API by its first bytes."""
    try:
        with path.open("rb") as stream:
            return _CONTEXT in stream.read(_HEAD)
    except OSError:
        return False


def pages(file: SourceFile, options: SourceOptions) -> Iterator[Page]:
    """The canvases in order. An image is only looked for when its page is read."""
    for number, canvas in enumerate(canvases(file.path), 1):
        yield Page(number, partial(_image, file.path.parent, canvas.address, options), label=canvas.label)


def beside(path: Path) -> Iterator[Path]:
    """The images of its pages that lie beside it."""
    with suppress(PluginError):  # said when it is read
        for canvas in canvases(path):
            with suppress(PluginError):
                if (image := _local(path.parent, canvas.address)) is not None:
                    yield image


def _image(folder: Path, address: str, options: SourceOptions) -> Image:
    path = _local(folder, address)
    return _fetched(address, options) if path is None else decode_image(path, options)


def canvases(path: Path) -> list[Canvas]:
    """The pages of a manifest. Raises ``PluginError`` for one that has none, or cannot be read."""
    manifest = _manifest(path)
    if _kind(manifest) == "Collection":
        raise PluginError("it is a collection of manifests", "Index its manifests.", kind="unsupported")
    sequences = _list(manifest, "sequences")
    given = _list(manifest, "items") or (_list(sequences[0], "canvases") if sequences else [])
    found = [_canvas(each) for each in given if isinstance(each, dict)]
    if not found:
        raise PluginError("the manifest has no canvases", kind="empty")
    if len(found) > _MOST_PAGES:
        raise PluginError(f"it has more than {_MOST_PAGES:,} canvases", kind="too-large")
    return found


def _manifest(path: Path) -> dict[str, Any]:
    data = whole_file(path, _MOST_BYTES)
    if sum(map(data.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise PluginError(f"it has more than {_MOST_VALUES:,} values", kind="too-large")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise PluginError(f"it is no JSON that can be read ({str(error) or type(error).__name__})") from error
    if not isinstance(found, dict):
        raise PluginError("it is no manifest")
    return found


def _canvas(canvas: dict[str, Any]) -> Canvas:
    """A canvas of version 3, with annotations in annotation pages, or of version 2, with images."""
    painted = (each for page in _list(canvas, "items") for each in _list(page, "items"))
    bodies = [body for each in painted for body in _parts(each, "body")]
    bodies += [body for each in _list(canvas, "images") for body in _parts(each, "resource")]
    addresses = (each if isinstance(each, str) else _id(each) for each in bodies)
    return Canvas(next(filter(None, addresses), ""), _text(canvas.get("label")))


def _parts(annotation: object, name: str) -> Iterator[object]:
    """What an annotation paints. Of a choice it is each thing to choose, the default one first."""
    given = annotation.get(name) if isinstance(annotation, dict) else None
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, dict) and _kind(each) == "Choice":
            yield from (part for key in ("default", "items", "item") for part in _list(each, key))
        else:
            yield each


def _list(value: object, name: str) -> list[Any]:
    """What stands under a name: a list, or one thing instead of it."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else [found] if isinstance(found, dict) else []


def _id(value: object) -> str:
    found = (value.get("id") or value.get("@id")) if isinstance(value, dict) else None
    return found.strip() if isinstance(found, str) else ""


def _kind(value: dict[str, Any]) -> str:
    return str(value.get("type") or value.get("@type") or "").rpartition(":")[2]


def _text(label: object) -> str | None:
    """A label: a text, one with its language, or texts by language."""
    for _ in range(4):
        if isinstance(label, dict):
            label = label.get("@value") or next(iter(label.values()), None)
        elif isinstance(label, list):
            label = next(iter(label), None)
    return label.strip()[:200] or None if isinstance(label, str) else None


def _local(folder: Path, address: str) -> Path | None:
    """The file beside the manifest to which an address leads, ``None`` if it leads to a server."""
    if not address:
        raise PluginError("the manifest names no image for it", kind="missing")
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise PluginError(f"its image has no address that makes sense ({address[:200]!r})") from error
    if parts.scheme in ("http", "https"):
        return None
    if parts.scheme not in ("", "file"):
        raise PluginError(f"its image has an address of a kind that is not read ({parts.scheme})", kind="unsupported")
    path = Path(os.path.normpath(folder / unquote(parts.path)))
    if not path.is_relative_to(folder):
        raise PluginError(f"its image lies outside the folder of the manifest ({address[:200]!r})", kind="leads-out")
    if "\0" in str(path) or not path.is_file():
        raise PluginError(f"its image is not there ({address[:200]!r})", kind="missing")
    return path


def _fetched(address: str, options: SourceOptions) -> Image:
    """An image of a server: as it was fetched before, or fetched now if the server is allowed.

    Only what is an image is kept: what a server says in its place may be otherwise the next time.
    """
    name = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
    kept = None if options.fetched is None else options.fetched / name
    if kept is not None and kept.is_file():
        return decode_image(kept, options)
    data = _fetch(address, options)
    image = decode_image(data, options)
    if kept is not None:
        with suppress(OSError):  # a full disk keeps nobody from reading the page
            kept.parent.mkdir(parents=True, exist_ok=True)
            partial_file = kept.with_name(f"{kept.name}.{os.getpid()}.part")
            partial_file.write_bytes(data)
            partial_file.replace(kept)
    return image


def _fetch(address: str, options: SourceOptions) -> bytes:
    from http.client import HTTPException

    for _ in range(_REDIRECTS):
        _check(address, options)
        try:
            found = ask_server(
                quote(address, safe=":/?#[]@!$&'()*+,;=%"), _SECONDS, _MOST_BYTES, {"User-Agent": "notes"}
            )
        except (OSError, HTTPException, ValueError) as error:
            raise _unreachable(address, f"does not give the image ({str(error) or type(error).__name__})") from error
        if found.is_too_large:
            raise PluginError(f"the image is larger than {_MOST_BYTES // 1_000_000} MB", kind="too-large")
        if found.status == _FOUND:
            return found.data
        if found.status not in _LEADS_ON or not found.location:
            raise _unreachable(address, f"does not give the image (it answers {found.status})")
        address = urljoin(address, found.location)
    raise _unreachable(address, "leads from one address to the next")


def _unreachable(address: str, what: str) -> PluginError:
    return PluginError(f"{_host(address)} {what}", "Run notes index again.", kind="unreachable")


def _check(address: str, options: SourceOptions) -> None:
    """Raise ``PluginError`` unless a person allowed the server."""
    host = _host(address)
    try:
        scheme = urlsplit(address).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https") or not host:
        said = f"its image has an address of no server ({address[:200]!r}), which is not asked"
        raise PluginError(said, kind="not-allowed")
    if host not in options.fetch_from:
        hint = f'Only you can allow it: fetch_from = "{host}" in your own settings (notes config names the file).'
        raise PluginError(f"its image lies on {host}, which is not asked", hint, kind="not-allowed")


def _host(address: str) -> str:
    """The server of an address, with the port if one is named."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower()[:_LONGEST_HOST]
    except ValueError:
        return ""
