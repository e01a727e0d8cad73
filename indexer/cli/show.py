"""``notes show``: a line or a page, and its ink."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from indexer.archive.as_json import blocks_json, description_json, line_json
from indexer.archive.describing import in_a_line
from indexer.archive.naming import page_named
from indexer.cli._output import display, emit_json, percent, say, shown, spoken_in, stdout
from indexer.cli._session import open_archive, read_passwords
from indexer.cli.turn import how
from indexer.text.folding import printable
from indexer.values import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indexer.catalog import Document, DocumentPage
    from indexer.values import Description, Origin, Reading, StoredLine

_DIGITS = 19
"""Most digits of the number of a line or page."""


def command(
    context: typer.Context,
    what: str,
    crop: Path | None,
    overlay: Path | None,
    password_file: Path | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Show the lines of a page with their confidence and state, or one line; --crop writes its ink, --overlay the page
    with what was found on it."""
    with open_archive(context, {"index": index}) as archive:
        line = archive.line(int(what)) if _is_number(what) else None
        page = archive.catalog.page_of(line.id) if line else page_named(archive.catalog, what)
        lines = [line.seen] if line else archive.catalog.page_lines(page.path, page.number)
        document = archive.catalog.document(page.document)
        description = archive.descriptions([document])[document.sha256]
        named = _Named(page, document, archive.catalog.called([page.path]), description)
        _show(named, lines, line.readings() if line else [], as_json=as_json)
        if lines and (crop or overlay):
            from indexer.archive.crops import write_picture

            passwords = read_passwords(password_file)
            if crop:
                write_picture(archive.picture(page, line.seen if line else None, passwords), crop)
                say(f"written: {display(crop)}")
            if overlay:
                write_picture(archive.overlay(page, passwords), overlay)
                say(f"written: {display(overlay)}")


@dataclass(frozen=True, slots=True)
class _Named:
    """A page, its document, the names of files that were added under one, and what the document is."""

    page: DocumentPage
    document: Document
    called: Mapping[Path, str]
    description: Description

    @property
    def place(self) -> str:
        """Where the page is, for people: its file, and its number among the pages of that."""
        pages = self.document.pages or 1
        of = f" of {pages}" if pages > 1 else ""
        label = f" ({_label(self.page)})" if self.page.label else ""
        return f"{shown(self.page.path, self.called)}, page {self.page.number}{of}{label}"


def _show(named: _Named, lines: list[StoredLine], readings: list[Reading], *, as_json: bool) -> None:
    """Print the lines; of a single one also its readings."""
    page = named.page
    if not lines:
        say(f"{named.place}: nothing was read on this page")
    elif as_json:
        rows = [line_json(each, origin=each.origin.engine, **_model_json(each.origin)) for each in lines]
        if readings:
            rows[0]["readings"] = [_reading_json(each) for each in readings]
        about = {"path": str(lines[0].path), "page": page.number, "label": _label(page), "turned": page.turned}
        about |= {"name": page.name, "pages": named.document.pages}
        about |= {"description": description_json(named.description)}
        emit_json({"schema": 2, **about, "blocks": blocks_json(line.block for line in lines), "lines": rows})
    else:
        _print(named, lines)
        if readings:
            say(f"read by {_who(lines[0].origin)}")
        for each in readings[1:]:
            when = ", before the page was read anew" if each.replaced else ""
            stdout().print(
                f"  {each.origin.engine} read ({percent(each.line.confidence)}{when}): {each.line.text}", soft_wrap=True
            )


def _label(page: DocumentPage) -> str | None:
    return None if page.label is None else printable(page.label)


def _is_number(text: str) -> bool:
    """Whether a text is a whole number in ASCII digits. Others, such as ², look like one and cannot be converted."""
    return text.isascii() and text.isdigit() and len(text) < _DIGITS


def _who(origin: Origin) -> str:
    """Who read a line, for people."""
    if origin.person:
        return f"{origin.engine}, {printable(origin.person)}"
    model = f"with {origin.model}" if origin.model else ""
    languages = f"in {spoken_in(origin.languages)}" if origin.languages else ""
    return " ".join(filter(None, (origin.engine, origin.version, model, languages)))


def _reading_json(reading: Reading) -> dict[str, object]:
    return {
        "text": reading.line.text,
        "confidence": reading.line.confidence,
        "origin": reading.origin.engine,
        "version": reading.origin.version,
        "person": reading.origin.person,
        **_model_json(reading.origin),
        "languages": reading.origin.languages,
        "replaced": reading.replaced,
    }


def _model_json(origin: Origin) -> dict[str, object]:
    """The recognition model of a reading, also under the name it had in schema 1."""
    return {"model": origin.model, "reader": origin.model}


def _standing(status: Status) -> str:
    """Where a line stands, for people; nothing for an accepted one."""
    return "review" if status.waits else "rejected" if status is Status.REJECTED else ""


def _print(named: _Named, lines: list[StoredLine]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False, title=None)
    for column in ("id", "confidence", "state"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("text", overflow="fold")
    for line in lines:
        sure = percent(line.confidence) if line.confidence is not None else line.origin.engine
        table.add_row(f"[{line.id}]", sure, _standing(line.status), Text(line.text))
    turned = f", {how(named.page.turned)}" if named.page.turned else ""
    said = in_a_line(named.description)
    say("\n".join(filter(None, (f"{named.place}{turned}", said))))
    stdout().print(table)
