"""``notes search``: find lines by their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import typer
from typer.core import TyperCommand

from indexer.cli._output import display, emit_json, line_json, note, page_name, stdout
from indexer.cli._session import open_archive
from indexer.search.summary import likelihood, pieces, remark
from indexer.system.days import span
from indexer.system.settings import percent_setting
from indexer.values import SearchOptions
from indexer.values.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from indexer.values import FoundIn, Hit, Place, Reach, SearchResult


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
    within: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    offset: int,
    sort: Literal["relevance", "confidence", "page"],
    index: Path | None,
    as_json: bool,
) -> None:
    """Find lines with all words of QUERY, best first."""
    first, end = span(since, until, ("--since", "--until"))
    options = SearchOptions(
        reach=reach,
        all_states=everything,
        min_confidence=None if min_confidence is None else percent_setting("--min-confidence", min_confidence),
        glob=within,
        since=first,
        until=end,
        sort=sort,
        limit=limit,
        offset=offset,
    )
    with open_archive(context, {"index": index}) as archive:
        result = archive.search(query, options, remember=True)
        verdict = archive.in_words(result, options, _shown(result, options), "" if reach == "high" else _FURTHER)
        labels = archive.catalog.labels([hit.line.id for hit in result.hits])
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
        "more_in_review": result.more_in_review,
        "expected_missed": round(result.missed, 3),
        "doubtful_lines": result.doubtful,
        "unreadable_lines": result.unreadable,
        "searched_lines": result.searched,
        "hits": [_hit_json(hit, labels.get(hit.line.id)) for hit in result.hits],
    }


def _hit_json(hit: Hit, label: str | None) -> dict[str, object]:
    return line_json(
        hit.line,
        score=round(hit.relevance, 6),
        relevance=round(hit.relevance, 6),
        read=hit.read,
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
        page = page_name(hit.line.page, labels.get(hit.line.id))
        head = Text(f"{display(hit.line.path)}  {page}, {_lines(hit)}  ", style="dim")
        head.append(f"{likelihood(hit)}  {' '.join(f'[{part.line.id}]' for part in hit.parts)}")
        if words := remark(hit):
            head.append(f"  {words}", style="yellow" if hit.read else "cyan")
        out.print(head, soft_wrap=True)
        for part in hit.parts:
            text = Text("    " + part.line.text)
            for place in part.places:
                text.stylize("bold reverse" if out.is_terminal else "", place.start + 4, place.end + 4)
            out.print(text if out.is_terminal else Text("    " + _marked(part)), soft_wrap=True)


def _lines(hit: Hit) -> str:
    """The numbers of the lines of a hit."""
    first, last = hit.parts[0].line.number, hit.parts[-1].line.number
    return f"line {first}" if first == last else f"lines {first}-{last}"


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
