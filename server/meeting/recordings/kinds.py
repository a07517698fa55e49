"""States of a recording and of what is made of it: words others may use without the tables."""

from enum import StrEnum


class RecordingState(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"  # over; to be made playable
    READY = "ready"
    EMPTY = "empty"  # nothing was written
    REMOVED = "removed"


class Ladder(StrEnum):
    """What there is beside the original for weak lines."""

    WAITING = "waiting"
    MADE = "made"
    FAILED = "failed"


MOVES: dict[RecordingState, frozenset[RecordingState]] = {
    RecordingState.RUNNING: frozenset({RecordingState.WAITING}),
    RecordingState.WAITING: frozenset({RecordingState.READY, RecordingState.EMPTY, RecordingState.REMOVED}),
    RecordingState.READY: frozenset({RecordingState.REMOVED}),
    RecordingState.EMPTY: frozenset(),
    RecordingState.REMOVED: frozenset(),
}
