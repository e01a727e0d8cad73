"""Translates the codes of languages from any part of ISO 639 to the two letters of ISO 639-1."""

from __future__ import annotations

from indexer.translation import _
from indexer.values.errors import UsageError

_THREE_LETTERS = {
    "afr": "af", "alb": "sq", "baq": "eu", "bos": "bs", "cat": "ca", "ces": "cs", "chi": "zh", "cym": "cy",
    "cze": "cs", "dan": "da", "deu": "de", "dut": "nl", "ell": "el", "eng": "en", "epo": "eo", "est": "et",
    "eus": "eu", "fin": "fi", "fra": "fr", "fre": "fr", "ger": "de", "gla": "gd", "gle": "ga", "glg": "gl",
    "gre": "el", "hrv": "hr", "hun": "hu", "ice": "is", "ind": "id", "isl": "is", "ita": "it", "jpn": "ja",
    "kor": "ko", "lat": "la", "lav": "lv", "lit": "lt", "ltz": "lb", "may": "ms", "mlt": "mt", "msa": "ms",
    "nld": "nl", "nno": "nn", "nob": "nb", "nor": "no", "oci": "oc", "pol": "pl", "por": "pt", "roh": "rm",
    "ron": "ro", "rum": "ro", "rus": "ru", "slk": "sk", "slo": "sk", "slv": "sl", "spa": "es", "sqi": "sq",
    "srp": "sr", "swa": "sw", "swe": "sv", "tgl": "tl", "tur": "tr", "ukr": "uk", "vie": "vi", "wel": "cy",
    "zho": "zh",
}  # fmt: skip
"""From ISO 639-2 and 639-3 codes to ISO 639-1. Languages with two three-letter codes have both."""


def language_for(code: str, engine: str, known: frozenset[str]) -> str:
    """The ISO 639-1 code for an ISO 639 code. Raises ``UsageError`` if the engine does not read that language."""
    short = _THREE_LETTERS.get(code.strip().lower(), code.strip().lower())
    if short in known or not known:
        return short
    raise UsageError(
        _("the engine %(engine)s does not read the language %(code)s", engine=engine, code=repr(code)),
        _(
            "It reads: %(known)s (ISO 639 codes; leave --language out if the pages mix several).",
            known=", ".join(sorted(known)),
        ),
    )
