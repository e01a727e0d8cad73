"""What a source gives: files, their pages, and the text that these bring along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from indexer.values.layout import Line

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Inside:
    """A file that another one holds, as an attachment of a PDF, with its ``names`` there from the outermost on.

    A document of its own has the hash of its content. Without one it is passed over or, with a ``trouble`` (a kind and
    a sentence), cannot be had. Raises ``ValueError`` for names that no path can go on with.
    """

    names: tuple[str, ...]
    sha256: str = ""
    size: int = 0
    trouble: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        for name in self.names or ("",):
            name.encode()
            if name in ("", ".", "..") or set(name) & {"/", "\\", "\0"}:
                raise ValueError(f"a file inside another one cannot be named {name!r}")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: ``modified`` in seconds since 1970, ``sha256`` of its content in hex.

    ``stamp`` is what the system said of the file when its content was hashed; ``None`` when it was not hashed just now.
    A file inside another one has a ``holder``: the file that lies on the disk, whose path its own goes on from.
    """

    path: Path
    sha256: str
    size: int
    modified: float
    stamp: tuple[int, int, int] | None = field(default=None, compare=False, repr=False)
    holder: SourceFile | None = field(default=None, compare=False, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names it has inside its holder, from the outermost on; none for a file that lies on the disk."""
        return () if self.holder is None else self.path.relative_to(self.holder.path).parts


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a source may need to know to open a file.

    ``passwords`` are tried in turn on an encrypted file. ``pdf_text`` says what becomes of text that a page brings
    along: taken alone where it is all the ink there is (``auto``), or wherever there is some (``use``), or always
    checked against the ink, or ignored. A page of more than ``max_pixels`` is refused or rendered smaller.
    """

    passwords: tuple[str, ...] = field(default=(), repr=False)
    pdf_text: Literal["auto", "use", "check", "ignore"] = "auto"
    max_pixels: int = 150_000_000


@dataclass(frozen=True, slots=True)
class TextLayer:
    """Text that a page brings along, its boxes in pixels of the image the page would render to.

    ``lines`` are text that the page shows, ``unproven`` ones are said to be there by the file alone: hidden, or drawn
    as other letters. ``complete`` says that the lines are all the ink the page shows.
    """

    width: int
    height: int
    lines: tuple[Line, ...]
    unproven: tuple[Line, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a file, decoded only when asked.

    ``number`` counts from 1 within the file. ``image`` renders the page upright, in mode ``L`` or ``RGB``; it
    is called at most until the next page is taken from the source. ``text`` gives the text the page brings
    along, or ``None`` when it has to be read from the image. ``missing`` says what of the file is not read, in a
    sentence, where that is to be known.
    """

    number: int
    image: Callable[[], Image]
    text: Callable[[], TextLayer | None] | None = None
    label: str | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A way to get pages out of files: chosen by suffix, named for people.

    ``suffixes`` are lower case with the dot. ``pages`` yields the pages of a file in order and cheaply: it is
    iterated to count them too. It raises ``PluginError`` where a file or a page cannot be had.
    ``inside`` yields the files that a file holds, each by names of its own that are the same every time. Those that can
    be read are documents of their own: ``pages`` is given each with its ``holder``.
    """

    name: str
    suffixes: tuple[str, ...]
    pages: Callable[[SourceFile, SourceOptions], Iterator[Page]]
    inside: Callable[[SourceFile, SourceOptions], Iterator[Inside]] | None = None
