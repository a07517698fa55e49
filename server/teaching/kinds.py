"""Kinds of sessions, courses, credits and enrolments: words others may use without the tables."""

from enum import StrEnum


class SessionKind(StrEnum):
    ROUND = "round"
    DISCUSSION = "discussion"
    SURGERY = "surgery"
    LECTURE = "lecture"
    SHARING = "sharing"


class CourseKind(StrEnum):
    SERIES = "series"
    COURSE = "course"


class Reach(StrEnum):
    """Of a change to one session of a series."""

    ONE = "one"
    FOLLOWING = "following"


class CreditClass(StrEnum):
    NONE = "none"
    FIRST = "first"
    SECOND = "second"


class Material(StrEnum):
    """Whether patients are shown, and what allows it."""

    NONE = "none"
    DEIDENTIFIED = "deidentified"
    CONSENTED = "consented"


class Scope(StrEnum):
    """Whose people may enrol."""

    CONSORTIUM = "consortium"
    INSTITUTIONS = "institutions"


class Finding(StrEnum):
    """What a correction of somebody's attendance says."""

    MINUTES = "minutes"
    MET = "met"
    NOT_MET = "not_met"
    RECKONED = "reckoned"
    """What was reckoned counts after all."""


class EnrolmentState(StrEnum):
    ENROLLED = "enrolled"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


KIND_WORDS: dict[SessionKind, tuple[str, str]] = {
    SessionKind.ROUND: ("教学查房", "patients"),
    SessionKind.DISCUSSION: ("病例讨论", "chat"),
    SessionKind.SURGERY: ("手术示教", "camera"),
    SessionKind.LECTURE: ("远程培训", "teach"),
    SessionKind.SHARING: ("经验交流", "users"),
}
"""The word of a kind and its icon."""

COURSE_WORDS = {CourseKind.SERIES: "系列", CourseKind.COURSE: "课程"}
CREDIT_WORDS = {CreditClass.NONE: "不授学分", CreditClass.FIRST: "I类学分", CreditClass.SECOND: "II类学分"}
MATERIAL_WORDS = {
    Material.NONE: "不涉及真实患者",
    Material.DEIDENTIFIED: "真实病例，已去标识",
    Material.CONSENTED: "真实患者，已签教学知情同意",
}
FINDING_WORDS = {
    Finding.MINUTES: "补计分钟",
    Finding.MET: "认定达标",
    Finding.NOT_MET: "认定未达标",
    Finding.RECKONED: "按原核算",
}
SCOPE_WORDS = {Scope.CONSORTIUM: "本医联体", Scope.INSTITUTIONS: "指定机构"}
