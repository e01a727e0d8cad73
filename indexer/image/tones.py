"""Turns the stored numbers of a picture into ink on paper, as an engine needs it: transparency, depth and tone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

PREMULTIPLIED = "premultiplied"
"""A key of ``Image.info``: the colours are stored multiplied by their alpha."""
_STRIP, _THIN = 512, 64
"""Rows that are converted at a time, so that memory never holds a page of 50 megapixels several times. The second
number is for pages with transparency, which need more."""
_GREYS = ("1", "L", "LA", "La")
_WHITE_IS_ZERO, _PHOTOMETRIC = 0, 262
_BLANK = 24
"""If the darkest and the lightest pixel differ by at most this many greys (of 255), the page shows nothing."""
_STRAY = 0.001
"""Stray pixels: up to this share of the pixels may be far lighter than all others without being paper."""
_BINS, _FAR = 4096, 0.5
"""The number of bins for counting values. The greatest value is stray if the usual ones lie below this share of it."""
_LIGHTEST_INK = 205.0
"""Anything lighter than this is paper on a white page, so a page without ink stays white."""
_SEEN = 1000
"""The tones of a page are measured at this many pixels of the long side. Strokes are a few pixels wide then."""
_STROKE = 15
"""Pixels at that size that are wider than a stroke."""
_STANDS_OUT = 0.25
"""A stroke differs from the paper around it by this share of the page's range of greys."""
_CLOSE = 32
"""A page with a smaller range of greys (of 255) is too flat to be read as it is."""


def plain(image: Image) -> Image:
    """A decoded image in mode ``L`` or ``RGB``. Deep greys are stretched to 8 bits, transparent parts get a paper."""
    if image.mode.startswith("I") or image.mode == "F":
        return _stretched(image)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        return _on_paper(image)
    if image.mode in ("L", "RGB"):
        return image
    if image.mode == "LAB":
        return image.getchannel("L")
    return image.convert("L" if image.mode == "1" else "RGB")


def legible(image: Image) -> Image:
    """The page as an engine reads it: dark on light, same size. A negative is inverted, a flat page is stretched.

    A page is a negative if it is dark and has more light strokes than dark ones. A dark table around a page has none.
    """
    import cv2
    import numpy as np
    from PIL import ImageOps

    grey = np.asarray(image.reduce(max(1, max(image.size) // _SEEN)).convert("L"))
    low, high = (float(each) for each in np.percentile(grey, (0.5, 99.5)))
    if high <= low:
        return image
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_STROKE, _STROKE))
    least = _STANDS_OUT * (high - low)
    light, dark = (
        float((cv2.morphologyEx(grey, kind, around) > least).mean()) for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT)
    )
    if high - low < _CLOSE:
        scale = 255 / (high - low)
        table = [round(min(255.0, max(0.0, (value - low) * scale))) for value in range(256)]
        image = image.point(table * len(image.getbands()))
    if float(np.median(grey)) < (low + high) / 2 and light > 2 * dark:
        return ImageOps.invert(image)
    return image


def enhanced(image: Image) -> Image:
    """The page with even white paper and black ink, in mode ``L``, same size.

    The paper is estimated by removing the strokes: a closing that is wider than any stroke, then smoothing.
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


def _on_paper(image: Image) -> Image:
    """The image on white paper. If that shows nothing, on black paper, and otherwise without its alpha.

    Some programs write an alpha of zeros only, and some write white ink on a transparent sheet.
    """
    from PIL import Image

    paper = next((each for each in (255, 0, None) if _shows_something(image, each)), 255)
    page = Image.new("L" if image.mode in _GREYS else "RGB", image.size)
    for box in _strips(image, _THIN):
        page.paste(Image.fromarray(_laid(image, box, paper)), box)
    return page


def _shows_something(image: Image, paper: int | None) -> bool:
    """Whether the image on this paper has more than one tone. ``None`` means its colours without alpha."""
    import numpy as np

    low, high = np.full(3, 255.0), np.zeros(3)
    for box in _strips(image, _THIN):
        pixels = _laid(image, box, paper)
        low = np.minimum(low, pixels.min(axis=(0, 1)))
        high = np.maximum(high, pixels.max(axis=(0, 1)))
        if (high - low).max() > _BLANK:
            return True
    return False


def _laid(image: Image, box: tuple[int, int, int, int], paper: int | None) -> NDArray[np.uint8]:
    """A strip of the image on grey paper. ``None`` means its colours without alpha."""
    import numpy as np

    grey = image.mode in _GREYS
    stored = image.mode if image.mode in ("La", "RGBa") else "LA" if grey else "RGBA"
    values = np.asarray(image.crop(box).convert(stored))
    colours, alpha = values[..., :-1], values[..., -1:].astype(np.float32) / 255
    if paper is not None:
        multiplied = stored in ("La", "RGBa") or PREMULTIPLIED in image.info
        ink = colours if multiplied else colours * alpha
        colours = np.clip(ink + (1 - alpha) * paper + 0.5, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(colours[..., 0] if grey else colours)


def _stretched(image: Image) -> Image:
    """Greys of more than 8 bits, or fractions, as 8 bits. The lightest value becomes the paper, whatever the depth.

    A few stray values far above all others do not count. Pillow gives such greys as they are stored, even if a TIFF
    says that 0 is white.
    """
    import numpy as np
    from PIL import Image

    top = _top(image)
    scale = 255.0 / top if top > 0 else 1.0
    white_is_zero = getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    page = Image.new("L", image.size)
    for box in _strips(image):
        greys = np.clip(_values(image, box) * scale + 0.5, 0, 255).astype(np.uint8)
        page.paste(Image.fromarray(255 - greys if white_is_zero else greys), box)
    return page


def _top(image: Image) -> float:
    """The value of the paper: the greatest one, unless hardly any other value comes near it."""
    import numpy as np

    top = max(float(_values(image, box).max(initial=0.0)) for box in _strips(image))
    bins = np.zeros(_BINS + 1, np.int64)
    if top > 0:
        for box in _strips(image):
            bins += np.bincount(
                (_values(image, box).clip(0) * (_BINS / top)).astype(np.intp).ravel(), minlength=_BINS + 1
            )
    lighter = np.cumsum(bins[::-1])[::-1] > _STRAY * bins.sum()
    usual = (int(np.flatnonzero(lighter)[-1]) + 1) / _BINS if lighter.any() else 1.0
    return top * usual if usual < _FAR else top


def _values(image: Image, box: tuple[int, int, int, int]) -> NDArray[np.float64]:
    import numpy as np

    return np.nan_to_num(np.asarray(image.crop(box), dtype=np.float64), posinf=0.0, neginf=0.0)


def _strips(image: Image, height: int = _STRIP) -> Iterator[tuple[int, int, int, int]]:
    for top in range(0, image.height, height):
        yield (0, top, image.width, min(top + height, image.height))
