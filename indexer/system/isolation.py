"""Where modules may come from: never from the folder that somebody happens to stand in."""

import os  # and nothing that Python has not loaded by then: it would come from the current folder
import sys


def module_path() -> list[str]:
    """The module search path without the current folder, unless PYTHONPATH names it. The folder of this package is
    always in it.

    In a checkout that is the current folder, that folder comes last, so that it replaces no other module.
    """
    own = os.path.abspath(os.path.join(__file__, "../../.."))  # noqa: PTH118, PTH100
    try:
        here = os.getcwd()  # noqa: PTH109
    except FileNotFoundError:  # it was removed
        return [entry for entry in sys.path if os.path.isabs(entry)]  # noqa: PTH117
    named = {entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if os.path.isabs(entry)}  # noqa: PTH117
    kept = [entry for entry in sys.path if entry in named or (entry and os.path.abspath(entry) != here)]  # noqa: PTH100
    return kept if own in kept else [*kept, own]


def leave_current_folder() -> None:
    """Take no module from the current folder from now on, here and in processes that libraries start."""
    sys.path[:] = module_path()
    os.environ["PYTHONSAFEPATH"] = "1"  # Python looks at it from 3.11 on; our own processes need no telling
