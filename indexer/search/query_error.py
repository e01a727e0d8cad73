"""What is wrong with a part of a query. The parser shows it in the whole query."""

from __future__ import annotations


class QueryError(ValueError):
    """A part of a query makes no sense; the message says why, ``hint`` what to write, ``at`` where in the part."""

    def __init__(self, message: str, hint: str, at: int = 0) -> None:
        super().__init__(message)
        self.hint, self.at = hint, at
