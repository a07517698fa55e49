"""The machine of a consultation: every pair of state and move, walked."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from server.consultation.model import Consultation
from server.consultation.states import ACTS_NEXT, ENDED, MOVES, STATE_WORDS, IllegalMove, Move, Party, State
from server.consultation.steps import next_due
from server.scheduling.deadlines import Urgency

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def a_case(state):
    return Consultation(
        id="c", state=state, urgency=Urgency.ROUTINE, state_since=NOON - timedelta(days=1), submitted_at=NOON
    )


@pytest.mark.parametrize(("state", "move"), list(product(State, Move)))
def test_a_move_leads_where_the_table_says_or_nowhere(state, move):
    case = a_case(state)
    if (state, move) not in MOVES:
        with pytest.raises(IllegalMove):
            case.move(move, now=NOON)
        assert (case.state, case.state_since) == (state, NOON - timedelta(days=1))
        return
    assert case.move(move, now=NOON) is state
    assert (case.state, case.acts_next, case.state_since) == (MOVES[state, move], ACTS_NEXT[case.state], NOON)


def test_every_state_has_a_word_and_somebody_who_acts_next():
    assert set(STATE_WORDS) == set(ACTS_NEXT) == set(State)
    assert {state for state in State if ACTS_NEXT[state] is Party.NOBODY} == ENDED


def test_every_state_can_be_reached_and_only_what_is_over_for_good_is_left_by_nothing():
    reached, waiting = {State.DRAFT}, [State.DRAFT]
    while waiting:
        here = waiting.pop()
        for (state, _), there in MOVES.items():
            if state is here and there not in reached:
                reached.add(there)
                waiting.append(there)
    assert reached == set(State)
    left_by_nothing = {state for state in State if not any(one is state for one, _ in MOVES)}
    assert left_by_nothing == ENDED - {State.CLOSED}


def test_a_signed_opinion_is_never_left_unsigned():
    before_any_opinion = {there for (state, _), there in MOVES.items() if state in (State.ISSUED, State.DECIDED)}
    assert before_any_opinion <= {State.ISSUED, State.DECIDED, State.FOLLOW_UP, State.CLOSED}


@pytest.mark.parametrize(
    ("state", "due"),
    [
        (State.TRIAGE, datetime(2026, 11, 23, 7, 30, tzinfo=UTC)),
        (State.DRAFT, None),
        (State.CLOSED, None),
    ],
)
def test_the_next_deadline_follows_the_state(state, due):
    case = a_case(state)
    case.state_since = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # Monday 09:30
    assert next_due(case) == due
