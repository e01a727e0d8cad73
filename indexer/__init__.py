"""notes: read archives of handwritten pages, index the lines and find them again."""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location

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
