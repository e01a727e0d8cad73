"""Takes new messages of the code into the translations, and makes of these what the program reads.

``python -m indexer.translation.update`` leaves messages that are new without a translation; a test names them.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from indexer.translation import FOLDER, LANGUAGES

_ROOT = FOLDER.parent.parent
_METHODS = [
    ("indexer/web/templates/**.html", "jinja2"),
    ("indexer/web/static/**.js", "javascript"),
    ("indexer/**.py", "python"),
]
_OPTIONS = {
    "indexer/web/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"},
    "indexer/web/static/**.js": {"parse_template_string": "true"},
}
_KEYWORDS: Any = {"_": None, "_n": (1, 2), "gettext": None, "ngettext": (1, 2)}
_WIDTH = 120


def messages() -> Catalog:
    """All messages of the code, with the files in which they stand."""
    found = Catalog(project="notes", charset="utf-8")
    for file, _line, message, comments, context in extract_from_dir(
        _ROOT, _METHODS, _OPTIONS, _KEYWORDS, ("For translators:",), strip_comment_tags=True
    ):
        found.add(message, None, [(file, None)], auto_comments=comments, context=context)
    return found


def translation(name: str) -> Catalog:
    """The translation into a language as people wrote it."""
    path = FOLDER / f"{name}.po"
    if not path.exists():
        return Catalog(locale=name)
    with path.open("rb") as file:
        return read_po(file, locale=name, domain="notes")


def main() -> None:
    """Bring all translations up to date."""
    template = messages()
    for name in [each for each in LANGUAGES if each != "en"]:
        kept = translation(name)
        kept.update(template, no_fuzzy_matching=True)
        kept.obsolete.clear()
        kept.fuzzy = False
        kept.header_comment = "# Translation of notes. How to translate: notes help translating"
        kept.creation_date = kept.revision_date = datetime(2026, 1, 1, tzinfo=timezone.utc)  # no difference a day
        with Path(FOLDER / f"{name}.po").open("wb") as file:
            write_po(file, kept, width=_WIDTH, sort_by_file=True, include_lineno=False)
        with Path(FOLDER / f"{name}.mo").open("wb") as file:
            write_mo(file, kept)


if __name__ == "__main__":
    main()
