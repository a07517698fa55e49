"""The table of a teaching case's moves: every pair of a state and a move is either in it or refused."""

from datetime import UTC, datetime

import pytest

from server.casebook.model import TeachingCase
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
