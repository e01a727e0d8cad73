"""Decodes image files into upright pages."""

from __future__ import annotations

import struct
import sys
import warnings
import zlib
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from indexer.image.tones import PREMULTIPLIED, plain
from indexer.translation import _
from indexer.values import SourceOptions
from indexer.values.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

_KINDS = """
AVIF .avif .avifs
BLP .blp
BMP .bmp
CUR .cur
DCX .dcx
DDS .dds
DIB .dib
FITS .fit .fits
FLI .flc .fli
FTEX .ftc .ftu
GBR .gbr
GIF .gif
HEIF .heic .heics .heif .heifs .hif
ICNS .icns
ICO .ico
IM .im
IPTC .iim
JPEG .jfif .jpe .jpeg .jpg .mpo
JPEG2000 .j2c .j2k .jp2 .jpc .jpf .jpx
MSP .msp
PCD .pcd
PCX .pcx
PIXAR .pxr
PNG .apng .png
PPM .pbm .pfm .pgm .pnm .ppm
PSD .psd
QOI .qoi
SGI .bw .rgb .rgba .sgi
SUN .ras
TGA .icb .tga .vda .vst
TIFF .tif .tiff
WEBP .webp
XBM .xbm
XPM .xpm
"""
FORMATS = {kind: tuple(suffixes) for kind, *suffixes in map(str.split, _KINDS.strip().splitlines())}
"""The formats that may be decoded, with their suffixes: what Pillow and libheif can decode.

EPS and PS are left out, because Pillow would start Ghostscript. So are formats that Pillow only knows by name.
"""
_ORIENTATION = 274
_BY_SUFFIX = ("FITS", "IM", "IPTC", "PCD", "TGA")
"""Formats that are recognised by their suffix alone: other files begin with the same bytes."""
SUFFIXES = tuple(suffix for suffixes in FORMATS.values() for suffix in suffixes)
"""Suffixes of images, in lower case with the dot."""
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_DAMAGE = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, RuntimeError, SyntaxError, TypeError, ValueError),
    *(struct.error, zlib.error),
)
"""What Pillow and libheif raise for files that do not hold what their header promises."""
_NOT_HERE = ("unsupported", "not available", "unknown compression", "not supported", "cannot decode", "-2 when reading")
"""Words in an error that tell an unsupported kind of file from damage."""


@contextmanager
def opened_image(data: bytes | Path | BinaryIO, options: SourceOptions, frame: int = 0) -> Iterator[Image]:
    """An image at a frame. Its header is read, and it is not decoded yet. Frame 0 is the first or primary picture.

    Raises ``PluginError`` if it is no image or too large. What decoding raises inside the block becomes one too.
    """
    import pillow_heif
    from PIL import Image, UnidentifiedImageError

    pillow_heif.register_heif_opener()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is no reason not to read a page
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # our own limit is checked before decoding
        try:
            with _stream(data) as stream, Image.open(stream, formats=_formats(data)) as image:
                if frame:
                    image.seek(frame)
                _check_size(image.size, options.max_pixels)
                _keep_colours(image)
                yield image
        except UnidentifiedImageError as error:
            raise _unknown_kind(data) or _no_image(data) from error
        except MemoryError as error:
            raise PluginError(_("there is not enough memory for the image"), kind="too-large") from error
        except OSError as error:
            raise _unreadable(error) from error
        except _DAMAGE as error:
            short = isinstance(error, EOFError) or "end of file" in str(error)  # libheif says it only in words
            kind = "truncated" if short else "broken"
            raise PluginError(_("the image is damaged (%(why)s)", why=str(error).strip()), kind=kind) from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _formats(data: bytes | Path | BinaryIO) -> list[str]:
    """The formats that the file may have, as far as they can be decoded here."""
    from PIL import Image

    Image.init()
    suffix = data.suffix.lower() if isinstance(data, Path) else ""
    return [
        kind
        for kind, suffixes in FORMATS.items()
        if kind in Image.OPEN and (kind not in _BY_SUFFIX or suffix in suffixes)
    ]


def _keep_colours(image: Image) -> None:
    """Decode colours that are stored multiplied by their alpha as they are. Otherwise they are lost where it is 0."""
    tiles = getattr(image, "tile", [])
    if image.format == "TIFF" and tiles and all(str(tile.args[0]).startswith("RGBa") for tile in tiles if tile.args):
        for at, tile in enumerate(tiles):
            tiles[at] = tile._replace(args=(f"RGBA{tile.args[0][4:]}", *tile.args[1:]))
        image.info[PREMULTIPLIED] = True


def _stream(data: bytes | Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    # Pillow never gets a path. It would map the file, and it maps grey TIFFs that lie on their side with a wrong width.
    if isinstance(data, Path):
        return data.open("rb")
    return nullcontext(BytesIO(data) if isinstance(data, bytes) else data)


def orientation_of(path: Path) -> int:
    """The EXIF orientation (1-8) that turns an image file upright. It is 1 if the file is no image or names none.

    libheif turns its images itself.
    """
    try:
        with opened_image(path, SourceOptions(max_pixels=sys.maxsize)) as image:
            stored = int(image.getexif().get(_ORIENTATION, 1)) if image.format != "HEIF" else 1
    except (PluginError, TypeError, ValueError):
        return 1
    return stored if stored in range(1, 9) else 1


def decode_image(data: bytes | Path | BinaryIO, options: SourceOptions, frame: int = 0) -> Image:
    """A picture of an image file, upright, in mode ``L`` or ``RGB``: by default the first or primary one.

    Raises ``PluginError`` if it is no image, is damaged, or has more than ``options.max_pixels``.
    """
    with opened_image(data, options, frame) as image:
        return upright(image)


def upright(image: Image) -> Image:
    """The image decoded in mode ``L`` or ``RGB``, with its EXIF orientation applied. ``image`` is used up."""
    from PIL import ImageOps

    image.load()
    ImageOps.exif_transpose(image, in_place=True)  # TIFF and HEIC are turned while loading, and say so
    return plain(image)


def _check_size(size: tuple[int, int], most: int) -> None:
    width, height = size
    if width * height > most:
        raise PluginError(
            _(
                "the image is too large: %(width)s x %(height)s pixels, more than %(most)s million",
                width=width,
                height=height,
                most=format(most / 1e6, "g"),
            ),
            _("Raise max_pixels in the settings if the memory is there."),
            kind="too-large",
        )


def _unreadable(error: OSError) -> PluginError:
    if isinstance(error, PermissionError):
        return PluginError(_("no permission to read it"), kind="unreadable")
    if error.errno is not None:
        return PluginError(_("it cannot be read: %(why)s", why=error.strerror), kind="unreadable")
    if any(word in str(error).lower() for word in _NOT_HERE):
        return _unsupported(f"it is of a kind that cannot be decoded here ({error})")
    hint = _("Restore the file from a backup.")
    return PluginError(_("the image is damaged or cut short (%(why)s)", why=error), hint, kind="truncated")


def _unsupported(what: str) -> PluginError:
    return PluginError(what, _("Save it as another kind: PNG, JPEG, or TIFF of 8 bits."), kind="unsupported")


def _unknown_kind(data: bytes | Path | BinaryIO) -> PluginError | None:
    """Says what kind of TIFF this is, if it is sound but Pillow has no mode for it."""
    from PIL import TiffImagePlugin

    head = _head(data)
    if head[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return None
    try:
        with _stream(data) as stream:
            stream.seek(0)
            tags = TiffImagePlugin.ImageFileDirectory_v2(stream.read(16 if b"+" in head[:4] else 8))
            stream.seek(tags.next)
            tags.load(stream)
            size = (int(tags.get(256, 0)), int(tags.get(257, 0)))
            bits = [int(each) for each in tags.get(258, (1,))]
            samples, photometric = int(tags.get(277, 1)), tags.get(262)
    except (OSError, *_DAMAGE):
        return None
    if min(size) < 1 or not tags.get(273, tags.get(324)):
        return None
    depth = "/".join(str(each) for each in dict.fromkeys(bits))
    kind = f"{samples} samples a pixel of {depth} bits, photometric interpretation {photometric}"
    return _unsupported(f"it is a TIFF of a kind that cannot be decoded here ({kind})")


def _no_image(data: bytes | Path | BinaryIO) -> PluginError:
    head = _head(data)
    if b"%PDF-" in head:
        return PluginError(_("it is not an image but a PDF"), _("Rename it to end in .pdf."), kind="not-an-image")
    if head.startswith(_SIGNATURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or head[4:8] == b"ftyp":
        return PluginError(
            _("the image is damaged or cut short before its first pixel"),
            _("Restore the file from a backup."),
            kind="truncated",
        )
    return PluginError(_("it is not an image that can be read"), _("Is the suffix right?"), kind="not-an-image")


def _head(data: bytes | Path | BinaryIO) -> bytes:
    if isinstance(data, bytes):
        return data[:1024]
    if isinstance(data, Path):
        with data.open("rb") as stream:
            return stream.read(1024)
    if not data.seekable():
        return b""
    data.seek(0)
    return data.read(1024)
