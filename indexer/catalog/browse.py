"""Browsing the catalogue: documents, their pages, and the page that a line stands on."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from indexer.catalog.database import CHUNK, Database
from indexer.catalog.records import Document, DocumentPage, ModelUse, Sureness
from indexer.catalog.rows import path_of, stored_line
from indexer.catalog.saying import revision_of
from indexer.system.paths import is_there
from indexer.text.folding import printable
from indexer.translation import _
from indexer.values import HUMAN, IndexLine, Origin, Status
from indexer.values.errors import MissingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from indexer.values import Point, StoredLine

_Item = TypeVar("_Item", Document, DocumentPage)
_HOLDER = """
(SELECT holder FROM held_places WHERE held_places.path = first.path) AS holder,
(SELECT title FROM titles JOIN held_places ON holder_sha256 = sha256
 WHERE held_places.path = first.path) AS holder_title
"""
"""If the document is inside another file: the place of that file, and the name it came with."""
DOCUMENT = f"""
SELECT files.id, sha256, (SELECT title FROM titles WHERE titles.sha256 = files.sha256) AS title,
       files.pages, document_totals.pages AS read_pages, waiting, empty, path, modified, {_HOLDER}
FROM {{places}} JOIN files ON files.id = first.file_id JOIN document_totals ON document_totals.file_id = files.id
"""  # noqa: S608
_FIRST_PLACES = """
SELECT path, file_id, modified FROM places
WHERE NOT EXISTS (SELECT 1 FROM places other WHERE other.file_id = places.file_id AND other.path < places.path)
"""
"""The first place of each content, by path."""
_PLACE_OF = """
(SELECT path, file_id, modified FROM places WHERE file_id = (SELECT id FROM files WHERE {of} = ?)
 ORDER BY path LIMIT 1) first
"""
_PAGES = f"""
SELECT *, {_HOLDER} FROM (
    SELECT pages.id, file_id, sha256, (SELECT title FROM titles WHERE titles.sha256 = files.sha256) AS title,
           number, label, width, height, incomplete, pages.revision, turned,
           (SELECT min(path) FROM places WHERE places.file_id = pages.file_id) AS path
    FROM pages JOIN files ON files.id = file_id {{0}}
) first
"""  # noqa: S608

_USED = f"""
SELECT path, count(DISTINCT page_id) AS pages, count(*) AS lines
FROM readings JOIN lines ON lines.id = line_id JOIN pages ON pages.id = page_id
JOIN ({_FIRST_PLACES}) first ON first.file_id = pages.file_id
WHERE chosen AND origin_id IN ({{}}) GROUP BY path ORDER BY path
"""  # noqa: S608
"""Readings that count are looked through once: a model has as many origins as there are mixtures of languages."""

_SURENESS = """
SELECT file_id, engine = ? AS said, round(confidence * 100) AS sure, count(*) AS lines,
       sum(length(readings.text) - length(replace(readings.text, ' ', '')) + 1) AS words
FROM pages JOIN lines ON page_id = pages.id JOIN statuses USING (status)
JOIN readings ON line_id = lines.id AND chosen JOIN origins ON origins.id = origin_id
WHERE NOT rejected AND file_id IN ({}) GROUP BY 1, 2, 3
"""


class Browser(Database):
    """The part of the catalogue that lists documents and pages."""

    def documents(self, limit: int | None = None, offset: int = 0) -> list[Document]:
        """Documents by path: at most ``limit``, from ``offset`` on. A content without a place is no
        document (``Counts.documents``)."""
        places = f"({_FIRST_PLACES} ORDER BY path LIMIT ? OFFSET ?) first"
        sql = f"{DOCUMENT.format(places=places)} ORDER BY path"
        return self._placed(
            [document_of_row(row, self.home) for row in self._all(sql, -1 if limit is None else limit, offset)]
        )

    def some_read(self, most: int) -> list[IndexLine]:
        """Lines as an engine read them with a confidence, with their posteriorgrams: at most so many, from all of the
        archive."""
        (span,) = self._all("SELECT min(id) AS first, max(id) AS last FROM readings")
        if span["first"] is None:
            return []
        step = -(-(span["last"] + 1 - span["first"]) // most)
        rows = self._in(
            """SELECT line_id, text, confidence, status, posteriorgram FROM readings JOIN lines ON lines.id = line_id
            WHERE readings.id IN ({}) AND chosen AND confidence IS NOT NULL AND status <> 'rejected'""",
            range(span["first"], span["last"] + 1, step),
        )
        return [
            IndexLine(*(row["line_id"], row["text"], row["confidence"], Status(row["status"])), posteriorgram=given)
            for row in rows
            for given in (row["posteriorgram"],)
        ]

    def read_with(self, names: Collection[str]) -> list[ModelUse]:
        """What was read with the recognition models of these names, document by document. What was read otherwise since
        does not count."""
        origins: dict[str, list[int]] = {}
        for row in self._all("SELECT id, settings FROM origins"):
            model = _model_of(row["settings"])
            if model.rpartition("@")[0] in names:
                origins.setdefault(model, []).append(row["id"])
        found = []
        for model, ids in sorted(origins.items()):
            rows = self._all(_USED.format(",".join("?" * len(ids))), *ids)
            found += [ModelUse(model, path_of(row["path"], self.home), row["pages"], row["lines"]) for row in rows]
        return found

    def sureness(self, documents: Iterable[int]) -> dict[int, list[Sureness]]:
        """How sure the lines of documents are, as they stand now; rejected ones do not count."""
        asked = sorted(set(documents))
        found: dict[int, list[Sureness]] = {each: [] for each in asked}
        for start in range(0, len(asked), CHUNK - 1):
            part = asked[start : start + CHUNK - 1]
            for row in self._all(_SURENESS.format(",".join("?" * len(part))), HUMAN, *part):
                sure = None if row["sure"] is None else row["sure"] / 100
                found[row["file_id"]].append(Sureness(sure, bool(row["said"]), row["lines"], row["words"]))
        return found

    def page_order(self) -> list[int]:
        """The ids of all pages, in the order of paths and page numbers."""
        sql = f"SELECT pages.id FROM ({_FIRST_PLACES}) first JOIN pages USING (file_id) ORDER BY path, number"  # noqa: S608
        return [row["id"] for row in self._all(sql)]

    def documents_of_pages(self) -> dict[int, int]:
        """For the id of every page that of its document."""
        return {row["id"]: row["file_id"] for row in self._all("SELECT id, file_id FROM pages")}

    def document(self, document: int) -> Document:
        """A document by its number; raises ``MissingError`` when there is none."""
        row = self._one(DOCUMENT.format(places=_PLACE_OF.format(of="id")), document)
        if row is None:
            raise MissingError(
                _("there is no document %(document)s", document=document),
                _("The list of documents has those that there are."),
            )
        return self._placed([document_of_row(row, self.home)])[0]

    def document_of(self, sha256: str) -> Document | None:
        """The document with a content, or ``None`` when it is not known."""
        row = self._one(DOCUMENT.format(places=_PLACE_OF.format(of="sha256")), sha256)
        return None if row is None else self._placed([document_of_row(row, self.home)])[0]

    def pages_without_text(self, limit: int | None = None) -> list[DocumentPage]:
        """Pages on which no line was read: at most ``limit``, in no special order."""
        none = "NOT EXISTS (SELECT 1 FROM lines WHERE page_id = pages.id)"
        some = "file_id IN (SELECT file_id FROM document_totals WHERE empty > 0)"
        sql = _PAGES.format(f"WHERE {some} AND {none} LIMIT ?")
        return self._placed([_page(row, self.home) for row in self._all(sql, -1 if limit is None else limit)])

    def document_pages(self, document: int, limit: int | None = None, offset: int = 0) -> list[DocumentPage]:
        """The read pages of a document in order: at most ``limit``, from ``offset`` on. See ``Document.read``."""
        sql = f"{_PAGES.format('WHERE file_id = ? ORDER BY number LIMIT ? OFFSET ?')} ORDER BY number"
        rows = self._all(sql, document, -1 if limit is None else limit, offset)
        return self._placed([_page(row, self.home) for row in rows])

    def first_pages(self, documents: Iterable[int]) -> dict[int, DocumentPage]:
        """The first page of each of the documents of which one was read."""
        first = "SELECT min(number) FROM pages other WHERE other.file_id = pages.file_id"
        rows = self._in(_PAGES.format(f"WHERE file_id IN ({{}}) AND number = ({first})"), sorted(set(documents)))
        return {page.document: page for page in self._placed([_page(row, self.home) for row in rows])}

    def around(self, document: int, number: int) -> tuple[int | None, int | None, int]:
        """The numbers of the read page before this one, of the one after it, and of the last one."""
        row = self._all(
            """SELECT (SELECT max(number) FROM pages WHERE file_id = ? AND number < ?) AS before,
            (SELECT min(number) FROM pages WHERE file_id = ? AND number > ?) AS after,
            (SELECT max(number) FROM pages WHERE file_id = ?) AS last""",
            *(document, number, document, number, document),
        )[0]
        return row["before"], row["after"], row["last"] or number

    def document_page(self, document: int, number: int) -> DocumentPage:
        """A page of a document; raises ``MissingError`` when it was not read."""
        row = self._one(_PAGES.format("WHERE file_id = ? AND number = ?"), document, number)
        if row is None:
            raise MissingError(
                _("there is no page %(number)s of document %(document)s", number=number, document=document),
                _("It may not have been read yet."),
            )
        return self._placed([_page(row, self.home)])[0]

    def revisions(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
        """The revisions of pages, each named by its document and number; those that are not there are left out."""
        documents = sorted({document for document, _ in places})
        rows = self._in("SELECT file_id, number, revision FROM pages WHERE file_id IN ({})", documents)
        wanted, found = set(places), {(row["file_id"], row["number"]): row["revision"] for row in rows}
        return {place: found[place] for place in wanted & found.keys()}

    def pages_of(self, lines: Sequence[int]) -> dict[int, DocumentPage]:
        """The page each of the lines stands on."""
        owners = {
            row["id"]: row["page_id"] for row in self._in("SELECT id, page_id FROM lines WHERE id IN ({})", lines)
        }
        ids = sorted(set(owners.values()))
        rows = self._in(_PAGES.format("WHERE pages.id IN ({})"), ids)
        pages = {page.id: page for page in self._placed([_page(row, self.home) for row in rows])}
        return {line: pages[page] for line, page in owners.items() if page in pages}

    def settled(self) -> list[StoredLine]:
        """The lines whose text a person accepted or corrected, page by page."""
        sql = "SELECT * FROM stored_lines WHERE engine = ? AND id IN (SELECT line_id FROM said WHERE lies)"
        rows = [stored_line(row, self.home) for row in self._all(sql, HUMAN)]
        return sorted(rows, key=lambda line: (line.path, line.page, line.number))

    def in_long_files(self, lines: Sequence[int]) -> frozenset[int]:
        """The lines among these that stand in files of several pages."""
        sql = """SELECT lines.id FROM lines JOIN pages ON pages.id = page_id JOIN files ON files.id = file_id
            WHERE files.pages > 1 AND lines.id IN ({})"""
        return frozenset(row["id"] for row in self._in(sql, lines))

    def labels(self, lines: Sequence[int]) -> dict[int, str]:
        """The labels of the pages of lines, such as "fol. 12r"; pages without one are left out."""
        sql = """SELECT lines.id, label FROM lines JOIN pages ON pages.id = page_id
            WHERE label IS NOT NULL AND lines.id IN ({})"""
        return {row["id"]: printable(row["label"]) for row in self._in(sql, lines)}

    def pages_with(self, lines: Sequence[StoredLine]) -> dict[int, DocumentPage]:
        """The page each of the lines stands on, with the path that the line gives."""
        pages = self.pages_of([line.id for line in lines])
        elsewhere = {line.id: line.path for line in lines if line.id in pages and pages[line.id].path != line.path}
        names = self.names(set(elsewhere.values()))
        moved = {line: replace(pages[line], path=path, name=names[path]) for line, path in elsewhere.items()}
        return pages | moved

    def pages_at(self, ids: Sequence[int]) -> list[DocumentPage]:
        """The pages with these ids, by path and number."""
        rows = self._in(_PAGES.format("WHERE pages.id IN ({})"), ids)
        return sorted(self._placed([_page(row, self.home) for row in rows]), key=lambda page: (page.path, page.number))

    def sheets(self, documents: Iterable[int]) -> dict[int, int]:
        """How many pages each of the documents has; 0 for one that nobody counted."""
        rows = self._in("SELECT id, pages FROM files WHERE id IN ({})", sorted(set(documents)))
        return {row["id"]: row["pages"] or 0 for row in rows}

    def rulings(self, pages: Sequence[int]) -> dict[int, tuple[tuple[Point, Point], ...]]:
        """The ends of the rulings of pages; a page that was read by an earlier version has none."""
        kept = {row["page_id"]: row["ends"] for row in self._in("SELECT * FROM rulings WHERE page_id IN ({})", pages)}
        return {page: tuple(((x, y), (u, v)) for x, y, u, v in json.loads(ends)) for page, ends in kept.items()}

    def _placed(self, found: list[_Item], matches: Callable[[bytes], bool] | None = None) -> list[_Item]:
        """Documents or pages, each with a path at which its content lies now, if it lies in several places; with one
        that ``matches``, if there is any."""
        several = self._several(each.id if isinstance(each, Document) else each.document for each in found)
        named = {file: [each for each in places if matches and matches(each[0])] for file, places in several.items()}
        there = {file: self._there(named[file] or places) for file, places in several.items()}
        names = self.names(set(there.values()))

        def placed(item: _Item) -> _Item:
            path = there.get(item.id if isinstance(item, Document) else item.document, item.path)
            return item if path == item.path else replace(item, path=path, name=names[path])

        return [placed(each) for each in found] if there else found

    def elsewhere(self, documents: Iterable[Document]) -> dict[int, list[Path]]:
        """The other places at which the contents of documents lie, by the numbers of the documents."""
        found = {each.id: each.path for each in documents}
        several = {file: [self._path(path) for path, _ in places] for file, places in self._several(found).items()}
        return {file: [path for path in paths if path != found[file]] for file, paths in several.items()}

    def _several(self, files: Iterable[int]) -> dict[int, list[tuple[bytes, bytes | None]]]:
        """The places of contents that lie in more than one, each with the file that holds it, if any."""
        rows = self._in(
            """SELECT file_id, path, holder FROM places LEFT JOIN held_places USING (path) WHERE file_id IN ({})
            AND EXISTS (SELECT 1 FROM places other WHERE other.file_id = places.file_id AND other.path <> places.path)
            ORDER BY file_id, path""",
            sorted(set(files)),
        )
        by_file = groupby(rows, key=lambda row: int(row["file_id"]))
        return {file: [(row["path"], row["holder"]) for row in group] for file, group in by_file}

    def _there(self, places: Sequence[tuple[bytes, bytes | None]]) -> Path:
        """The first of the places (each with the file that holds it, if any) where something is; else the first one."""
        there = (path for path, holder in places if is_there(self._path(holder or path)))
        return self._path(next(there, places[0][0]))

    def entitle(self, sha256: str, title: str, *, anew: bool = False) -> None:
        """Give a content a title, whatever its file is called. An earlier title stays, unless ``anew``."""
        with self._writing() as db:
            if anew:
                db.execute("DELETE FROM titles WHERE sha256 = ?", (sha256,))
            db.execute("INSERT INTO titles VALUES (?, ?) ON CONFLICT DO NOTHING", (sha256, title))

    def names(self, paths: Iterable[Path]) -> dict[Path, str]:
        """What people call files: the title, if a file lies under the hash of its content, or else its own name."""
        asked = list(paths)
        keys = {bytes(self._key(path)): path for path in asked}
        rows = self._in("SELECT path, holder FROM held_places WHERE path IN ({})", list(keys))
        holders = {keys[bytes(row["path"])]: self._path(row["holder"]) for row in rows}
        stems = {
            path: str(holders.get(path, path).name.partition(".")[0]).encode("utf-8", "replace").decode()
            for path in asked
        }
        found = self._in("SELECT * FROM titles WHERE sha256 IN ({})", sorted(set(stems.values())))
        titles = {row["sha256"]: row["title"] for row in found}
        return {path: _called(path, holders.get(path), titles.get(stem)) for path, stem in stems.items()}

    def page_of(self, line: int) -> DocumentPage:
        """The page a line stands on; raises ``MissingError`` when there is no such line."""
        pages = self.pages_of([line])
        if line not in pages:
            raise MissingError(
                _("there is no line %(line)s", line=line), _("notes search and notes review show the ids.")
            )
        return pages[line]

    def verdict_on(self, line: int) -> int:
        """The number of the newest verdict on a line that stands, 0 without one."""
        return self.verdicts_on([line]).get(line, 0)

    def verdicts_on(self, lines: Sequence[int]) -> dict[int, int]:
        """The number of the newest verdict on each of the lines on which one stands."""
        newest = "SELECT line_id, max(id) AS id FROM verdicts WHERE line_id IN ({}) AND undone_at IS NULL GROUP BY 1"
        return {row["line_id"]: row["id"] for row in self._in(newest, lines)}

    def revision_on(self, line: StoredLine) -> str:
        """The revision of a line: it differs when another text, or another verdict, stands on the line."""
        return revision_of(line.text, self.verdict_on(line.id))


def _model_of(settings: str) -> str:
    """The model of an origin; empty without one, or if the settings are damaged: a catalogue may come from anybody."""
    try:
        return Origin("", settings=settings).model or ""
    except (ValueError, AttributeError):
        return ""


def _name(row: sqlite3.Row, home: Path) -> str:
    holder = None if row["holder"] is None else path_of(row["holder"], home)
    return _called(path_of(row["path"], home), holder, row["title"] if holder is None else row["holder_title"])


def _called(path: Path, holder: Path | None, title: str | None) -> str:
    """What people call a file. One inside another is called by both names; ``title`` is that of the outer file."""
    if holder is None:
        return printable(title or path.name)
    return printable("/".join((title or holder.name, *path.relative_to(holder).parts)))


def document_of_row(row: sqlite3.Row, home: Path) -> Document:
    """A document from a row of ``DOCUMENT``."""
    return Document(
        *(row["id"], path_of(row["path"], home), _name(row, home), row["sha256"], row["modified"]),
        *(row["pages"], row["read_pages"], row["waiting"], row["empty"]),
    )


def _page(row: sqlite3.Row, home: Path) -> DocumentPage:
    return DocumentPage(
        *(row["id"], row["file_id"], path_of(row["path"], home), _name(row, home)),
        *(row["sha256"], row["number"], row["label"]),
        *(row["width"], row["height"], row["incomplete"], row["revision"], row["turned"]),
    )
