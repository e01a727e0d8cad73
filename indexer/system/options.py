"""The table of all options: the command line, the settings and their reference are made from it."""

from __future__ import annotations

from indexer.system.option import Option, argument, switch
from indexer.system.person_options import PERSON_OPTIONS
from indexer.system.setting_options import SETTING_OPTIONS

_PAGES = "text, alto, page, hocr, tei, pdf, pdfa, markdown, mets, iiif, tropy, jsonl, lines, or one of a plugin"
"""What pages are exported as."""
_JSON = (
    *("review", "review accept", "review reject", "review correct", "review attach", "review learn", "review word"),
    *("order", "turn", "documents", "describe", "forget", "status", "table", "compare", "merge"),
    *("user list", "user log", "catalog move"),
    *("threshold", "models", "backup", "restore", "plugins", "doctor", "config", "help"),
)


OPTIONS = (
    *SETTING_OPTIONS,
    # notes itself.
    Option(
        *("verbose", "count", "Say what is done, and which index is used; -vv says more.", ("",)),
        default=0,
        flags=("--verbose", "-v"),
    ),
    switch("debug", "--debug", "Show the traceback of an error.", ""),
    switch("version", "--version", "Print the version.", ""),
    # help
    Option(
        "topic", "text", "What to read about; without one the topics are listed.", ("help",), argument=True, shown=False
    ),
    # What several commands take.
    Option(
        *(
            "password_file",
            "path",
            "Passwords to try on encrypted files, one a line.",
            ("index", "watch", "read", "merge", "show", "turn", "compare", "train", "adapt", "review learn"),
        ),
        shown=False,
    ),
    switch("as_json", "--json", "Print as JSON.", *_JSON),
    # index
    argument("paths", "path", "Files and folders to read.", "index", many=True),
    Option("threshold", "percent", "Percent that accepts a line, of a new index; see notes threshold.", ("index",)),
    switch("reread", "--reread", "Read pages again that were read with other settings.", "index"),
    switch("prune", "--prune", "Forget files that are gone from the paths.", "index", "watch"),
    switch(
        "prune_emptied", "--prune-emptied", "Also those of folders of which nothing is left, as of a drive.", "index"
    ),
    Option(
        *("minutes", "number", "With --thorough: read first, then look again at lines that wait for so long."),
        ("index",),
        least=0.1,
    ),
    Option("cluster", "text", "Let others read: tcp://scheduler:8786 of Dask, local:4, or slurm:20.", ("index",)),
    switch("dry_run", "--dry-run", "Say what would be read or forgotten.", "index"),
    switch("as_json", "--json", "Print the report as JSON.", "index"),
    switch(
        *(
            "as_child",
            "--as-child",
            "Say that it begins, and each file; stop when the input ends.",
            "index",
            "review learn",
            "train",
            "adapt",
        ),
        hidden=True,
    ),
    # watch
    argument("folders", "path", "Folders to follow.", "watch", many=True),
    switch("poll", "--poll", "Look again and again, where no system tells what changes.", "watch", "serve"),
    switch("as_json", "--json", "Print the report of each run as JSON, a line each.", "watch"),
    # search
    Option(
        *("query", "text", 'words, "a phrase", OR, NOT, NEAR/5, begin*, fuzz~, C__per, /regular/, date:.', ("search",)),
        argument=True,
        shown=False,
    ),
    Option("like", "text", "Places whose ink looks like this piece: LINE:WORD or LINE:30-45%.", ("search",)),
    Option(
        *("queries", "path", "A file with a query a line, or GEDCOM: what all of them find.", ("search",)),
        flags=("--list",),
    ),
    Option(
        *("reach", "choice", "How unsure a hit may be.", ("search",)),
        default="normal",
        choices=("low", "normal", "high"),
    ),
    switch(
        "everything", "--all", "Also lines that wait for review and were read so, however unlikely that is.", "search"
    ),
    Option("min_confidence", "percent", "Least confidence in percent.", ("search",)),
    Option(
        *("within", "choice", "The most in which all words may be together: after lines come pages, then documents."),
        ("search",),
        default="document",
        choices=("line", "page", "document"),
    ),
    Option("glob", "text", "Only files or folders matching this pattern.", ("search",), flags=("--in",)),
    Option("since", "text", "Only files dated this day (YYYY-MM-DD) or later.", ("search",)),
    Option("until", "text", "Only files dated this day (YYYY-MM-DD) or earlier.", ("search",)),
    Option("limit", "whole", "Most hits to show.", ("search",), default=20, least=1),
    Option("offset", "whole", "Hits to pass over first.", ("search",), default=0, least=0),
    Option(
        *("sort", "choice", "What comes first.", ("search",)),
        default="relevance",
        choices=("relevance", "confidence", "page", "date"),
    ),
    switch("as_csv", "--csv", "Print all hits as CSV, a row each.", "search"),
    switch("as_json_lines", "--json-lines", "Print all hits as JSON, a line each.", "search"),
    switch("as_json", "--json", "Print the hits as JSON.", "search"),
    # show
    argument("what", "text", "The id of a hit, or FILE or FILE:PAGE.", "show"),
    Option("crop", "path", "Write the ink (of the line, or the page) to this PNG.", ("show",)),
    Option("overlay", "path", "Write the page to this PNG, with its baselines, blocks and order.", ("show",)),
    switch("as_json", "--json", "Print the lines as JSON.", "show", "read"),
    # documents
    Option(
        *("pattern", "text", "A file, a folder, or a pattern of these; all documents without one.", ("documents",)),
        default="",
        argument=True,
        shown=False,
    ),
    *PERSON_OPTIONS,
    # read
    argument("files", "path", "Files and folders to read.", "read", many=True),
    Option(
        *("bundle", "path", "Keep what is read in bundles in this folder, for notes merge; print no lines.", ("read",)),
        metavar="DIR",
        shown=False,
    ),
    Option(
        "part",
        "text",
        "With --bundle: read only a part of the pages; 3/40 is the third of forty.",
        ("read",),
        shown=False,
    ),
    # merge
    argument("bundles", "path", "Bundles, and folders of them.", "merge", many=True),
    Option(
        *("files", "path", "Where the files lie that were read, if not where the index has them.", ("merge",)),
        metavar="PATH",
        many=True,
    ),
    switch(
        "other_settings",
        "--other-settings",
        "Also pages that were read with other settings than those of the index, in place of these.",
        "merge",
    ),
    # compare
    argument("page", "text", "FILE or FILE:PAGE.", "compare"),
    argument("one", "path", "A transcription of it: ALTO, PAGE, hOCR, TEI or text.", "compare"),
    argument("other", "path", "Another one.", "compare"),
    Option("to", "path", "Write the ink of each line that differs into this folder.", ("compare",), shown=False),
    # export and table
    Option(
        *("pattern", "text", "A file, FILE:PAGE, a folder, or a pattern of these; all pages without one.", ("export",)),
        default="",
        argument=True,
        shown=False,
    ),
    Option(
        *("form", "text", f"What to write: entries of tables (csv, json), or pages ({_PAGES})."),
        commands=("export",),
        default="csv",
        flags=("--as",),
    ),
    Option(
        *("only", "choice", "Which lines of pages: all but rejected ones, or fewer.", ("export",)),
        default="all",
        choices=("all", "accepted", "human"),
    ),
    switch("readings", "--readings", "Also the other readings of lines, where the format holds them.", "export"),
    Option("hits", "text", "Only pages on which this query finds something.", ("export",)),
    Option("to", "path", "Write it to this new file; pages go into this folder.", ("export",), shown=False),
    switch("as_json", "--json", "The same as --as json.", "export"),
    argument("volume", "path", "A folder of pictures of pages, or a file with several pages.", "table"),
    # threshold
    Option(
        *("value", "percent", "Percent of confidence that accepts a line; 'default' ends an engine's own."),
        commands=("threshold",),
        argument=True,
        shown=False,
    ),
    Option("engine", "text", "Set it for the lines of this engine only.", ("threshold",), shown=False),
    # serve
    Option(
        *("port", "whole", "The port to listen on; 0 takes a free one.", ("serve",)), default=8420, least=0, most=65535
    ),
    Option(
        *("host", "text", "The address to listen on; any but this machine's needs a token.", ("serve",)),
        default="127.0.0.1",
    ),
    switch("open_", "--open", "Open the browser.", "serve"),
    switch("new_token", "--new-token", "Make a new token; the old one ends.", "serve"),
    Option(
        *("watch", "path", "Read what comes into this folder, too (see notes watch).", ("serve",)),
        metavar="DIR",
        many=True,
    ),
    Option("viewer", "text", "A IIIF viewer on another site that may show the documents.", ("serve",), many=True),
    Option(
        *(
            "behind",
            "text",
            "The address of a server in front of this one; what it says of who asks is believed.",
            ("serve",),
        ),
        metavar="ADDRESS",
        many=True,
    ),
    Option(
        *("name", "text", "The name by which a server in front of this one is asked for the archive.", ("serve",)),
        shown=False,
    ),
    # shard
    Option(
        *("port", "whole", "The port to listen on; 0 takes a free one.", ("shard",)), default=8422, least=0, most=65535
    ),
    Option(
        *("host", "text", "The address to listen on; whoever has the key of the index may ask there.", ("shard",)),
        default="127.0.0.1",
    ),
    # mcp
    switch("http", "--http", "Listen on this machine, by HTTP; files beside the index are not read then.", "mcp"),
    Option(
        *("port", "whole", "The port to listen on with --http; 0 takes a free one.", ("mcp",)),
        default=8421,
        least=0,
        most=65535,
    ),
    switch("allow_corrections", "--allow-corrections", "Let the assistant say what lines say, in your name.", "mcp"),
    # train
    argument("name", "text", "What the new model is to be called.", "train"),
    switch("from_index", "--from-index", "Learn from what was accepted and corrected in the index.", "train"),
    Option(
        *("from_", "path", "Learn from pages with ALTO or PAGE XML or their text, or tars of lines.", ("train",)),
        flags=("--from",),
        metavar="DIR",
        many=True,
    ),
    Option("minutes", "number", "How long to learn.", ("train",), default=15.0, least=0.1),
    Option("engine", "text", "The engine to train (see notes plugins).", ("train", "adapt")),
    Option("model", "text", "The model to begin from (see notes models).", ("train", "adapt"), earlier="reader"),
    Option("seed", "whole", "What chance is drawn from.", ("train", "adapt"), default=1, least=0),
    switch("as_json", "--json", "Print what came of it as JSON.", "train", "adapt"),
    # adapt
    Option(
        *("name", "text", "What the new model is to be called.", ("adapt",)),
        default="adapted",
        argument=True,
    ),
    Option("minutes", "number", "How long to learn.", ("adapt",), default=60.0, least=0.1),
    # evaluate
    argument("folders", "path", "Folders of pages with ground truth.", "evaluate", many=True),
    Option(
        "before",
        "text",
        "Read everything with this model first: what comes of words that only it read?",
        ("evaluate",),
        shown=False,
    ),
    Option(
        *("plot", "path", "Draw the figures as PNG files in this folder.", ("evaluate",)), metavar="DIR", shown=False
    ),
    switch("as_json", "--json", "Print the figures as JSON.", "evaluate"),
    # backup and restore
    argument("file", "path", "The backup to write; it must not be there.", "backup"),
    argument("file", "path", "What notes backup wrote.", "restore"),
    switch("replace", "--replace", "Also where there is an index already.", "restore"),
)
"""All options. Rows of the same name are for different commands; one of them is the setting."""
SETTINGS = {option.name: option for option in OPTIONS if option.setting}
"""The settings by their names."""
VARIABLES = {
    "NOTES_PLUGIN_PATH": "More folders of plugins, parted as in PATH.",
    "NOTES_ENGINE_OPTION": "An option of an engine: NOTES_EMBEDDED_THRESHOLD is threshold in [engines.embedded].",
}
"""Variables of the environment that stand for no single setting."""


def of(command: str) -> dict[str, Option]:
    """The options and arguments that a command takes, by name."""
    return {option.name: option for option in OPTIONS if command in option.commands}


def rows() -> list[dict[str, object]]:
    """The table for documents: of each option how it is written, what it means, where else it is set, and who takes
    it."""
    return [
        {
            "name": option.name,
            "written": "/".join(option.spelt) or (option.name.upper() if option.argument else None),
            "kind": "|".join(option.choices) or option.kind,
            "many": option.many,
            "default": option.otherwise or (None if option.default is ... else option.here),
            "variable": option.variable,
            "key": option.name if option.setting else None,
            "file": None if not option.setting else "config.toml" if option.trusted else "notes.toml, config.toml",
            "commands": [f"notes {command}".strip() for command in option.commands],
            "help": option.help,
            "about": option.purpose,
        }
        for option in OPTIONS
        if not option.hidden
    ]
