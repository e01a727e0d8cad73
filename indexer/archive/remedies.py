"""What a person can do about a file or page that could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.translation import _

if TYPE_CHECKING:
    from indexer.values import Failure


def nothing_read() -> str:
    """What can be done about pages on which no line was read."""
    return _(
        "Where there is no writing, nothing has to be done. Turn a page that lies on its side or stands on its head. "
        "What is very pale, very small or blurred is read better from a larger or sharper scan."
    )


def remedy(failure: Failure) -> str:
    """What to do about a failure, in a sentence or two."""
    return _to_do().get(failure.kind, _("When it is mended, add it again or run notes index."))


def _to_do() -> dict[str, str]:
    """What to do, by the kind of a failure."""
    damaged = _("Open it in another program: if that shows it, save it anew from there. If not, scan or copy it again.")
    return {
        "encrypted": _("Save a copy without its password; or notes index --password-file FILE reads it with it."),
        "empty": _("There is nothing in it: copy it again from where it came, or leave it."),
        "truncated": _("The copy broke off: copy it again from where it came."),
        "broken": damaged,
        "unreadable": damaged,
        "not-an-image": damaged,
        "too-large": _("Scan it smaller or in parts; or allow more with the setting max_pixels."),
        "timeout": _("Allow more time with the setting page_timeout, and read it again."),
        "crashed": _("Read it again. If it fails once more, save it anew from another program."),
        "engine": _("Read it again; notes doctor says whether the engine is well."),
        "unavailable": _("notes doctor says what is missing here."),
        "missing": _("Look whether the file was moved, and whether its drive is attached."),
        "unreachable": _("Look whether the file was moved, and whether its drive is attached."),
        "unsupported": _("Save it as PDF, JPEG, PNG or TIFF; notes help sources names all that is read."),
        "sidecar": _("The page itself was read. Mend the file of text, or move it away."),
    }
