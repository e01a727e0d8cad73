"""Decoding of image files into upright pages."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

    from indexer.model import SourceOptions


@contextmanager
def opened_image(data: bytes | Path, options: SourceOptions) -> Iterator[Image]:
    """An image file, its header read, not yet decoded. Raises ``PluginError`` for what is no image or too large.

    Also turns what decoding raises inside the block into a ``PluginError``.
    """
    import pillow_heif
    from PIL import Image, UnidentifiedImageError

    pillow_heif.register_heif_opener()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is no reason not to read a page
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # ours is checked instead, before decoding
        try:
            with Image.open(BytesIO(data) if isinstance(data, bytes) else data) as image:
                _check_size(image.size, options.max_pixels)
                yield image
        except UnidentifiedImageError as error:
            raise _no_image(data) from error
        except PermissionError as error:
            raise PluginError("no permission to read it", kind="unreadable") from error
        except OSError as error:
            if error.errno is not None:
                raise PluginError(f"it cannot be read: {error.strerror}", kind="unreadable") from error
            raise PluginError(
                f"the image is damaged or cut short ({error})", "Restore the file from a backup.", kind="truncated"
            ) from error
        except (SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError) as error:
            raise PluginError(f"the image is damaged ({error})", kind="broken") from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def decode_image(data: bytes | Path, options: SourceOptions) -> Image:
    """The first or only picture of an image file, upright, in mode ``L`` or ``RGB``.

    Raises ``PluginError`` when it is no image, damaged, or has more than ``options.max_pixels``.
    """
    with opened_image(data, options) as image:
        return upright(image)


def upright(image: Image) -> Image:
    """A decoded copy in mode ``L`` or ``RGB`` with its EXIF orientation applied (once)."""
    from PIL import ImageOps

    image.load()
    return _plain(ImageOps.exif_transpose(image))


def _plain(image: Image) -> Image:
    """The image in mode ``L`` or ``RGB``: deep greys stretched to 8 bits, transparency laid on white paper."""
    from PIL import Image

    if image.mode in ("L", "RGB"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I") or image.mode == "F":
        return _stretched(image)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        with_alpha = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(with_alpha, mask=with_alpha.getchannel("A"))
        return paper
    return image.convert("RGB")


def _stretched(image: Image) -> Image:
    # Pillow clips deeper greys to 255. Scanners write 10 to 16 bits into 16, so the brightest pixel is the paper.
    import numpy as np
    from PIL import Image

    values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    top = float(values.max(initial=0.0))
    scale = 255.0 / top if top > 255 or (image.mode == "F" and top > 0) else 1.0
    return Image.fromarray(np.clip(values * scale, 0, 255).astype(np.uint8))


def _check_size(size: tuple[int, int], most: int) -> None:
    width, height = size
    if width * height > most:
        raise PluginError(
            f"the image is too large: {width} x {height} pixels, more than {most / 1e6:g} million",
            "Raise max_pixels in the settings if the memory is there.",
            kind="too-large",
        )


def _no_image(data: bytes | Path) -> PluginError:
    if isinstance(data, Path):
        with data.open("rb") as stream:
            head = stream.read(1024)
    else:
        head = data[:1024]
    if b"%PDF-" in head:
        return PluginError("it is not an image but a PDF", "Rename it to end in .pdf.", kind="not-an-image")
    return PluginError("it is not an image that can be read", "Is the suffix right?", kind="not-an-image")
