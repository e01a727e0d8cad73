"""What a source gives: files, their pages, and text that these bring along."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from indexer.values.layout import Line, Point

if TYPE_CHECKING:
    from PIL.Image import Image

    from indexer.values.description import DescriptionField


@dataclass(frozen=True, slots=True)
class Inside:
    """A file inside another one, such as an attachment of a PDF; ``names`` lead to it, from the outermost on.

    With a hash of its content it is a document of its own or, if it ``is_text``, what may be the text of one. Without
    one it is passed over; a ``trouble`` (a kind and a sentence) says that it cannot be opened. Raises ``ValueError``
    for names that cannot be in a path.
    """

    names: tuple[str, ...]
    sha256: str = ""
    size: int = 0
    trouble: tuple[str, str] | None = None
    is_text: bool = False

    def __post_init__(self) -> None:
        for name in self.names or ("",):
            name.encode()
            if name in ("", ".", "..") or set(name) & {"/", "\\", "\0"}:
                raise ValueError(f"a file inside another one cannot be named {name!r}")


@dataclass(frozen=True, slots=True)
class Packed:
    """A file in a container, such as an archive: its name there, with the folders it lies in, as it stands.

    ``open`` gives its content. It is called at most once, before the next file is taken from the container, and only if
    a source reads such files. It raises ``PluginError`` for a file that cannot be had, and the others go on. What the
    stream raises means damage.
    """

    name: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: ``modified`` is in seconds since 1970, ``sha256`` is of its content, in hex.

    ``stamp`` is what the system said of the file when its content was hashed; ``None`` if that was not just now. A file
    inside another one has a ``holder``: the file on the disk, whose path is the beginning of its own.
    """

    path: Path
    sha256: str
    size: int
    modified: float
    stamp: tuple[int, int, int] | None = field(default=None, compare=False, repr=False)
    holder: SourceFile | None = field(default=None, compare=False, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Its names inside its holder, from the outermost on; none for a file on the disk."""
        return () if self.holder is None else self.path.relative_to(self.holder.path).parts


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a source may need to know to open a file.

    ``passwords`` are tried in turn on an encrypted file. ``pdf_text`` says what becomes of text that a page brings
    along: ``auto`` takes it alone if it is all that the page shows, ``use`` takes it wherever there is some, ``check``
    always compares it with the ink, ``ignore`` drops it. A page of more than ``max_pixels`` is refused or rendered
    smaller. ``fetch_from`` are the servers from which images may be fetched; nobody else is ever asked. The folder
    ``fetched`` keeps them. ``sidecar_text`` says what becomes of text in a file beside a page: ``auto`` believes it if
    the ink speaks for it and else compares it with what is read, ``use`` takes it alone, ``check`` always compares,
    ``ignore`` leaves it.
    """

    passwords: tuple[str, ...] = field(default=(), repr=False)
    pdf_text: Literal["auto", "use", "check", "ignore"] = "auto"
    max_pixels: int = 150_000_000
    fetch_from: frozenset[str] = frozenset()
    fetched: Path | None = None
    sidecar_text: Literal["auto", "use", "check", "ignore"] = "auto"


@dataclass(frozen=True, slots=True)
class TextLayer:
    """Text that a page brings along; boxes are in pixels of the image that the page would be rendered to.

    ``lines`` are text that the page shows. ``unproven`` lines are in the file but not shown as such: hidden, or drawn
    as other letters. ``complete`` says that the lines are all the ink on the page.
    """

    width: int
    height: int
    lines: tuple[Line, ...]
    unproven: tuple[Line, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a file, decoded only when asked.

    ``number`` counts from 1 within the file. ``image`` renders the page upright, in mode ``L`` or ``RGB``; it is not
    called after the next page was taken from the source. ``text`` gives the text that the page brings along, or
    ``None`` if it has to be read from the image. ``missing`` says in a sentence what of the file is not read, if
    anything. ``file`` is the image file that the page shows, if it shows one: programs may say where text stands before
    the orientation in its metadata was applied. It is there as long as ``image`` can be called. ``strokes`` gives what
    was written on the page with a pen: the points of each stroke in pixels of the image, the strokes in the order of
    time. Its lines are then read in the order in which they were written.
    """

    number: int
    image: Callable[[], Image]
    text: Callable[[], TextLayer | None] | None = None
    label: str | None = None
    missing: str | None = None
    file: Path | None = None
    strokes: Callable[[], Sequence[Sequence[Point]]] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A way to get pages out of files, chosen by suffix.

    ``suffixes`` are in lower case, with the dot. ``pages`` yields the pages of a file in order and cheaply, since it is
    also called to count them. It raises ``PluginError`` for a file or page that it cannot give. ``inside`` yields the
    files inside a file, each by names that are the same every time. Those that can be read are documents of their own:
    ``pages`` is called with each, and its ``holder``.

    ``contents``, in place of ``inside``, goes through a container whose files other sources read. They are documents of
    their own too. Names, sizes and temporary files are no matter of the plugin; ``pages`` gives none.

    ``recognises`` says whether a file is of this kind, for suffixes that other files have too. ``beside`` gives the
    files beside one that are its pages: in a folder they are not read again by themselves. ``texts`` gives the files of
    text that a file binds to its pages, by their numbers: ALTO, PAGE XML, hOCR, TEI or plain text. ``describe`` gives
    what a file says of the document that it is, by the fields of descriptions (``title``, ``date`` in EDTF, ``place``,
    ``person``, ``shelfmark``, ``tag``, ``note``); it raises ``PluginError`` if the file cannot be read.
    """

    name: str
    suffixes: tuple[str, ...]
    pages: Callable[[SourceFile, SourceOptions], Iterator[Page]]
    inside: Callable[[SourceFile, SourceOptions], Iterator[Inside]] | None = None
    contents: Callable[[SourceFile, SourceOptions], Iterator[Packed]] | None = None
    recognises: Callable[[Path], bool] | None = None
    beside: Callable[[Path], Iterable[Path]] | None = None
    texts: Callable[[Path], Mapping[int, Path]] | None = None
    describe: Callable[[Path], Mapping[DescriptionField, Sequence[str]]] | None = None
