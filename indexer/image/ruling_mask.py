"""The pixels of upright rulings in a picture: what is thin, long, and darker than the paper beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_THIN = 9
"""The greatest width of a ruling in pixels. What is wider is the edge of a sheet."""
_PALE, _OF_INK = 6.0, 0.25
"""A ruling is darker than the paper beside it by at least so many greys, and by this share of what thin strokes are."""


def ruling_mask(grey: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
    """The pixels of upright rulings of at least a length in pixels: 1 there, else 0 (height x width).

    The constants suit a picture of about 1,000 pixels on the long side. For level rulings give the picture transposed.
    """
    import cv2
    import numpy as np

    thin = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((1, _THIN), np.uint8))
    least = max(_PALE, _OF_INK * float(np.percentile(thin, 99)))
    found = cv2.morphologyEx((thin > least).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 1), np.uint8))
    found = cv2.dilate(found, np.ones((1, 3), np.uint8))  # a slanted ruling continues in the next column of pixels
    return np.asarray(cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8)))
