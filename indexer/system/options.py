"""The table of all options: the command line, the settings and their reference are made from it."""

from __future__ import annotations

from indexer.system.option import Option, argument, switch
from indexer.system.setting_options import SETTING_OPTIONS
from indexer.values.line import REVIEW_ORDERS
from indexer.values.person import ROLES

_VERDICTS = ("review accept", "review correct", "review attach")
_USER = ("user add", "user folders", "user role", "user password", "user token", "user sign-out", "user remove")
_PAGES = "text, alto, page, hocr, tei, pdf, pdfa, markdown, mets, iiif, tropy, jsonl, lines, or one of a plugin"
"""What pages are exported as."""
_JSON = (
    *("review", "review accept", "review reject", "review correct", "review attach", "review learn", "review word"),
    *(
        "order",
        "turn",
        "documents",
        "describe",
        "forget",
        "status",
        "table",
        "compare",
        "merge",
        "user list",
        "user log",
    ),
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
    # describe
    Option(
        *("pattern", "text", "A file, a folder, or a pattern of these.", ("describe",)),
        default="",
        argument=True,
        shown=False,
    ),
    Option("title", "text", "What it is called.", ("describe",)),
    Option("date", "text", "When it was made: 1843, 1843-08?, 1843~, 18XX, 1914/1918, [1914..1918].", ("describe",)),
    Option(
        "place", "text", "A place of it; may be given several times, as --person and --tag.", ("describe",), many=True
    ),
    Option("person", "text", "A person of it: who wrote it, got it or is in it.", ("describe",), many=True),
    Option("shelfmark", "text", "Its shelfmark: signature, reference code, call number.", ("describe",)),
    Option("tag", "text", "A word to sort it by.", ("describe",), many=True),
    Option("note", "text", "What else there is to say.", ("describe",)),
    Option(
        "remove", "text", "What does not hold: person:NAME, or a whole field such as date.", ("describe",), many=True
    ),
    Option(
        "table",
        "path",
        "A CSV file: a row a document, the first names the fields; or EAD.",
        ("describe",),
    ),
    switch("undo", "--undo", "Take back what was said last.", "describe"),
    switch("history", "--history", "List all that was ever said.", "describe"),
    # forget
    Option(
        *(
            "pattern",
            "text",
            "A file, a folder, or a pattern of these; --undo without one means what was forgotten last.",
            ("forget",),
        ),
        default="",
        argument=True,
        shown=False,
    ),
    switch("undo", "--undo", "Bring documents back.", "forget"),
    switch("list_", "--list", "List what is forgotten.", "forget"),
    Option(
        *("delete_before", "text", "Delete for good what was forgotten before this day (YYYY-MM-DD).", ("forget",)),
        shown=False,
    ),
    switch("sure", "--yes", "Do not ask.", "forget"),
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
    # review
    Option(
        *("order", "choice", f"The order: {', or '.join(REVIEW_ORDERS.values())}.", ("review",)),
        default="value",
        choices=tuple(REVIEW_ORDERS),
    ),
    Option("limit", "whole", "Most lines to list.", ("review",), default=20, least=1),
    Option("undo", "whole", "Take back what was said last of this line.", ("review",)),
    switch("orphans", "--orphans", "List what was said and lies on no line.", "review"),
    switch("done", "--done", "List what was said last of each line, the newest first; --undo takes it back.", "review"),
    argument("ids", "whole", "The numbers in brackets.", "review accept", "review reject", many=True),
    argument("line", "whole", "The number in brackets.", "review correct"),
    argument("text", "text", "What the line says.", "review correct"),
    argument("orphan", "whole", "The number in brackets of --orphans.", "review attach"),
    argument("line", "whole", "The line of which it is to be said.", "review attach"),
    Option(
        "seen",
        "text",
        "What the line said when you saw it: when it is another text by now, nothing is kept.",
        (*_VERDICTS, "review reject"),
    ),
    switch("sure", "--sure", "Do not ask.", *_VERDICTS),
    Option(
        *("word", "text", "The word; without one the batches that were kept are listed.", ("review word",)),
        default="",
        argument=True,
        shown=False,
    ),
    Option(
        *("words", "path", "A file with a word a line: how many places of each are not settled.", ("review word",)),
        flags=("--list",),
    ),
    Option("glob", "text", "Only this folder, file or pattern.", ("review word",), flags=("--in",)),
    Option(
        *("reach", "choice", "How unsure a place may be.", ("review word",)),
        default="normal",
        choices=("low", "normal", "high"),
    ),
    Option("reading", "text", "Only places where just this was read.", ("review word",), flags=("--read-as",)),
    switch("accept", "--accept", "The word stands in all of these places but those that are --wrong.", "review word"),
    Option(
        *(
            "wrong",
            "whole",
            "The number of a line in which it does not stand; several times for several.",
            ("review word",),
        ),
        many=True,
    ),
    switch("sure", "--sure", "Do not ask.", "review word"),
    Option("undo", "whole", "Take back the batch with this number.", ("review word",)),
    Option(
        *("volume", "path", "A folder of pictures of pages, or a file with several pages.", ("review learn",)),
        argument=True,
    ),
    # order
    argument("lines", "whole", "The numbers in brackets, in their new order.", "order", many=True),
    Option("before", "whole", "Put them before this line.", ("order",)),
    Option("behind", "whole", "Put them behind this line.", ("order",)),
    switch("blocks", "--blocks", "Put the whole block of each line there: a column, a note in the margin.", "order"),
    switch("undo", "--undo", "Take back the order in which the page of the line was put last.", "order"),
    # turn
    Option(
        *("way", "choice", "To the right, to the left, or over (from its head).", ("turn",)),
        default=...,
        argument=True,
        shown=False,
        choices=("right", "left", "over"),
    ),
    argument("pages", "text", "FILE or FILE:PAGE.", "turn", many=True),
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
    # user
    argument("name", "text", "The name of the user.", *_USER),
    Option(
        *(
            "role",
            "choice",
            "What they may do: search and look, also say what lines are, or everything.",
            ("user add",),
        ),
        default="review",
        choices=ROLES,
    ),
    Option(
        *("role", "choice", "What they may do.", ("user role",)),
        default=...,
        argument=True,
        shown=False,
        choices=ROLES,
    ),
    Option(
        *("folders", "path", "Folders that they may see; all others are hidden from them.", ("user folders",)),
        argument=True,
        many=True,
        shown=False,
    ),
    switch("all_", "--all", "They may see the whole archive.", "user folders"),
    Option("limit", "whole", "Most entries to list.", ("user log",), default=20, least=1),
    switch("end", "--end", "End all tokens of this user instead.", "user token"),
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
