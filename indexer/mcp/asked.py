"""What may be asked of each tool: the fields, their limits, and what an assistant is told of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from indexer.mcp.answer import MOST
from indexer.system.days import span
from indexer.values import Reach, SearchOptions, Within

_QUERY = (
    'Words that stand together; "a phrase"; a OR b; NOT a; NEAR/5; begin*; fuzz~; C__per with a letter that nobody can '
    'read; /regular expression/; name:"William Cooper" for a name however it is spelt; spelling:old word; date:1914; '
    "in:COLUMN word; doc:FILE."
)
LineId = Annotated[int, Field(ge=1, le=2**53, description="The number in brackets of a line.")]
Pictures = Annotated[int, Field(ge=0, le=MOST, description="Pictures of the ink of the first hits.")]


class Asked(BaseModel):
    """What a tool is asked; what it does not know is refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AskedSearch(Asked):
    """A query, and which lines may be found."""

    query: str = Field(description=_QUERY)
    reach: Reach = Field(
        "normal", description="How unsure a hit may be: low shows only surer hits, high everything worth a look."
    )
    names: bool = Field(False, description="Find each word in all spellings of a name.")
    within: Within = Field("document", description="The most in which all words may be together.")
    files: str | None = Field(
        None, max_length=1000, description="Only this file or folder, or a pattern such as letters/*."
    )
    since: str | None = Field(None, max_length=10, description="Only files dated this day (YYYY-MM-DD) or later.")
    until: str | None = Field(None, max_length=10, description="Only files dated this day or earlier.")
    min_confidence: float | None = Field(None, ge=0, le=100, description="Least confidence of a line, in percent.")
    include_waiting: bool = Field(False, description="Also lines that wait for review, however unlikely.")
    sort: Literal["relevance", "confidence", "page", "date"] = "relevance"
    limit: int = Field(10, ge=1, le=50, description="Most hits in the answer.")
    offset: int = Field(0, ge=0, le=2**31, description="Hits to pass over first.")
    pictures: Pictures = 3

    @property
    def written(self) -> str:
        """The query as it is searched for."""
        return f"{self.query} spelling:names" if self.names else self.query

    @property
    def options(self) -> SearchOptions:
        """The options of the search. Raises ``UsageError`` for a date that is none."""
        since, until = span(self.since, self.until, ("since", "until"))
        return SearchOptions(
            reach=self.reach,
            all_states=self.include_waiting,
            within=self.within,
            min_confidence=None if self.min_confidence is None else self.min_confidence / 100,
            glob=self.files,
            since=since,
            until=until,
            sort=self.sort,
            limit=self.limit,
            offset=self.offset,
        )


class AskedPage(Asked):
    """A page, and how much of it."""

    page: str = Field(max_length=4000, description="FILE:PAGE as hits name it, or FILE for its first page.")
    picture: bool = Field(True, description="Give the picture of the page too.")
    overlay: bool = Field(False, description="Draw the baselines with their numbers, and the blocks, into the picture.")
    from_line: int = Field(1, ge=1, le=2**31, description="The first line to give.")
    lines: int = Field(100, ge=1, le=300, description="Most lines to give.")


class AskedLine(Asked):
    """A line."""

    line: LineId


class AskedFiles(Asked):
    """A stretch of the list of files."""

    first: int = Field(1, ge=1, le=2**31, description="The first file to name.")
    most: int = Field(50, ge=1, le=200, description="Most files to name.")


class AskedStatus(Asked):
    """Nothing."""


class AskedFile(Asked):
    """A file on this machine."""

    file: str = Field(max_length=4000, description="One image or PDF: a path from the root or from the home folder.")
    pages: int = Field(1, ge=1, le=5, description="Most pages to read, from the first one on.")


class AskedCorrection(Asked):
    """What a line says, and what it said when it was looked at."""

    line: LineId
    seen: str = Field(max_length=10_000, description="The text of the line as you saw it. If it is another, it stays.")
    text: str = Field(min_length=1, max_length=10_000, description="What stands there, letter for letter.")
    sure: bool = Field(False, description="Keep it although the ink looks different. Ask the person first.")


class AskedUndo(Asked):
    """A line of which something was said."""

    line: LineId
