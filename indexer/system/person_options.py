"""The options of the commands by which people say something: of documents, lines, and who may say it."""

from __future__ import annotations

from indexer.system.option import Option, argument, switch
from indexer.values.line import REVIEW_ORDERS
from indexer.values.person import ROLES

_VERDICTS = ("review accept", "review correct", "review attach")
_USER = (
    "user add",
    "user folders",
    "user role",
    "user password",
    "user token",
    "user bind",
    "user sign-out",
    "user remove",
)

PERSON_OPTIONS = (
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
    # catalog
    argument("address", "text", "Where it is: postgresql://NAME@MACHINE/DATABASE.", "catalog use"),
    argument("start", "text", "The index folder or the address of a catalogue.", "catalog move"),
    argument("to", "text", "An index folder or an address without one.", "catalog move"),
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
    Option(
        *("subject", "text", "What the provider says of them: the value of oidc_claim.", ("user bind",)),
        default="",
        argument=True,
        shown=False,
    ),
    switch("end", "--end", "They sign in there no more, and are signed out everywhere.", "user bind"),
    Option("limit", "whole", "Most entries to list.", ("user log",), default=20, least=1),
    switch("end", "--end", "End all tokens of this user instead.", "user token"),
)
