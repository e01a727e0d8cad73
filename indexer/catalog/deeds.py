"""What people said of lines, the last first: each can be taken back, in any order."""

from __future__ import annotations

from indexer.catalog.database import Database
from indexer.catalog.records import Deed

_DEEDS = """
SELECT verdicts.*, files.id AS document FROM verdicts LEFT JOIN files USING (sha256)
WHERE undone_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM verdicts newer WHERE newer.line_id = verdicts.line_id AND newer.id > verdicts.id
    AND newer.undone_at IS NULL)
ORDER BY verdicts.id DESC LIMIT ? OFFSET ?
"""


class Deeds(Database):
    """The part of the catalogue that lists verdicts."""

    def deeds(self, limit: int, offset: int = 0) -> list[Deed]:
        """What stands of what people said, the last first: of each line the newest."""
        return [
            Deed(
                *(row["id"], row["line_id"], row["kind"], row["text"], row["seen"]),
                None if row["path"] is None else self._path(row["path"]),
                *(row["document"], row["page"], row["made_at"], row["who"]),
            )
            for row in self._all(_DEEDS, limit, offset)
        ]
