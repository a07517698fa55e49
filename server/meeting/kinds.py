"""Kinds of meetings and links: words others may use without the tables."""

from enum import StrEnum


class MeetingKind(StrEnum):
    CONSULTATION = "consultation"
    TEACHING = "teaching"


class LinkKind(StrEnum):
    GUEST = "guest"
    HAND_OVER = "hand_over"
