"""What is typed about a teaching case."""

from pydantic import BaseModel, Field

LONGEST_TITLE = 80


class Proposal(BaseModel):
    title: str = Field(min_length=2, max_length=LONGEST_TITLE)
    points: str = Field("", max_length=500)


class Rewritten(Proposal):
    """`texts` are the chapters in their order; `checked` what the reviewer ticked."""

    texts: list[str] = []
    checked: list[str] = []


class Reason(BaseModel):
    reason: str = Field(min_length=2, max_length=500)


class ListQuery(BaseModel):
    view: str = "released"
    q: str = Field("", max_length=60)
    before: str = Field("", max_length=32)
