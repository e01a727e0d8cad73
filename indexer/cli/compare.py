"""``notes compare``: two transcriptions of a page, judged by its ink."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from indexer.archive.as_json import line_json
from indexer.archive.naming import page_named
from indexer.cli._output import amount, display, emit_json, percent, say, stdout
from indexer.cli._session import open_archive, read_passwords
from indexer.translation import _
from indexer.values.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.archive.comparing import Comparison, Difference
    from indexer.archive.library import Archive
    from indexer.catalog import DocumentPage

_NAMES = {
    "first": "the ink speaks for the first",
    "second": "the ink speaks for the second",
    "neither": "the ink speaks for neither",
    "unknown": "the ink cannot tell",
}


def command(
    context: typer.Context,
    page: str,
    one: Path,
    other: Path,
    to: Path | None,
    password_file: Path | None,
    index: Path | None,
    as_json: bool,
) -> None:
    """Compare two transcriptions of a page in its ink: the lines in which they differ, and which of both is there."""
    with open_archive(context, {"index": index}) as archive:
        from indexer.archive.comparing import compare

        asked = page_named(archive.catalog, page)
        passwords = read_passwords(password_file)
        found = compare(archive, asked, one, other, passwords)
        crops = [] if to is None else _crops(archive, asked, found, to, passwords)
    if as_json:
        rows = [_json(each) for each in found.differences]
        for row, crop in zip(rows, crops, strict=False):
            row["crop"] = str(crop)
        emit_json({"schema": 1, "same": found.same, "not_on_the_page": found.unplaced, "differences": rows})
    else:
        for each in found.differences:
            _print(each)
        for path, lost in zip((one, other), found.unplaced, strict=True):
            if lost:
                say(f"{amount(lost, 'line')} of {display(path)} found on no line of the page")
        say(f"{amount(len(found.differences), 'line')} different, {found.same} the same")


def _crops(archive: Archive, page: DocumentPage, found: Comparison, to: Path, passwords: tuple[str, ...]) -> list[Path]:
    """Write the ink of each line that differs into a folder."""
    from indexer.archive.crops import write_picture

    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            _("cannot make the folder %(to)s: %(why)s", to=to, why=(error.strerror or str(error)).lower())
        ) from error
    crops = [to / f"line-{each.line.number}.png" for each in found.differences]
    for crop, each in zip(crops, found.differences, strict=True):
        write_picture(archive.picture(page, each.line, passwords), crop)
    return crops


def _json(difference: Difference) -> dict[str, object]:
    return line_json(
        difference.line,
        texts=difference.texts,
        sure=difference.sure,
        first=difference.first,
        supported=difference.supported,
    )


def _print(difference: Difference) -> None:
    said = _NAMES[difference.supported]
    if difference.first is not None and difference.supported in ("first", "second"):
        sure = difference.first if difference.supported == "first" else 1 - difference.first
        said = f"{said}: {percent(sure)}"
    stdout().print(f"line {difference.line.number}  [{difference.line.id}]  {said}", soft_wrap=True, markup=False)
    for text, probable in zip(difference.texts, difference.sure, strict=True):
        shown = "     " if probable is None else f"{percent(probable):>5}"
        stdout().print(f"    {shown}  {text or '(nothing)'}", soft_wrap=True, markup=False)
