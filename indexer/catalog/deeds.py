"""What people said of lines and how they put them in order, the last first: each can be taken back, in any order."""

from __future__ import annotations

from indexer.catalog.database import Database
from indexer.catalog.records import Deed

_VERDICTS = """
SELECT id, line_id, kind, text, seen, sha256, path, page, made_at, who FROM verdicts
WHERE undone_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM verdicts newer WHERE newer.line_id = verdicts.line_id AND newer.id > verdicts.id
    AND newer.undone_at IS NULL)
ORDER BY id DESC LIMIT :most
"""
_ORDERS = """
SELECT id, CAST(json_extract(lines, '$[0][0]') AS INTEGER) AS line_id,
    'order', '', '', sha256, path, page, made_at, who FROM orders
WHERE undone_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM orders newer WHERE newer.sha256 = orders.sha256 AND newer.page = orders.page
    AND newer.id > orders.id AND newer.undone_at IS NULL)
ORDER BY id DESC LIMIT :most
"""
_DEEDS = f"""
SELECT done.*, files.id AS document FROM (SELECT * FROM ({_VERDICTS}) said UNION ALL SELECT * FROM ({_ORDERS}) put) done
LEFT JOIN files USING (sha256) ORDER BY made_at DESC, kind = 'order', done.id DESC LIMIT :limit OFFSET :offset
"""  # noqa: S608
_ORDERED = "SELECT count(*) FROM (SELECT DISTINCT sha256, page FROM orders WHERE undone_at IS NULL) ordered"


class Deeds(Database):
    """The part of the catalogue that lists what people did."""

    def deeds(self, limit: int, offset: int = 0) -> list[Deed]:
        """What stands of what people did, the last first: of each line the newest verdict, of each page the newest
        order."""
        values = {"most": limit + offset, "limit": limit, "offset": offset}
        return [
            Deed(
                *(row["id"], row["line_id"], row["kind"], row["text"], row["seen"]),
                None if row["path"] is None else self._path(row["path"]),
                *(row["document"], row["page"], row["made_at"], row["who"]),
            )
            for row in self._looked_up(lambda db: db.execute(_DEEDS, values).fetchall())
        ]

    def ordered_pages(self) -> int:
        """How many pages stand in an order of a person."""
        return int(self._looked_up(lambda db: db.execute(_ORDERED).fetchone())[0])
