"""Decoding of image files into upright pages."""

from __future__ import annotations

import struct
import warnings
import zlib
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from indexer.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from indexer.model import SourceOptions

_FORMATS = ("JPEG", "PNG", "BMP", "DIB", "GIF", "WEBP", "TIFF", "HEIF", "JPEG2000", "PPM")
"""What may be decoded, whatever the suffix says: not EPS, for which Pillow would start Ghostscript."""
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_DAMAGE = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, RuntimeError, SyntaxError, TypeError, ValueError),
    *(struct.error, zlib.error),
)
"""What Pillow and libheif raise for files that are not what their header promises."""
_LIGHTEST_INK = 205.0
"""What is lighter on white paper is paper: a page without ink stays white."""
_STRIP = 512
"""Rows converted at a time, so that a page of 50 megapixels is not held several times over."""


@contextmanager
def opened_image(data: bytes | Path | BinaryIO, options: SourceOptions, frame: int = 0) -> Iterator[Image]:
    """An image at a frame, its header read, not yet decoded. Raises ``PluginError`` for what is no image or too large.

    Also turns what decoding raises inside the block into a ``PluginError``. Frame 0 is the first or primary picture.
    """
    import pillow_heif
    from PIL import Image, UnidentifiedImageError

    pillow_heif.register_heif_opener()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is no reason not to read a page
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # ours is checked instead, before decoding
        try:
            with _stream(data) as stream, Image.open(stream, formats=_FORMATS) as image:
                if frame:
                    image.seek(frame)
                _check_size(image.size, options.max_pixels)
                yield image
        except UnidentifiedImageError as error:
            raise _no_image(data) from error
        except MemoryError as error:
            raise PluginError("there is not enough memory for the image", kind="too-large") from error
        except OSError as error:
            raise _unreadable(error) from error
        except _DAMAGE as error:
            short = isinstance(error, EOFError) or "end of file" in str(error)  # libheif says so in words only
            kind = "truncated" if short else "broken"
            raise PluginError(f"the image is damaged ({str(error).strip()})", kind=kind) from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _stream(data: bytes | Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    # Never a path for Pillow: it would map the file, and maps grey TIFFs that lie on their side with the wrong width.
    if isinstance(data, Path):
        return data.open("rb")
    return nullcontext(BytesIO(data) if isinstance(data, bytes) else data)


def decode_image(data: bytes | Path | BinaryIO, options: SourceOptions, frame: int = 0) -> Image:
    """A picture of an image file, upright, in mode ``L`` or ``RGB``: the first or primary one unless told.

    Raises ``PluginError`` when it is no image, damaged, or has more than ``options.max_pixels``.
    """
    with opened_image(data, options, frame) as image:
        return upright(image)


def upright(image: Image) -> Image:
    """The image decoded, in mode ``L`` or ``RGB``, with its EXIF orientation applied (once); uses up ``image``."""
    from PIL import ImageOps

    image.load()
    ImageOps.exif_transpose(image, in_place=True)  # TIFF and HEIC were turned on loading and say so
    return _plain(image)


def enhanced(image: Image) -> Image:
    """The page with its paper evened out to white and its ink stretched to black, in mode ``L``, of the same size.

    The paper is what is left when strokes are taken away: a closing wider than any stroke, smoothed.
    """
    import cv2
    import numpy as np
    from PIL import Image

    grey = np.asarray(image.convert("L"))
    side = max(3, round(max(grey.shape) / 60)) | 1
    paper = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    paper = cv2.GaussianBlur(paper, (0, 0), side / 2)
    flat = cv2.divide(grey, np.maximum(paper, 1), scale=255)
    darkest = min(float(np.percentile(flat, 0.5)), _LIGHTEST_INK)
    stretched = (flat.astype(np.float32) - darkest) * (255 / max(1.0, 255 - darkest))
    return Image.fromarray(stretched.clip(0, 255).astype(np.uint8))


def _plain(image: Image) -> Image:
    """The image in mode ``L`` or ``RGB``: deep greys stretched to 8 bits, transparency laid on white paper."""
    if image.mode.startswith("I") or image.mode == "F":
        return _stretched(image)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        return _on_paper(image)
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _on_paper(image: Image) -> Image:
    from PIL import Image

    grey = image.mode in ("1", "L", "LA", "La")
    paper = Image.new("L" if grey else "RGB", image.size, "white")
    for box in _strips(image):
        strip = image.crop(box).convert("LA" if grey else "RGBA")
        paper.paste(strip, box, mask=strip.getchannel("A"))
    return paper


def _stretched(image: Image) -> Image:
    # Pillow clips deeper greys to 255. Scanners write 10 to 16 bits into 16, so the brightest pixel is the paper.
    import numpy as np
    from PIL import Image

    top = max(float(_values(image, box).max(initial=0.0)) for box in _strips(image))
    scale = 255.0 / top if top > 0 else 1.0
    page = Image.new("L", image.size)
    for box in _strips(image):
        page.paste(Image.fromarray(np.clip(_values(image, box) * scale + 0.5, 0, 255).astype(np.uint8)), box)
    return page


def _values(image: Image, box: tuple[int, int, int, int]) -> NDArray[np.float64]:
    import numpy as np

    return np.nan_to_num(np.asarray(image.crop(box), dtype=np.float64), posinf=0.0, neginf=0.0)


def _strips(image: Image) -> Iterator[tuple[int, int, int, int]]:
    for top in range(0, image.height, _STRIP):
        yield (0, top, image.width, min(top + _STRIP, image.height))


def _check_size(size: tuple[int, int], most: int) -> None:
    width, height = size
    if width * height > most:
        raise PluginError(
            f"the image is too large: {width} x {height} pixels, more than {most / 1e6:g} million",
            "Raise max_pixels in the settings if the memory is there.",
            kind="too-large",
        )


def _unreadable(error: OSError) -> PluginError:
    if isinstance(error, PermissionError):
        return PluginError("no permission to read it", kind="unreadable")
    if error.errno is not None:
        return PluginError(f"it cannot be read: {error.strerror}", kind="unreadable")
    hint = "Restore the file from a backup."
    return PluginError(f"the image is damaged or cut short ({error})", hint, kind="truncated")


def _no_image(data: bytes | Path | BinaryIO) -> PluginError:
    head = _head(data)
    if b"%PDF-" in head:
        return PluginError("it is not an image but a PDF", "Rename it to end in .pdf.", kind="not-an-image")
    if head.startswith(_SIGNATURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or head[4:8] == b"ftyp":
        return PluginError(
            "the image is damaged or cut short before its first pixel",
            "Restore the file from a backup.",
            kind="truncated",
        )
    return PluginError("it is not an image that can be read", "Is the suffix right?", kind="not-an-image")


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
