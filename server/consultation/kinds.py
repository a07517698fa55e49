"""Kinds of complaints, answers, opinions and decisions: words others may use without the tables."""

from enum import StrEnum


class Complaint(StrEnum):
    """Templates of the request: what to ask first, never the answers."""

    CHEST_PAIN = "chest_pain"
    STROKE = "stroke"
    FEVERISH_CHILD = "feverish_child"
    ABDOMINAL_PAIN = "abdominal_pain"
    TRAUMA = "trauma"
    OBSTETRIC = "obstetric"
    CHRONIC = "chronic"
    BLANK = "blank"


class Mode(StrEnum):
    LIVE = "live"
    WRITTEN = "written"


class Answer(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """Of the institution's approver, after the fact."""

    WAITING = "waiting"
    APPROVED = "approved"
    OBJECTED = "objected"


class OpinionState(StrEnum):
    DRAFT = "draft"
    SIGNED = "signed"
    SUPERSEDED = "superseded"


class Adoption(StrEnum):
    ADOPTED = "adopted"
    PARTLY = "partly"
    NOT_ADOPTED = "not_adopted"


class Fate(StrEnum):
    """Of the files of a request that were added for another patient."""

    WITHDRAW = "withdraw"
    KEEP = "keep"
