"""Catalogues that several machines share: an index joins one, or a whole catalogue is moved."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from indexer.catalog import Catalog
from indexer.catalog.folder import ADDRESS, SHARED, address_in, confirm
from indexer.catalog.trouble import FILE_NAME
from indexer.system.files import make_folder, replacing
from indexer.system.paths import is_gone
from indexer.translation import _
from indexer.values.errors import UnavailableError, UsageError


def join(folder: Path, address: str) -> tuple[str, int]:
    """Let an index use a shared catalogue; what may be shown of its address, and how many pages it has.

    Raises ``UsageError`` for what is no address, or if the index has a catalogue of its own, and ``IndexFolderError``
    when the database does not answer or has something else in it: then nothing is changed.
    """
    if not address.startswith(SHARED):
        raise UsageError(
            _("that is no address of a PostgreSQL"), _("Such as postgresql://anna@archive.example/letters")
        )
    _check_installed()
    if not is_gone(folder / FILE_NAME):
        raise UsageError(
            _("the index in %(folder)s has a catalogue of its own", folder=folder),
            _(
                "First: notes catalog move %(folder)s ADDRESS. Then name %(file)s otherwise.",
                folder=folder,
                file=FILE_NAME,
            ),
        )
    from indexer.catalog.postgres.opening import connect  # an archive of one machine needs none of it
    from indexer.catalog.postgres.trouble import shown

    connect(address, create=True).close()
    make_folder(folder)
    confirm(address)
    with replacing(folder / ADDRESS) as partial:
        partial.touch(mode=0o600)
        os.chmod(partial, 0o600)  # noqa: PTH101 - a password may stand in it
        partial.write_text(f"{address}\n", encoding="utf-8")
    with Catalog(folder) as catalog:
        return shown(address), catalog.counts().pages


def moved(start: str, to: str) -> dict[str, tuple[int, str]]:
    """Copy a whole catalogue between index folders and addresses; for each table how many rows arrived, and their
    checksum.

    Raises ``UsageError`` if there is a catalogue already, and ``IndexFolderError`` where nothing answers.
    """
    if not any(each.startswith(SHARED) or address_in(Path(each)) for each in (start, to)):
        raise UsageError(
            _("neither of these is the address of a PostgreSQL"), _("notes backup copies an index as it is.")
        )
    _check_installed()
    from indexer.catalog.postgres.moving import move  # an archive of one machine needs none of it

    return {name: (each.rows, f"{each.checksum:064x}") for name, each in move(start, to).items()}


def _check_installed() -> None:
    if find_spec("psycopg") is None:
        raise UnavailableError(
            _("the library that speaks to PostgreSQL is not installed"), _('Install it: pip install ".[postgres]"')
        )
