"""The table of tools: what each is called, what may be asked of it, what answers, and who may use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from indexer.mcp import asked
from indexer.mcp.correcting import correct_line, undo_line
from indexer.mcp.looking import files, not_found, search, show_line, show_page, status
from indexer.mcp.reading import read_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexer.archive.library import Archive
    from indexer.mcp.answer import Answer


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool. ``kind`` says whether it looks into the archive, reads a file beside it, or changes something."""

    name: str
    title: str
    about: str
    asked: type[asked.Asked]
    answer: Callable[[Archive, Any], Answer]
    kind: Literal["looks", "reads", "changes"] = "looks"


TOOLS = (
    Tool(
        "search",
        "Search the handwriting",
        "Find lines of handwriting, also where a word was misread. Each hit has its number in brackets, file, page, "
        "box, relevance (the probability that it has what was asked for) and its ink as a picture. The answer says "
        "about how many were missed.",
        asked.AskedSearch,
        search,
    ),
    Tool(
        "not_found",
        "How sure is it that nothing is there?",
        "Say how sure it is that something does not stand in the archive: about how many places were missed, the "
        "likeliest ones with their ink, and how well the archive is read. Ask it before you say that there is nothing.",
        asked.AskedSearch,
        not_found,
    ),
    Tool(
        "show_page",
        "Show a page",
        "The lines of a page in reading order with their boxes and confidences, and the picture of the page.",
        asked.AskedPage,
        show_page,
    ),
    Tool(
        "show_line",
        "Show a line",
        "One line: everything that was read of it, the boxes of its words, and its ink as a picture. Look at the ink "
        "before you rely on a doubtful reading.",
        asked.AskedLine,
        show_line,
    ),
    Tool("files", "List the files", "The files that are in the index.", asked.AskedFiles, files),
    Tool(
        "status",
        "How it stands",
        "How much there is, how well it is read by estimate, and what could not be read.",
        asked.AskedStatus,
        status,
    ),
    Tool(
        "read_file",
        "Read a file",
        "Read an image or PDF of this machine that is not in the index. Nothing is kept. It takes seconds a page.",
        asked.AskedFile,
        read_file,
        kind="reads",
    ),
    Tool(
        "correct_line",
        "Correct a line",
        "Say what a line says, letter for letter. It counts as said by the person: use it only when they ask for it.",
        asked.AskedCorrection,
        correct_line,
        kind="changes",
    ),
    Tool(
        "undo_line",
        "Take back a correction",
        "Take back what was said last of a line.",
        asked.AskedUndo,
        undo_line,
        kind="changes",
    ),
)
