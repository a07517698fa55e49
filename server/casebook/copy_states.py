"""The states of a case's copy of a file and every legal move between them, as one table."""

from enum import StrEnum

from server.core.errors import Refusal


class CopyState(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    CONFIRMED = "confirmed"
    READY = "ready"
    LEFT_OUT = "left_out"
    FAILED = "failed"
    GONE = "gone"  # until its bytes are deleted, its row with them


class CopyMove(StrEnum):
    SHOW = "show"
    CONFIRM = "confirm"
    KEEP = "keep"
    FAIL = "fail"
    LEAVE_OUT = "leave_out"
    TAKE_UP = "take_up"
    DROP = "drop"


COPY_MOVES: dict[tuple[CopyState, CopyMove], CopyState] = {
    (CopyState.WAITING, CopyMove.SHOW): CopyState.OPEN,
    (CopyState.WAITING, CopyMove.FAIL): CopyState.FAILED,
    (CopyState.OPEN, CopyMove.CONFIRM): CopyState.CONFIRMED,
    (CopyState.OPEN, CopyMove.LEAVE_OUT): CopyState.LEFT_OUT,
    (CopyState.CONFIRMED, CopyMove.KEEP): CopyState.READY,
    (CopyState.CONFIRMED, CopyMove.FAIL): CopyState.FAILED,
    (CopyState.READY, CopyMove.CONFIRM): CopyState.CONFIRMED,
    (CopyState.READY, CopyMove.LEAVE_OUT): CopyState.LEFT_OUT,
    (CopyState.FAILED, CopyMove.LEAVE_OUT): CopyState.LEFT_OUT,
    (CopyState.FAILED, CopyMove.TAKE_UP): CopyState.WAITING,
    (CopyState.LEFT_OUT, CopyMove.TAKE_UP): CopyState.WAITING,
    **{(state, CopyMove.DROP): CopyState.GONE for state in CopyState},
}

COPY_WORDS: dict[CopyState, tuple[str, str]] = {
    CopyState.WAITING: ("正在准备", "wait"),
    CopyState.OPEN: ("待遮盖确认", "soon"),
    CopyState.CONFIRMED: ("正在生成", "wait"),
    CopyState.READY: ("已确认", "done"),
    CopyState.LEFT_OUT: ("不采用", "idle"),
    CopyState.FAILED: ("处理不了", "danger"),
    CopyState.GONE: ("已删除", "idle"),
}
"""The word of a state and the tone of its badge."""

SETTLED = frozenset({CopyState.READY, CopyState.LEFT_OUT})
"""A case may be released with copies that stand so, and with no others."""


class IllegalCopyMove(Refusal):
    code = "casebook.illegal_copy_move"
    says = "附件现在的状态是“%(state)s”，不能这样操作；页面可能已过期，请刷新"


def copy_after(state: CopyState, move: CopyMove) -> CopyState:
    """Where a move leads. Raises IllegalCopyMove."""
    try:
        return COPY_MOVES[(state, move)]
    except KeyError:
        raise IllegalCopyMove(state=COPY_WORDS[state][0]) from None
