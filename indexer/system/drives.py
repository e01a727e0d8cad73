"""Tells drives of other machines: what others change there this machine is not told, and memory is not shared."""

from __future__ import annotations

import os
from pathlib import Path

_MOUNTS = Path("/proc/self/mounts")
_REMOTE = ("nfs", "cifs", "smb", "fuse", "9p", "vboxsf", "drvfs", "afs", "ceph", "gluster", "davfs")
"""How the names of their file systems begin."""


def is_remote(folder: Path, mounts: str | None = None) -> bool:
    """Whether a folder lies on another machine, as far as the system says so."""
    path = os.path.realpath(folder)
    if path.startswith("\\\\"):
        return True
    if mounts is None:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace") if _MOUNTS.exists() else ""
    found = [line.split()[1:3] for line in mounts.splitlines() if line.count(" ") > 2]
    places = {place.replace("\\040", " "): kind for place, kind in found}
    above = [place for place in places if Path(path).is_relative_to(place)]
    return bool(above) and places[max(above, key=len)].startswith(_REMOTE)
