"""The states of a teaching session and every legal move between them (domain 3.7), as one table."""

from enum import StrEnum

from server.core.errors import Refusal


class State(StrEnum):
    PLANNED = "planned"
    FILED = "filed"
    PUBLISHED = "published"
    ENROLMENT_CLOSED = "enrolment_closed"
    LOBBY = "lobby"
    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"
    PROCESSED = "processed"
    CREDITED = "credited"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


class Move(StrEnum):
    FILE = "file"
    PUBLISH = "publish"
    CLOSE_ENROLMENT = "close_enrolment"
    REOPEN_ENROLMENT = "reopen_enrolment"
    RESCHEDULE = "reschedule"
    OPEN_LOBBY = "open_lobby"
    BEGIN = "begin"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    PROCESS = "process"
    CREDIT = "credit"
    ARCHIVE = "archive"
    CANCEL = "cancel"


MOVES: dict[tuple[State, Move], State] = {
    (State.PLANNED, Move.FILE): State.FILED,
    (State.PLANNED, Move.PUBLISH): State.PUBLISHED,
    (State.PLANNED, Move.RESCHEDULE): State.PLANNED,
    (State.PLANNED, Move.CANCEL): State.CANCELLED,
    (State.FILED, Move.PUBLISH): State.PUBLISHED,
    (State.FILED, Move.RESCHEDULE): State.FILED,
    (State.FILED, Move.CANCEL): State.CANCELLED,
    (State.PUBLISHED, Move.CLOSE_ENROLMENT): State.ENROLMENT_CLOSED,
    (State.PUBLISHED, Move.RESCHEDULE): State.PUBLISHED,
    (State.PUBLISHED, Move.OPEN_LOBBY): State.LOBBY,
    (State.PUBLISHED, Move.CANCEL): State.CANCELLED,
    (State.ENROLMENT_CLOSED, Move.REOPEN_ENROLMENT): State.PUBLISHED,
    (State.ENROLMENT_CLOSED, Move.RESCHEDULE): State.ENROLMENT_CLOSED,
    (State.ENROLMENT_CLOSED, Move.OPEN_LOBBY): State.LOBBY,
    (State.ENROLMENT_CLOSED, Move.CANCEL): State.CANCELLED,
    (State.LOBBY, Move.BEGIN): State.LIVE,
    (State.LOBBY, Move.RESCHEDULE): State.PUBLISHED,
    (State.LOBBY, Move.CANCEL): State.CANCELLED,
    (State.LIVE, Move.PAUSE): State.PAUSED,
    (State.LIVE, Move.END): State.ENDED,
    (State.PAUSED, Move.RESUME): State.LIVE,
    (State.PAUSED, Move.END): State.ENDED,
    (State.ENDED, Move.PROCESS): State.PROCESSED,
    (State.PROCESSED, Move.PROCESS): State.PROCESSED,
    (State.PROCESSED, Move.CREDIT): State.CREDITED,
    (State.PROCESSED, Move.ARCHIVE): State.ARCHIVED,
    (State.CREDITED, Move.ARCHIVE): State.ARCHIVED,
}

OVER = frozenset({State.ENDED, State.PROCESSED, State.CREDITED, State.ARCHIVED})
SETTLED = frozenset({State.CREDITED, State.ARCHIVED})
"""Attendance is reckoned no more."""
HIDDEN = frozenset({State.PLANNED, State.FILED})
"""Seen only by those who may change it."""
AHEAD = frozenset({State.PUBLISHED, State.ENROLMENT_CLOSED, State.LOBBY, State.LIVE, State.PAUSED})
OPEN_ROOM = frozenset({State.PUBLISHED, State.ENROLMENT_CLOSED, State.LOBBY, State.LIVE, State.PAUSED})
"""States in which the room lets people in, as far as its hours allow."""
ENROLLING = frozenset({State.PUBLISHED, State.LOBBY, State.LIVE, State.PAUSED})
"""Whoever comes late may still enrol, unless enrolment was closed by hand."""
CHANGEABLE = frozenset({State.PLANNED, State.FILED, State.PUBLISHED, State.ENROLMENT_CLOSED})

STATE_WORDS: dict[State, tuple[str, str]] = {
    State.PLANNED: ("筹备中", "idle"),
    State.FILED: ("已备案", "wait"),
    State.PUBLISHED: ("报名中", "active"),
    State.ENROLMENT_CLOSED: ("报名截止", "wait"),
    State.LOBBY: ("候场", "active"),
    State.LIVE: ("直播中", "active"),
    State.PAUSED: ("已暂停", "soon"),
    State.ENDED: ("已结束", "wait"),
    State.PROCESSED: ("待授学分", "wait"),
    State.CREDITED: ("已授学分", "done"),
    State.ARCHIVED: ("已归档", "done"),
    State.CANCELLED: ("已取消", "idle"),
}
"""The word of a state and the tone of its badge."""

MOVE_WORDS: dict[Move, str] = {
    Move.FILE: "登记备案",
    Move.PUBLISH: "发布",
    Move.CLOSE_ENROLMENT: "截止报名",
    Move.REOPEN_ENROLMENT: "重新开放报名",
    Move.RESCHEDULE: "改期",
    Move.OPEN_LOBBY: "开放候场",
    Move.BEGIN: "开始",
    Move.PAUSE: "暂停",
    Move.RESUME: "继续",
    Move.END: "结束",
    Move.PROCESS: "核算考勤",
    Move.CREDIT: "授予学分",
    Move.ARCHIVE: "归档",
    Move.CANCEL: "取消",
}


class IllegalMove(Refusal):
    code = "teaching.illegal_move"
    says = "这场教学现在的状态是“%(state)s”，不能这样操作；页面可能已过期，请刷新"


def after(state: State, move: Move) -> State:
    """Where a move leads. Raises IllegalMove."""
    try:
        return MOVES[(state, move)]
    except KeyError:
        raise IllegalMove(state=STATE_WORDS[state][0]) from None
