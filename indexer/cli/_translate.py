"""Takes new messages of the code into the translations, and makes of these what the program reads.

``python -m indexer.cli._translate`` leaves messages that are new without a translation; a test names them.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from indexer import translation
from indexer.archive.exporting import FORMATS
from indexer.cli._commands import commands
from indexer.system.options import OPTIONS
from indexer.translation import LANGUAGES, catalogue

_ROOT = Path(translation.__file__).parents[2]
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
_PARSER = (
    *("Usage:", "Arguments", "Options", "Commands", "Show this message and exit.", "default: {default}", "required"),
    *("Aborted!", "Missing command.", "No such command {name!r}.", "Error: {message}", "No such option {name!r}."),
    *("Try '{command} {option}' for help.", "Missing argument", "Missing option", "Invalid value: {message}"),
    "Invalid value for {param_hint}: {message}",
    *("[default: {}]", "[required]", "Try [blue]'{command_path} {help_option}'[/] for help."),
)
"""What the parser of the command line says: it looks its messages up among ours, if it looks them up at all."""
_WIDTH = 120


def messages() -> Catalog:
    """All messages of the code, with the files in which they stand."""
    found = Catalog(project="notes", charset="utf-8")
    for file, _line, message, comments, context in extract_from_dir(
        _ROOT, _METHODS, _OPTIONS, _KEYWORDS, ("For translators:",), strip_comment_tags=True
    ):
        found.add(message, None, [(file, None)], auto_comments=comments, context=context)
    for help_text in (
        *(row.help for row in OPTIONS if row.commands and not row.hidden),
        *(each.help for each in commands()),
    ):
        found.add(help_text, None, [("indexer/system/options.py", None)])
    for form in FORMATS.values():
        found.add(form.title, None, [("indexer/archive/exporting.py", None)])
    for message in _PARSER:
        found.add(message, None, [("indexer/cli/_translate.py", None)])
    return found


def translated(name: str) -> Catalog:
    """The translation into a language as people wrote it."""
    path = catalogue(name, "po")
    if not path.exists():
        return Catalog(locale=name)
    with path.open("rb") as file:
        return read_po(file, locale=name, domain="notes")


def main() -> None:
    """Bring all translations up to date."""
    template = messages()
    for name in [each for each in LANGUAGES if each != "en"]:
        kept = translated(name)
        kept.update(template, no_fuzzy_matching=True)
        kept.obsolete.clear()
        kept.fuzzy = False
        kept.header_comment = "# Translation of notes. How to translate: notes help translating"
        kept.creation_date = kept.revision_date = datetime(2026, 1, 1, tzinfo=timezone.utc)  # no difference a day
        with catalogue(name, "po").open("wb") as file:
            write_po(file, kept, width=_WIDTH, sort_by_file=True, include_lineno=False)
        with catalogue(name, "mo").open("wb") as file:
            write_mo(file, kept)


if __name__ == "__main__":
    main()
