"""The options that are settings too: also in notes.toml and in the environment."""

from __future__ import annotations

from platformdirs import user_data_path

from indexer.system.machine import cores
from indexer.system.option import Option
from indexer.values.thresholds import DEFAULT_THRESHOLD

AUTO = "auto"
"""The engine that stands for the best one that is installed."""
_MOST_WORKERS = 8

_ENGINES = ("index", "watch", "read", "evaluate")
_INDEXED = (
    "index", "watch", "search", "show", "documents", "describe", "forget", "review", "review accept", "review reject",
    "review correct", "review attach", "review learn", "review word", "order", "turn", "compare", "merge", "status",
    "export", "table", "threshold", "serve", "shard", "user add", "user folders", "user list", "user log",
    "user role", "user password", "user token", "user bind", "user sign-out", "user remove", "mcp", "train", "adapt",
    "models", "backup", "restore", "catalog use", "doctor", "config",
)  # fmt: skip

SETTING_OPTIONS = (
    Option(
        *("index", "path", "The index folder.", _INDEXED),
        default=lambda: user_data_path("notes", appauthor=False) / "index",
        setting=True,
        shown=False,
        otherwise="`index` in your data folder",
    ),
    Option(
        *("engine", "text", "The engine that reads (see notes plugins).", _ENGINES),
        default=AUTO,
        setting=True,
        about="The engine that reads, or several joined by `+`; `auto` takes the best that is there.",
    ),
    Option(
        *("language", "text", "ISO 639 code of the pages' language.", _ENGINES),
        setting=True,
        otherwise="any",
    ),
    Option(
        *("threshold", "percent", "Percent of confidence that accepts a line.", ("read", "evaluate")),
        default=DEFAULT_THRESHOLD * 100,
        setting=True,
        about="Percent of confidence that accepts a line, of a new index.",
    ),
    Option(
        *("workers", "whole", "Pages read at the same time.", ("index", "watch", "read", "evaluate")),
        default=lambda: min(cores(), _MOST_WORKERS),
        least=1,
        setting=True,
        otherwise=f"the processor cores, at most {_MOST_WORKERS}",
    ),
    Option(
        *("page_timeout", "seconds", "Seconds after which a page is given up."),
        default=300.0,
        setting=True,
    ),
    Option(
        *("search_timeout", "seconds", "Seconds after which a search shows what it has found until then."),
        default=10.0,
        setting=True,
    ),
    Option(
        "shards",
        "text",
        "So many processes share out the search in the ink of a large archive, or those of notes shard at some "
        "addresses: tcp://host:8422,tcp://other:8422.",
        ("serve",),
        default="1",
        setting=True,
        trusted=True,
        about="Who searches the ink of a large archive: so many processes, or those of `notes shard` at some "
        "addresses; not in a `notes.toml`.",
    ),
    Option(
        "pdf_text",
        "choice",
        "Text of a PDF page: auto takes it alone where it is all the page shows, use wherever there is some, "
        "check never, ignore drops it.",
        ("index", "watch", "read"),
        default="auto",
        choices=("auto", "use", "check", "ignore"),
        setting=True,
        about="What becomes of text that a PDF brings along.",
    ),
    Option(
        "sidecar_text",
        "choice",
        "Text beside a page (ALTO, PAGE, hOCR, TEI, .txt, .docx): auto believes it where the ink speaks for it, use "
        "takes it alone, check compares each line, ignore leaves it.",
        ("index", "watch", "read", "merge"),
        default="auto",
        choices=("auto", "use", "check", "ignore"),
        setting=True,
        about="What becomes of transcriptions that lie beside pages.",
    ),
    Option(
        *("max_pixels", "whole", "Pixels of the largest page that is decoded."),
        default=150_000_000,
        least=1,
        setting=True,
    ),
    Option(
        *("fetch_from", "text", "Servers from which images of IIIF manifests are fetched; not in a `notes.toml`."),
        setting=True,
        trusted=True,
        otherwise="none",
    ),
    Option(
        *("plugin_folder", "path", "The folder of your own plugin files; not in a `notes.toml`."),
        default=lambda: user_data_path("notes", appauthor=False) / "plugins",
        setting=True,
        trusted=True,
        otherwise="`plugins` in your data folder",
    ),
    Option(
        *("model", "text", "The recognition model it reads with (see notes models).", _ENGINES),
        setting=True,
        earlier="reader",
        about="The recognition model that the engine reads with.",
        otherwise="the engine's own",
    ),
    Option(
        *("thorough", "switch", "Take the time to look again at lines that are hard to read.", _ENGINES),
        default=False,
        setting=True,
        earlier="enhance",
    ),
    Option(
        *("locale", "choice", "The language in which the command line speaks to you."),
        choices=("en", "de", "fr", "sv"),
        setting=True,
        otherwise="that of the system",
    ),
    Option(
        "leaf_through_folders",
        "switch",
        "In the browser the images of a folder are leafed through as the pages of one document.",
        default=True,
        setting=True,
    ),
    Option(
        "describe_from_names",
        "text",
        "How file names say what documents are, as `{date} {person} - {title}`: see notes help describing.",
        setting=True,
        otherwise="they say nothing",
    ),
    Option(
        *("person", "text", "Your name, noted with what you say of lines and documents; not in a `notes.toml`."),
        setting=True,
        trusted=True,
        otherwise="none is noted",
    ),
    Option(
        *("remote_user", "text", "The header in which a server in front (--behind) says who asks, as `Remote-User`."),
        setting=True,
        trusted=True,
        otherwise="none is believed",
    ),
    Option(
        *("oidc_issuer", "text", "The OpenID Connect provider with which people sign in, as `https://id.example.org`."),
        setting=True,
        trusted=True,
        otherwise="none is asked",
    ),
    Option(
        *("oidc_client", "text", "The client id by which the provider knows this server."),
        setting=True,
        trusted=True,
        otherwise="none",
    ),
    Option(
        *("oidc_secret", "path", "The file with the client secret, if the provider gave one."),
        setting=True,
        trusted=True,
        otherwise="a public client",
    ),
    Option(
        *("oidc_claim", "text", "The claim that tells people apart: see notes user bind."),
        default="sub",
        setting=True,
        trusted=True,
    ),
    Option(
        *("unknown_people", "choice", "What becomes of people whom others name and nobody added as users."),
        default="refuse",
        choices=("refuse", "read", "review"),
        setting=True,
        trusted=True,
        about="What becomes of people whom others name and nobody added: users of a role, or none.",
    ),
)
