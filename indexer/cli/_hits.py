"""How hits are printed for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from indexer.cli._output import page_name, shown, stdout
from indexer.search.summary import likelihood, pieces, remark, spelt, where

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from indexer.catalog import Catalog
    from indexer.values import Hit, SearchResult, StoredLine

    _Piece = tuple[str, str]
    """A text and its style."""

_FOUND = "bold reverse"
"""The style of what was searched for."""


def print_hits(result: SearchResult, labels: Mapping[int, str], called: Mapping[Path, str]) -> None:
    show = _in_colours() if sys.stdout.isatty() else _plainly
    for hit in result.hits:
        head = f"{shown(hit.line.path, called)}  {_place(hit, labels)}  {likelihood(hit)}  "
        head += " ".join(f"[{part.line.id}]" for part in hit.parts)
        words = "  ".join(filter(None, (spelt(hit), where(hit), remark(hit))))
        remarks = [(f"  {words}", "dim yellow" if hit.read else "dim cyan")] if words else []
        show([(head, "dim"), *remarks])
        for part in hit.parts:
            show([("    ", ""), *((text, _FOUND if found else "") for text, found in pieces(part))])


def _in_colours() -> Callable[[Sequence[_Piece]], None]:
    from rich.text import Text  # takes as long to load as a small search: where nobody sees colours it is not

    out = stdout()
    return lambda line: out.print(Text.assemble(*line), soft_wrap=True)


def _plainly(line: Sequence[_Piece]) -> None:
    """Print a line with what was found in brackets, where there is no bold."""
    sys.stdout.write("".join(f"[{text}]" if style == _FOUND else text for text, style in line) + "\n")


def called_in(catalog: Catalog, result: SearchResult) -> dict[Path, str]:
    """The names of the files of hits that were added under one."""
    return catalog.called([hit.line.path for hit in result.hits])


def _place(hit: Hit, labels: Mapping[int, str]) -> str:
    """The pages and the numbers of the lines of a hit."""
    pages: dict[int, list[StoredLine]] = {}
    for part in hit.parts:
        pages.setdefault(part.line.page, []).append(part.line)
    return "; ".join(
        f"{page_name(page, labels.get(lines[0].id))}, {_lines([line.number for line in lines])}"
        for page, lines in pages.items()
    )


def _lines(numbers: Sequence[int]) -> str:
    """The numbers of lines, those that follow each other as one stretch."""
    stretches: list[list[int]] = []
    for number in numbers:
        if stretches and stretches[-1][-1] == number - 1:
            stretches[-1] = [stretches[-1][0], number]
        else:
            stretches.append([number])
    return f"line{'s' * (len(numbers) > 1)} {', '.join('-'.join(map(str, each)) for each in stretches)}"
