"""``notes search``: find lines by their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import typer
from typer.core import TyperCommand

from indexer.archive.as_json import result_json
from indexer.archive.describing import in_a_line
from indexer.cli._hits import called_in, print_hits
from indexer.cli._output import emit_json, note, shown, stdout
from indexer.cli._session import open_archive
from indexer.cli._sightings import all_of
from indexer.formats.name_lists import Listed, queries_of
from indexer.system.days import span
from indexer.system.settings import percent_setting
from indexer.translation import _
from indexer.values import SearchOptions
from indexer.values.errors import Exit, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.archive.hit_rows import HitForm
    from indexer.archive.library import Archive
    from indexer.values import Reach, SearchResult, Within


_DESCRIBED = 20
"""Most documents that are shown for what they are."""
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
                    _("%(arg)s is no option of notes search", arg=arg),
                    _(
                        "To leave a word out, write the whole query in quotes: notes search 'others %(arg)s'; a "
                        "query that begins with a minus comes after two: notes search -- '%(arg)s others'.",
                        arg=arg,
                    ),
                )
        return super().parse_args(context, args)


def command(
    context: typer.Context,
    query: str | None,
    like: str | None,
    queries: Path | None,
    reach: Reach,
    everything: bool,
    min_confidence: str | None,
    within: Within,
    glob: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    offset: int,
    sort: Literal["relevance", "confidence", "page", "date"],
    index: Path | None,
    as_csv: bool,
    as_json_lines: bool,
    as_json: bool,
) -> None:
    """Find lines with all words of QUERY, best first; then pages, then documents that have them together."""
    form: HitForm | None = "csv" if as_csv else "json lines" if as_json_lines else None
    if like is not None:
        query = f"{query or ''} like:{like}".strip()
    if as_csv + as_json_lines + as_json > 1:
        raise UsageError(_("hits are printed in one way"), _("Give one of --csv, --json-lines and --json."))
    asked = _asked(query, queries)
    every = (form is not None or queries is not None) and _is_default(context, "limit")
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
        limit=None if every else limit,
        offset=offset,
    )
    with open_archive(context, {"index": index}) as archive:
        if query is None or form is not None:
            raise typer.Exit(all_of(archive, asked, options, form, whole=as_json, file=queries))
        if not _answered(archive, query, options, as_json=as_json):
            raise typer.Exit(Exit.NOTHING_FOUND)


def _asked(query: str | None, queries: Path | None) -> tuple[Listed, ...]:
    """The query, or those of a list."""
    if (query is None) == (queries is None):
        wrong = "there is nothing to search for" if query is None else "there is a query and a list of queries"
        raise UsageError(wrong, _("Give a query, or a file with queries: --list FILE."))
    return (Listed(query or "", ""),) if queries is None else queries_of(queries)


def _answered(archive: Archive, query: str, options: SearchOptions, *, as_json: bool) -> bool:
    """Print what one query found, and what is to be said of it; whether it found anything."""
    result = archive.search(query, options, remember=True)
    verdict = archive.in_words(result, options, _shown(result, options), "" if options.reach == "high" else _FURTHER)
    labels = archive.catalog.labels([part.line.id for hit in result.hits for part in hit.parts])
    if as_json:
        emit_json(result_json(query, result, labels, archive.described(result, options.limit or len(result.described))))
    else:
        _print_described(archive, result)
        print_hits(result, labels, called_in(archive.catalog, result))
    _say_the_rest(result, verdict)
    return bool(result.total or result.described)


def _print_described(archive: Archive, result: SearchResult) -> None:
    """Print the documents of which people said what was searched for."""
    found = archive.described(result, _DESCRIBED)
    called = archive.catalog.called([document.path for document, _ in found])
    for document, description in found:
        stdout().print(f"{shown(document.path, called)}\n    {in_a_line(description)}", soft_wrap=True)
    if len(result.described) > len(found):
        note(f"{len(result.described) - len(found)} more documents are described so (--json --limit)")


def _is_default(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is None or source.name.startswith("DEFAULT")


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
