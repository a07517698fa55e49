"""What is typed about a teaching case."""

from typing import Annotated

from pydantic import BaseModel, Field, Json

LONGEST_TITLE = 80
MOST_BOXES = 200
Part = Annotated[float, Field(ge=0, le=1)]
Boxes = Annotated[list[tuple[Part, Part, Part, Part]], Field(max_length=MOST_BOXES)]
"""Left, top, width and height, as parts of the picture's own."""


class Proposal(BaseModel):
    title: str = Field(min_length=2, max_length=LONGEST_TITLE)
    points: str = Field("", max_length=500)


class Rewritten(Proposal):
    """`texts` are the chapters in their order; `checked` what the reviewer ticked."""

    texts: list[str] = []
    checked: list[str] = []


class Reason(BaseModel):
    reason: str = Field(min_length=2, max_length=500)


class Masked(BaseModel):
    """`masks` are boxes by group of pictures, `seen` the groups that were looked through."""

    masks: Json[dict[str, Boxes]] = {}
    seen: list[str] = []


class SearchQuery(BaseModel):
    """`consortium`: of this one alone."""

    q: str = Field("", max_length=60)
    consortium: str = Field("", max_length=32)


class ListQuery(BaseModel):
    view: str = "released"
    q: str = Field("", max_length=60)
    before: str = Field("", max_length=32)
