"""Five-minute buckets: the grain in which the store keeps a resource to one booking.

A bucket is the number of whole five minutes since 1970 in UTC, so that zones and summer times cannot shift it.
A booking takes every bucket it touches: half-open [14:00, 14:30) takes six and leaves 14:30 to the next.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from server.scheduling.intervals import Interval

BUCKET = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def bucket_of(moment: datetime) -> int:
    """The bucket `moment` lies in."""
    return (moment - _EPOCH) // BUCKET


def bucket_after(moment: datetime) -> int:
    """The first bucket that begins at or after `moment`."""
    return -((_EPOCH - moment) // BUCKET)


def buckets(period: Interval) -> range:
    """Every bucket `period` touches; none when it is empty."""
    return range(bucket_of(period.start), bucket_after(period.end)) if period.start < period.end else range(0)


def start_of(bucket: int) -> datetime:
    return _EPOCH + bucket * BUCKET


def stretches(taken: Iterable[int]) -> list[Interval]:
    """Buckets as the stretches of time they cover, in order, neighbours joined."""
    runs: list[tuple[int, int]] = []
    for bucket in sorted(set(taken)):
        begin = runs.pop()[0] if runs and runs[-1][1] == bucket else bucket
        runs.append((begin, bucket + 1))
    return [Interval(start_of(begin), start_of(end)) for begin, end in runs]


def outward(period: Interval) -> Interval:
    """`period` widened to whole buckets."""
    return Interval(start_of(bucket_of(period.start)), start_of(bucket_after(period.end)))
