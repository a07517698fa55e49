"""The table of a session's moves: every pair of a state and a move is either in it or refused."""

from datetime import UTC, datetime

import pytest

from server.teaching.model import TeachingSession
from server.teaching.states import MOVES, STATE_WORDS, IllegalMove, Move, State, after

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ROAD = [
    Move.FILE,
    Move.PUBLISH,
    Move.CLOSE_ENROLMENT,
    Move.OPEN_LOBBY,
    Move.BEGIN,
    Move.PAUSE,
    Move.RESUME,
    Move.END,
    Move.PROCESS,
    Move.CREDIT,
    Move.ARCHIVE,
]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_every_pair_is_a_move_or_a_refusal(state, move):
    session = TeachingSession(state=state)
    if (state, move) in MOVES:
        assert session.move(move, now=NOW) is state
        assert (session.state, session.state_since) == (MOVES[(state, move)], NOW)
        return
    with pytest.raises(IllegalMove) as refused:
        session.move(move, now=NOW)
    assert refused.value.facts["state"] == STATE_WORDS[state][0]
    assert session.state is state


def test_the_road_of_the_domain_leads_from_planned_to_archived():
    state = State.PLANNED
    for move in ROAD:
        state = after(state, move)
    assert state is State.ARCHIVED


def test_what_is_over_or_cancelled_is_not_begun_again():
    ways = {state for state, move in MOVES if move is Move.BEGIN}
    assert ways == {State.LOBBY}
    assert not [move for state, move in MOVES if state is State.CANCELLED]
