"""notes: read archives of handwritten pages, index the lines and find them again."""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime looks when it is loaded, here and in every process begun here


def _find_plugins() -> None:
    """Give the shipped plugins their one name: installed they lie in this package, in a checkout beside it.

    So nothing that is installed is called ``plugins``, a name that belongs to nobody.
    """
    here = Path(__file__).parent
    if (here / "plugins").is_dir():
        return
    beside, name = here.parent / "plugins", f"{__name__}.plugins"
    spec = spec_from_file_location(name, beside / "__init__.py", submodule_search_locations=[str(beside)])
    if spec is not None and spec.loader is not None and (beside / "__init__.py").is_file():
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])


_find_plugins()
