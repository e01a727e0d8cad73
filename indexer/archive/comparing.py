"""Two transcriptions of a page compared in its ink: where they differ, and which of both the ink speaks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.posteriors.evidence import CONTRADICTED, preferred, text_confidence
from indexer.posteriors.posteriorgram import readable
from indexer.recognition.combination import grouped
from indexer.recognition.placing import placed
from indexer.recognition.sidecar_lines import SidecarText
from indexer.text.folding import search_words
from indexer.values import COMPARED, Line, Origin, SourceOptions
from indexer.values.errors import NotesError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexer.archive.library import Archive
    from indexer.catalog import DocumentPage
    from indexer.values import StoredLine


@dataclass(frozen=True, slots=True)
class Difference:
    """A line that two transcriptions read otherwise. ``texts`` is what each says, empty where it has none; ``sure`` is
    how probable each is by the ink (0-1). ``first`` is the probability that the first one is right, if one of both is;
    ``None`` where the ink cannot tell, or one says nothing."""

    line: StoredLine
    texts: tuple[str, str]
    sure: tuple[float | None, float | None]
    first: float | None

    @property
    def supported(self) -> str:
        """What the ink speaks for: ``first``, ``second``, ``neither``, or ``unknown``."""
        if self.first is None:
            return "unknown"
        if all(each is not None and each < CONTRADICTED for each in self.sure):
            return "neither"
        return "first" if self.first >= 0.5 else "second"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The lines of a page in which two transcriptions differ, how many say the same, and how many lines of each were
    not found on the page."""

    differences: tuple[Difference, ...]
    same: int
    unplaced: tuple[int, int]


def compare(
    archive: Archive, page: DocumentPage, one: Path, other: Path, passwords: tuple[str, ...] = ()
) -> Comparison:
    """Compare two transcriptions of a page that was read. Raises ``UsageError`` for one that cannot be read or does not
    fit."""
    catalog = archive.catalog
    lines = catalog.page_lines(page.path, page.number)
    read = [SidecarText.of(path, page.path, form=archive.registry.format_of(path)) for path in (one, other)]
    turned = _orientation(archive, page, passwords)
    (first, lost), (second, missed) = (_said(text, turned, page, lines) for text in read)
    differences, same = [], 0
    for line in lines:
        texts = (first.get(line.id, ""), second.get(line.id, ""))
        if texts[0] == texts[1]:
            same += bool(texts[0])
        else:
            differences.append(_difference(line, texts, catalog.posteriorgram(line.id)))
    return Comparison(tuple(differences), same, (lost, missed))


def _orientation(archive: Archive, page: DocumentPage, passwords: tuple[str, ...]) -> int:
    """How the file with the image of a page says that it is turned; 1 where it is not there any more."""
    try:
        return archive.orientation(page, passwords)
    except NotesError:
        return 1


def _said(
    text: SidecarText, orientation: int, page: DocumentPage, lines: Sequence[StoredLine]
) -> tuple[dict[int, str], int]:
    """What a transcription says of each line, by id, and how many of its lines lie on none."""
    text = text.at(1 if len(text.document.pages) == 1 else page.number, orientation)
    found = [Line(each.text, each.confidence or 0.0, each.box, each.polygon, baseline=each.baseline) for each in lines]
    unplaced = text.unplaced(SourceOptions())
    if unplaced is not None:
        laid, _ = placed(found, unplaced[1])
        at = {(line.box, line.polygon): each.id for line, each in zip(found, lines, strict=True)}
        rows = sum(bool(row.strip()) for row in unplaced[1].splitlines())
        return {at[line.box, line.polygon]: line.text for line in laid}, max(0, rows - len(laid))
    own = text.lines((page.width, page.height), page.turned)
    groups = grouped([(Origin("found"), found), (COMPARED, own)])
    ids = {id(line): each.id for line, each in zip(found, lines, strict=True)}
    said = {ids[id(group[0].line)]: group[1].line.text for group in groups if len(group) > 1}
    return said, sum(group[0].origin == COMPARED for group in groups)


def _difference(line: StoredLine, texts: tuple[str, str], packed: bytes | None) -> Difference:
    posteriorgram = readable(packed)
    if posteriorgram is None:
        return Difference(line, texts, (None, None), None)
    sure = (text_confidence(texts[0], posteriorgram), text_confidence(texts[1], posteriorgram))
    one, other = search_words(texts[0]), search_words(texts[1])
    known = one and other and one != other
    return Difference(line, texts, sure, preferred(one, other, posteriorgram) if known else None)
