"""What a person can do about a file or page that could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.values import Failure

_DAMAGED = "Open it in another program: if that shows it, save it anew from there. If not, scan or copy it again."
_TO_DO = {
    "encrypted": "Save a copy without its password; or notes index --password-file FILE reads it with it.",
    "empty": "There is nothing in it: copy it again from where it came, or leave it.",
    "truncated": "The copy broke off: copy it again from where it came.",
    "broken": _DAMAGED,
    "unreadable": _DAMAGED,
    "not-an-image": _DAMAGED,
    "too-large": "Scan it smaller or in parts; or allow more with the setting max_pixels.",
    "timeout": "Allow more time with the setting page_timeout, and read it again.",
    "crashed": "Read it again. If it fails once more, save it anew from another program.",
    "engine": "Read it again; notes doctor says whether the engine is well.",
    "unavailable": "notes doctor says what is missing here.",
    "missing": "Look whether the file was moved, and whether its drive is attached.",
    "unreachable": "Look whether the file was moved, and whether its drive is attached.",
    "unsupported": "Save it as PDF, JPEG, PNG or TIFF; notes help sources names all that is read.",
    "sidecar": "The page itself was read. Mend the file of text, or move it away.",
}
_OTHERWISE = "When it is mended, add it again or run notes index."
NOTHING_READ = (
    "Where there is no writing, nothing has to be done. Turn a page that lies on its side or stands on its head. "
    "What is very pale, very small or blurred is read better from a larger or sharper scan."
)
"""What can be done about pages on which no line was read."""


def remedy(failure: Failure) -> str:
    """What to do about a failure, in a sentence or two."""
    return _TO_DO.get(failure.kind, _OTHERWISE)
