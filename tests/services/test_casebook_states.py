"""The tables of moves of a teaching case and of its files: every pair of a state and a move is in it or refused."""

from datetime import UTC, datetime

import pytest

from server.casebook.copy_states import COPY_MOVES, COPY_WORDS, SETTLED, CopyMove, CopyState, IllegalCopyMove
from server.casebook.model import TeachingCase, TeachingCopy
from server.casebook.states import MOVES, STATE_WORDS, IllegalMove, Move, State

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_every_pair_is_a_move_or_a_refusal(state, move):
    case = TeachingCase(state=state)
    if (state, move) in MOVES:
        assert case.move(move, now=NOW) is state
        assert (case.state, case.state_since) == (MOVES[(state, move)], NOW)
        return
    with pytest.raises(IllegalMove) as refused:
        case.move(move, now=NOW)
    assert refused.value.facts["state"] == STATE_WORDS[state][0]
    assert case.state is state


def test_nothing_is_released_that_was_not_reviewed_and_what_is_withdrawn_stays_so():
    assert [state for (state, _), end in MOVES.items() if end is State.RELEASED] == [State.REVIEWED]
    assert [move for (state, move) in MOVES if state is State.WITHDRAWN] == []


@pytest.mark.parametrize("state", CopyState)
@pytest.mark.parametrize("move", CopyMove)
def test_of_a_copy_too_every_pair_is_a_move_or_a_refusal(state, move):
    copy = TeachingCopy(state=state)
    if (state, move) in COPY_MOVES:
        copy.move(move)
        assert copy.state is COPY_MOVES[(state, move)]
        return
    with pytest.raises(IllegalCopyMove) as refused:
        copy.move(move)
    assert refused.value.facts["state"] == COPY_WORDS[state][0]
    assert copy.state is state


def test_a_copy_is_ready_only_after_somebody_confirmed_it():
    assert [state for (state, _), end in COPY_MOVES.items() if end is CopyState.READY] == [CopyState.CONFIRMED]
    assert {CopyState.READY, CopyState.LEFT_OUT} == SETTLED
