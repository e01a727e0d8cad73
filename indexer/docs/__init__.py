"""What people read: a topic in, its text out. The texts are the Markdown files here; nothing is rendered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

NAMES = (
    *(
        "getting-started",
        "how-it-works",
        "sources",
        "searching",
        "names",
        "registers",
        "describing",
        "reviewing",
        "training",
        "browser-and-phone",
        "many-people",
        "many-machines",
        "with-other-programs",
    ),
    *("formats", "commands", "settings", "library", "plugins", "evaluating", "index-format", "security", "faults"),
    *("troubleshooting", "contributing", "translating"),
)
"""The topics, in the order in which a newcomer needs them."""
_MARK = re.compile(r"^<!--.*-->\n", re.MULTILINE)
_SENTENCE = re.compile(r"(.+?[.?!])(?:\s|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Topic:
    """A text: ``summary`` is its first sentence."""

    name: str
    title: str
    summary: str
    text: str


def topic(name: str) -> Topic:
    """A topic by its name, which has to be one of ``NAMES``."""
    source = files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    text = _MARK.sub("", source)  # marks of what is made from the code
    title, _, rest = text.partition("\n")
    first = _SENTENCE.match(rest.strip())
    return Topic(name, title.removeprefix("# "), " ".join(first[1].split()) if first else "", text)
