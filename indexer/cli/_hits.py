"""How hits are printed for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.cli._output import display, page_name, stdout
from indexer.search.summary import likelihood, pieces, remark, spelt, where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexer.values import FoundIn, Hit, SearchResult, StoredLine


def print_hits(result: SearchResult, labels: Mapping[int, str]) -> None:
    from rich.text import Text

    out = stdout()
    for hit in result.hits:
        head = Text(f"{display(hit.line.path)}  {_place(hit, labels)}  ", style="dim")
        head.append(f"{likelihood(hit)}  {' '.join(f'[{part.line.id}]' for part in hit.parts)}")
        if words := "  ".join(filter(None, (spelt(hit), where(hit), remark(hit)))):
            head.append(f"  {words}", style="yellow" if hit.read else "cyan")
        out.print(head, soft_wrap=True)
        for part in hit.parts:
            text = Text("    " + part.line.text)
            for place in part.places:
                text.stylize("bold reverse" if out.is_terminal else "", place.start + 4, place.end + 4)
            out.print(text if out.is_terminal else Text("    " + _marked(part)), soft_wrap=True)


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


def _marked(part: FoundIn) -> str:
    """The text with what was found in brackets, where there is no bold."""
    return "".join(f"[{text}]" if found else text for text, found in pieces(part))
