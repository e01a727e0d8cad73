"""``notes search``: find lines by their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import typer
from typer.core import TyperCommand

from indexer.cli._output import display, emit_json, line_json, note, page_name, stdout
from indexer.cli._session import open_archive
from indexer.search.summary import likelihood, pieces, remark, where
from indexer.system.days import span
from indexer.system.settings import percent_setting
from indexer.values import SearchOptions
from indexer.values.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from indexer.values import FoundIn, Hit, Place, Reach, SearchResult, StoredLine, Within


_FURTHER = " (see --reach high)"


class Command(TyperCommand):
    """``notes search``, with ``-word`` (a word to leave out) told apart from an option."""

    def parse_args(self, context: Any, args: list[str]) -> list[str]:
        """As always, but ``-word`` is not reported as a misspelt option."""
        takes = {name: not getattr(param, "is_flag", False) for param in self.params for name in param.opts}
        names = takes.keys() | set(context.help_option_names)
        left = iter(args)
        for arg in left:
            if arg == "--":
                break
            if takes.get(arg, False):
                next(left, None)
            elif arg[:1] == "-" and arg[1:2] not in ("", "-") and arg not in names:
                raise UsageError(
                    f"{arg} is no option of notes search",
                    f"To leave a word out, write the whole query in quotes: notes search 'others {arg}'; a query that "
                    f"begins with a minus comes after two: notes search -- '{arg} others'.",
                )
        return super().parse_args(context, args)


def command(
    context: typer.Context,
    query: str,
    reach: Reach,
    everything: bool,
    min_confidence: str | None,
    within: Within,
    glob: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    offset: int,
    sort: Literal["relevance", "confidence", "page"],
    index: Path | None,
    as_json: bool,
) -> None:
    """Find lines with all words of QUERY, best first; then pages, then documents that have them together."""
    first, end = span(since, until, ("--since", "--until"))
    options = SearchOptions(
        reach=reach,
        all_states=everything,
        min_confidence=None if min_confidence is None else percent_setting("--min-confidence", min_confidence),
        within=within,
        glob=glob,
        since=first,
        until=end,
        sort=sort,
        limit=limit,
        offset=offset,
    )
    with open_archive(context, {"index": index}) as archive:
        result = archive.search(query, options, remember=True)
        verdict = archive.in_words(result, options, _shown(result, options), "" if reach == "high" else _FURTHER)
        labels = archive.catalog.labels([part.line.id for hit in result.hits for part in hit.parts])
    if as_json:
        emit_json(_json(query, result, labels))
    else:
        _print(result, labels)
    _say_the_rest(result, verdict)
    if not result.total:
        raise typer.Exit(Exit.NOTHING_FOUND)


def _json(query: str, result: SearchResult, labels: Mapping[int, str]) -> dict[str, object]:
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
        "hits": [_hit_json(hit, labels.get(hit.line.id)) for hit in result.hits],
    }


def _hit_json(hit: Hit, label: str | None) -> dict[str, object]:
    return line_json(
        hit.line,
        score=round(hit.relevance, 6),
        relevance=round(hit.relevance, 6),
        read=hit.read,
        within=hit.within,
        words=_words_json(hit.places),
        further=[line_json(each.line, words=_words_json(each.places)) for each in hit.further],
        label=label,
    )


def _words_json(places: Sequence[Place]) -> list[dict[str, object]]:
    return [{"text": place.text, "box": place.box.xywh} for place in places]


def _print(result: SearchResult, labels: Mapping[int, str]) -> None:
    from rich.text import Text

    out = stdout()
    for hit in result.hits:
        head = Text(f"{display(hit.line.path)}  {_place(hit, labels)}  ", style="dim")
        head.append(f"{likelihood(hit)}  {' '.join(f'[{part.line.id}]' for part in hit.parts)}")
        if words := "  ".join(filter(None, (where(hit), remark(hit)))):
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


def _say_the_rest(result: SearchResult, verdict: str) -> None:
    note(verdict)
    if result.suggestions:
        note(f"did you mean: {', '.join(result.suggestions)}?")
    if result.more_in_review:
        note(f"{result.more_in_review} more among the lines that wait for review (--all)")


def _shown(result: SearchResult, options: SearchOptions) -> str:
    """Which part of the hits is shown, if not all."""
    if not result.total or len(result.hits) >= result.total:
        return ""
    last = options.offset + len(result.hits)
    return f", {options.offset + 1}-{last} shown (--limit, --offset)" if result.hits else ", none shown (--offset)"
