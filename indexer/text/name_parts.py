"""How many parts of a name are looked for in all their spellings."""

from __future__ import annotations

MOST_PARTS = 6
"""With more of them only the first few spellings of each would be looked for."""
