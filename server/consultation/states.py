"""The states of a consultation and every legal move between them (2018 rules and domain practice, as one table)."""

from enum import StrEnum

from server.core.errors import Refusal


class State(StrEnum):
    DRAFT = "draft"
    APPROVING = "approving"
    TRIAGE = "triage"
    SUPPLEMENT = "supplement"
    INVITING = "inviting"
    SCHEDULING = "scheduling"
    SCHEDULED = "scheduled"
    READY = "ready"
    IN_SESSION = "in_session"
    INTERRUPTED = "interrupted"
    OPINION_PENDING = "opinion_pending"
    ISSUED = "issued"
    DECIDED = "decided"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class Move(StrEnum):
    SUBMIT = "submit"
    SUBMIT_FOR_APPROVAL = "submit_for_approval"
    DISCARD = "discard"
    APPROVE = "approve"
    RETURN = "return"
    HAND_ON = "hand_on"
    INVITE = "invite"
    ASK_MORE = "ask_more"
    REJECT = "reject"
    CONVERT = "convert"
    RESUBMIT = "resubmit"
    TIME_OUT = "time_out"
    ACCEPT = "accept"
    ACCEPT_AT_ONCE = "accept_at_once"
    ACCEPT_WRITTEN = "accept_written"
    DECLINE = "decline"
    EXHAUST = "exhaust"
    BOOK = "book"
    RESCHEDULE = "reschedule"
    CHECK = "check"
    MISS = "miss"
    BEGIN = "begin"
    LOSE = "lose"
    REJOIN = "rejoin"
    GO_WRITTEN = "go_written"
    REBOOK = "rebook"
    END = "end"
    ISSUE = "issue"
    AMEND = "amend"
    DECIDE = "decide"
    FOLLOW = "follow"
    CLOSE = "close"
    REOPEN = "reopen"
    HOLD = "legal_hold"
    CANCEL = "cancel"


MOVES: dict[tuple[State, Move], State] = {
    (State.DRAFT, Move.SUBMIT): State.TRIAGE,
    (State.DRAFT, Move.SUBMIT_FOR_APPROVAL): State.APPROVING,
    (State.DRAFT, Move.DISCARD): State.CANCELLED,
    (State.APPROVING, Move.APPROVE): State.TRIAGE,
    (State.APPROVING, Move.RETURN): State.DRAFT,
    (State.APPROVING, Move.HAND_ON): State.TRIAGE,
    (State.APPROVING, Move.CANCEL): State.CANCELLED,
    (State.TRIAGE, Move.INVITE): State.INVITING,
    (State.TRIAGE, Move.ASK_MORE): State.SUPPLEMENT,
    (State.TRIAGE, Move.REJECT): State.REJECTED,
    (State.TRIAGE, Move.CONVERT): State.CANCELLED,
    (State.TRIAGE, Move.CANCEL): State.CANCELLED,
    (State.SUPPLEMENT, Move.RESUBMIT): State.TRIAGE,
    (State.SUPPLEMENT, Move.TIME_OUT): State.EXPIRED,
    (State.SUPPLEMENT, Move.CANCEL): State.CANCELLED,
    (State.INVITING, Move.ACCEPT): State.SCHEDULING,
    (State.INVITING, Move.ACCEPT_AT_ONCE): State.READY,
    (State.INVITING, Move.ACCEPT_WRITTEN): State.OPINION_PENDING,
    (State.INVITING, Move.DECLINE): State.INVITING,
    (State.INVITING, Move.EXHAUST): State.TRIAGE,
    (State.INVITING, Move.CANCEL): State.CANCELLED,
    (State.SCHEDULING, Move.BOOK): State.SCHEDULED,
    (State.SCHEDULING, Move.CANCEL): State.CANCELLED,
    (State.SCHEDULED, Move.RESCHEDULE): State.SCHEDULED,
    (State.SCHEDULED, Move.CHECK): State.READY,
    (State.SCHEDULED, Move.MISS): State.NO_SHOW,
    (State.SCHEDULED, Move.CANCEL): State.CANCELLED,
    (State.READY, Move.BEGIN): State.IN_SESSION,
    (State.READY, Move.RESCHEDULE): State.SCHEDULED,
    (State.READY, Move.MISS): State.NO_SHOW,
    (State.READY, Move.CANCEL): State.CANCELLED,
    (State.IN_SESSION, Move.LOSE): State.INTERRUPTED,
    (State.IN_SESSION, Move.END): State.OPINION_PENDING,
    (State.INTERRUPTED, Move.REJOIN): State.IN_SESSION,
    (State.INTERRUPTED, Move.GO_WRITTEN): State.OPINION_PENDING,
    (State.INTERRUPTED, Move.REBOOK): State.SCHEDULING,
    (State.INTERRUPTED, Move.END): State.OPINION_PENDING,
    (State.OPINION_PENDING, Move.ISSUE): State.ISSUED,
    (State.ISSUED, Move.AMEND): State.ISSUED,
    (State.ISSUED, Move.DECIDE): State.DECIDED,
    (State.DECIDED, Move.FOLLOW): State.FOLLOW_UP,
    (State.DECIDED, Move.CLOSE): State.CLOSED,
    (State.DECIDED, Move.AMEND): State.ISSUED,
    (State.FOLLOW_UP, Move.CLOSE): State.CLOSED,
    (State.FOLLOW_UP, Move.AMEND): State.ISSUED,
    (State.CLOSED, Move.REOPEN): State.FOLLOW_UP,
    (State.CLOSED, Move.HOLD): State.CLOSED,
    (State.CLOSED, Move.AMEND): State.ISSUED,
}

ENDED = frozenset({State.CLOSED, State.REJECTED, State.EXPIRED, State.CANCELLED, State.NO_SHOW})
OPEN = frozenset(State) - ENDED
WITHOUT_OPINION = ENDED - {State.CLOSED}
"""Ended before anybody was advised: it may be asked anew."""
LIVE = frozenset({State.SCHEDULED, State.READY, State.IN_SESSION, State.INTERRUPTED})
"""States in which the room stands open to the two sides."""


class Party(StrEnum):
    """Who must act next."""

    APPLICANT = "applicant"
    DEPT_LEAD = "dept_lead"
    COORDINATOR = "coordinator"
    SPECIALIST = "specialist"
    BOTH = "both"
    NOBODY = "nobody"


ACTS_NEXT: dict[State, Party] = {
    State.DRAFT: Party.APPLICANT,
    State.APPROVING: Party.DEPT_LEAD,
    State.TRIAGE: Party.COORDINATOR,
    State.SUPPLEMENT: Party.APPLICANT,
    State.INVITING: Party.SPECIALIST,
    State.SCHEDULING: Party.COORDINATOR,
    State.SCHEDULED: Party.BOTH,
    State.READY: Party.BOTH,
    State.IN_SESSION: Party.BOTH,
    State.INTERRUPTED: Party.BOTH,
    State.OPINION_PENDING: Party.SPECIALIST,
    State.ISSUED: Party.APPLICANT,
    State.DECIDED: Party.APPLICANT,
    State.FOLLOW_UP: Party.APPLICANT,
    **dict.fromkeys(ENDED, Party.NOBODY),
}

STATE_WORDS: dict[State, tuple[str, str]] = {
    State.DRAFT: ("草稿", "idle"),
    State.APPROVING: ("院内审批", "wait"),
    State.TRIAGE: ("中心初审", "wait"),
    State.SUPPLEMENT: ("待补充资料", "soon"),
    State.INVITING: ("待专家响应", "wait"),
    State.SCHEDULING: ("待排期", "wait"),
    State.SCHEDULED: ("已排期", "active"),
    State.READY: ("候诊", "active"),
    State.IN_SESSION: ("会诊中", "active"),
    State.INTERRUPTED: ("中断", "soon"),
    State.OPINION_PENDING: ("待出具意见", "wait"),
    State.ISSUED: ("意见已出具", "active"),
    State.DECIDED: ("已定方案", "done"),
    State.FOLLOW_UP: ("随访中", "active"),
    State.CLOSED: ("已归档", "done"),
    State.REJECTED: ("未受理", "idle"),
    State.EXPIRED: ("已过期", "idle"),
    State.CANCELLED: ("已取消", "idle"),
    State.NO_SHOW: ("未到场", "danger"),
}
"""The word of a state and the tone of its badge."""

PARTY_WORDS: dict[Party, str] = {
    Party.APPLICANT: "申请医师",
    Party.DEPT_LEAD: "院内审批人",
    Party.COORDINATOR: "会诊中心",
    Party.SPECIALIST: "会诊专家",
    Party.BOTH: "双方",
    Party.NOBODY: "—",
}


class IllegalMove(Refusal):
    code = "consultation.illegal_move"
    says = "会诊现在的状态是“%(state)s”，不能这样操作；页面可能已过期，请刷新"


def after(state: State, move: Move) -> State:
    """Where a move leads. Raises IllegalMove."""
    try:
        return MOVES[(state, move)]
    except KeyError:
        raise IllegalMove(state=STATE_WORDS[state][0]) from None
