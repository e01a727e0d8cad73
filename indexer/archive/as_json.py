"""Lines, failures, blocks and hits as data: what ``--json`` prints and what assistants get."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from indexer.catalog import Document
    from indexer.values import Block, Description, Failure, Hit, Place, SearchResult, StoredLine


def line_json(line: StoredLine, **more: object) -> dict[str, object]:
    """A line as every ``--json`` gives it, with what a command adds; boxes in pixels of the page."""
    return {
        "id": line.id,
        "path": str(line.path),
        "page": line.page,
        "line": line.number,
        "text": line.text,
        "confidence": line.confidence,
        "status": line.status.value,
        "person": line.origin.person,
        "box": line.box.xywh,
        "baseline": line.baseline,
        "block": None if line.block is None else line.block.number,
        **more,
    }


def failure_json(failure: Failure, **more: object) -> dict[str, object]:
    """What could not be read as every ``--json`` gives it, with what a command adds."""
    about = {"path": str(failure.path), "page": failure.page, "kind": failure.kind, "message": failure.message}
    return {**about, **more}


def description_json(description: Description) -> dict[str, object]:
    """What a document is, as every ``--json`` and the API give it; dates in EDTF. ``said_by`` says where each field is
    from."""
    return {
        "title": description.title or None,
        "date": description.date or None,
        "places": list(description.places),
        "people": list(description.people),
        "shelfmark": description.shelfmark or None,
        "tags": list(description.tags),
        "note": description.note or None,
        "said_by": dict(description.said_by),
        "revision": description.revision,
    }


def blocks_json(blocks: Iterable[Block | None]) -> list[dict[str, object]]:
    """The blocks of a page, each once, as every ``--json`` gives them."""
    known = dict.fromkeys(block for block in blocks if block is not None)
    return [{"block": block.number, "kind": block.kind, "box": block.box.xywh} for block in known]


def document_json(document: Document, description: Description) -> dict[str, object]:
    """A document with what it is, as every ``--json`` gives it."""
    about = {"id": document.id, "name": document.name, "path": str(document.path), "sha256": document.sha256}
    return about | description_json(description)


def result_json(
    query: str,
    result: SearchResult,
    labels: Mapping[int, str],
    described: Sequence[tuple[Document, Description]],
) -> dict[str, object]:
    """What a query found, as ``--json`` gives it. ``labels`` are those of pages, by the lines of hits; ``described``
    are documents of ``result.described``, not more than are to be told."""
    return {
        "schema": 1,
        "query": query,
        "total": result.total,
        "pages": result.pages,
        "documents": result.documents,
        "more_in_review": result.more_in_review,
        "expected_missed": round(result.missed, 3),
        "doubtful_lines": result.doubtful,
        "doubtful_groups": result.doubtful_groups,
        "unreadable_lines": result.unreadable,
        "searched_lines": result.searched,
        "stopped_after": result.stopped_after,
        "shards": result.shards,
        "silent_shards": result.silent_shards,
        "described_documents": len(result.described),
        "described": [document_json(*each) for each in described],
        "hits": [hit_json(hit, labels.get(hit.line.id)) for hit in result.hits],
    }


def hit_json(hit: Hit, label: str | None) -> dict[str, object]:
    """A hit as ``--json`` and ``--json-lines`` give it."""
    return line_json(
        hit.line,
        score=round(hit.relevance, 6),
        relevance=round(hit.relevance, 6),
        read=hit.read,
        within=hit.within,
        spelling=hit.spelling or None,
        words=_words(hit.places),
        further=[line_json(each.line, words=_words(each.places)) for each in hit.further],
        label=label,
    )


def _words(places: Sequence[Place]) -> list[Mapping[str, object]]:
    return [{"text": place.text, "box": place.box.xywh} for place in places]
