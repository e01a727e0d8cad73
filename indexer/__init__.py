"""notes: read archives of handwritten pages, index the lines and find them again.

A program opens an archive and asks it the same things as the command line does::

    import indexer

    with indexer.open_archive("my-index") as archive:
        report = archive.index("box/")
        for hit in archive.search("testament").hits:
            print(hit.line.text, hit.relevance)
        archive.line(hit.line).correct("Testament")
        for page in archive.pages():
            archive.export(page, "alto", to=f"{page.document}-{page.number}.xml")

Public are the names in ``__all__`` here, what they give back, and ``indexer.api`` for plugins; everything else may
change with any version. An index of an older version is brought forward when it is opened, and a copy of its catalogue
as it was is kept beside it (``catalog.sqlite.before``) until the next time; one of a newer version is refused. A plugin
may rely on everything in ``indexer.api`` for as long as ``indexer.api.VERSION`` is the same.
"""

import os
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location

TYPE_CHECKING = False  # what type checkers know: ``typing`` would come from the current folder, which was not left yet
if TYPE_CHECKING:
    from indexer.archive.archive_line import ArchiveLine
    from indexer.archive.backup import Held
    from indexer.archive.doors import open_archive, restore_archive
    from indexer.archive.indexing import IndexReport
    from indexer.archive.library import Archive
    from indexer.catalog import Counts, Document, DocumentPage, Orphan
    from indexer.evaluation.evaluate import Evaluation
    from indexer.posteriors.estimation import Estimate
    from indexer.training.events import (
        AdaptationOutcome,
        LinesRead,
        TrainingLines,
        TrainingOutcome,
        TrainingProgress,
    )
    from indexer.values import (
        Block,
        Box,
        Change,
        Completion,
        Description,
        Failure,
        Hit,
        SearchOptions,
        SearchResult,
        Status,
        StoredLine,
        Word,
    )
    from indexer.values.errors import (
        ConflictError,
        DoubtError,
        IndexFolderError,
        MissingError,
        NotesError,
        PluginError,
        UnavailableError,
        UsageError,
    )

__all__ = [
    "AdaptationOutcome",
    "Archive",
    "ArchiveLine",
    "Block",
    "Box",
    "Change",
    "Completion",
    "ConflictError",
    "Counts",
    "Description",
    "Document",
    "DocumentPage",
    "DoubtError",
    "Estimate",
    "Evaluation",
    "Failure",
    "Held",
    "Hit",
    "IndexFolderError",
    "IndexReport",
    "LinesRead",
    "MissingError",
    "NotesError",
    "Orphan",
    "PluginError",
    "SearchOptions",
    "SearchResult",
    "Status",
    "StoredLine",
    "TrainingLines",
    "TrainingOutcome",
    "TrainingProgress",
    "UnavailableError",
    "UsageError",
    "Word",
    "open_archive",
    "restore_archive",
]

# What libraries would write or send, switched off before they are loaded, here and in every process begun here. The
# others that were looked through write and ask nothing as they are used: Pillow, PyMuPDF, Whoosh, uvicorn, filelock and
# platformdirs; of rapidocr only the models are taken. For matplotlib see indexer/evaluation/plots.py, for Aspose its
# plugin.
os.environ.update(
    ORT_DISABLE_TELEMETRY="1",  # onnxruntime: a device's id and events in the cache folder, to be sent
    OPENCV_OPENCL_RUNTIME="disabled",  # OpenCV: loads what graphics cards bring, and keeps what it compiles for them
    CUDA_CACHE_DISABLE="1",  # PyTorch on a graphics card: compiled code in the home folder
    USE_PYTORCH_KERNEL_CACHE="0",
)

_ROOMS = (
    *(
        "archive.doors",
        "archive.library",
        "archive.archive_line",
        "archive.indexing",
        "archive.backup",
        "catalog",
        "values",
    ),
    *("values.errors", "training.events", "evaluation.evaluate", "posteriors.estimation"),
)
"""Where the public names are at home."""


def __getattr__(name: str) -> object:
    """A public name, imported when it is asked for: ``import indexer`` itself takes no time."""
    for room in _ROOMS if name in __all__ else ():
        found: object = getattr(import_module(f"{__name__}.{room}"), name, None)
        if found is not None:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _find_plugins() -> None:
    """Give the shipped plugins their one name: installed they lie in this package, in a checkout beside it.

    So nothing that is installed is called ``plugins``, a name that belongs to nobody.
    """
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - nothing more is imported here than needed
    if os.path.isdir(os.path.join(here, "plugins")):  # noqa: PTH112, PTH118
        return
    beside, name = os.path.join(os.path.dirname(here), "plugins"), f"{__name__}.plugins"  # noqa: PTH118, PTH120
    init = os.path.join(beside, "__init__.py")  # noqa: PTH118
    spec = spec_from_file_location(name, init, submodule_search_locations=[beside])
    if spec is not None and spec.loader is not None and os.path.isfile(init):  # noqa: PTH113
        module = sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(module)
        globals()["plugins"] = module


_find_plugins()
