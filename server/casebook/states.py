"""The states of a teaching case and every legal move between them, as one table."""

from enum import StrEnum

from server.core.errors import Refusal


class State(StrEnum):
    PROPOSED = "proposed"
    PREPARED = "prepared"
    REVIEWED = "reviewed"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    PREPARE = "prepare"
    SEND_BACK = "send_back"
    REVIEW = "review"
    RELEASE = "release"
    WITHDRAW = "withdraw"


MOVES: dict[tuple[State, Move], State] = {
    (State.PROPOSED, Move.PREPARE): State.PREPARED,
    (State.PROPOSED, Move.WITHDRAW): State.WITHDRAWN,
    (State.PREPARED, Move.SEND_BACK): State.PROPOSED,
    (State.PREPARED, Move.REVIEW): State.REVIEWED,
    (State.PREPARED, Move.WITHDRAW): State.WITHDRAWN,
    (State.REVIEWED, Move.SEND_BACK): State.PROPOSED,
    (State.REVIEWED, Move.RELEASE): State.RELEASED,
    (State.REVIEWED, Move.WITHDRAW): State.WITHDRAWN,
    (State.RELEASED, Move.WITHDRAW): State.WITHDRAWN,
}

STATE_WORDS: dict[State, tuple[str, str]] = {
    State.PROPOSED: ("待修改", "soon"),
    State.PREPARED: ("待复核", "wait"),
    State.REVIEWED: ("已复核", "active"),
    State.RELEASED: ("已发布", "done"),
    State.WITHDRAWN: ("已撤回", "idle"),
}
"""The word of a state and the tone of its badge."""


class IllegalMove(Refusal):
    code = "casebook.illegal_move"
    says = "教学病例现在的状态是“%(state)s”，不能这样操作；页面可能已过期，请刷新"


def after(state: State, move: Move) -> State:
    """Where a move leads. Raises IllegalMove."""
    try:
        return MOVES[(state, move)]
    except KeyError:
        raise IllegalMove(state=STATE_WORDS[state][0]) from None
