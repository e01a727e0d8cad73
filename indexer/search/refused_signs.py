"""Signs within a word of a query that are refused, with the reason and what to write instead."""

from __future__ import annotations

from indexer.translation import _


def refused() -> tuple[tuple[str, str, str], ...]:
    """A pattern of each sign, the reason, and what to write. Punctuation of the language is not among them."""
    no_fields = _(
        "Write the words alone. There are name:WORD, spelling:old, like:LINE:WORD, doc:PATTERN, date:1914..1918, "
        "title:, person:, place:, tag:, shelfmark:, note: and, outside parentheses, in:COLUMN."
    )
    return (
        (r"~\d", _("~ allows one letter to be wrong, ~2 two"), _("Write: word~ or word~2.")),
        (r"~", _("~ stands at the end of a word only"), _("Write: word~ or word~2.")),
        (
            r"\?(?=\w)|(?<=\w)\?",
            _("? does not stand for a letter"),
            _("Write _ for each letter that cannot be read: C__per."),
        ),
        (r"\^", _("^ means nothing here"), _("Leave it out: what is most probable comes first.")),
        (r"\\", _("\\ means nothing here"), _('Put what is to be found as it is in quotation marks: "like this".')),
        (r"(?<=[^\W\d_]):(?=\w)", _("there is no such field to search in"), no_fields),
        (
            r"(?<=\w)\+(?=\w)",
            _("+ means nothing between words"),
            _("Write words with blanks between: all must be there."),
        ),
        (r"(?<=\w)[|¦](?=\w)|^[|¦]+$", _("| is no OR"), _("Write: one OR another.")),
        (r"^!(?=\w)", _("! is no NOT"), _("Write: NOT word, or -word.")),
        (r"^--+(?=\w)", _("a word to be left out has one minus before it"), _("Write: -word.")),
        (r"^[‐‑‒–—―−﹘﹣－](?=\w)", _("this dash is no minus"), _("Write -word or NOT word to leave it out.")),
        (r"(?<=\w)[][{}](?=\w)", _("brackets mean nothing here"), _("Write: one OR another.")),
        (r"^/.*\w.*/[gimsux]+$", _("a regular expression ends with its /"), _("Write /te.t/: case never matters.")),
        (
            r"(?<=[^\W\d_])[%$]|[%$](?=[^\W\d_])",
            _("this sign does not stand for letters"),
            _("Write: begin* or word~."),
        ),
    )


def refused_in_phrases() -> tuple[tuple[str, str, str], ...]:
    """The signs that are refused in a phrase too. The others are mostly punctuation there."""
    one, other, third, *__ = refused()
    return one, other, (r"(?<=\w)\?(?=\w)", *third[1:])
