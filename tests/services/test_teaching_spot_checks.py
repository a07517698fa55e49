"""When planned checks are due: one in each part, at moments that only the house can know, none made good late."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from server.teaching.spot_checks import MISSED, due, moments

BEGUN = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=16, max_size=80), st.uuids(), st.integers(1, 6))
def test_each_lies_in_its_own_part_and_two_never_close_together(secret, session, count):
    found = moments(secret, session.hex, count, BEGUN, HOUR)
    for number, moment in enumerate(found):
        into = (moment - BEGUN) / (HOUR / count) - number
        assert 0.1 <= into <= 0.9
    assert found == moments(secret, session.hex, count, BEGUN, HOUR)


def test_another_session_or_another_house_has_other_moments():
    one = moments(b"a" * 32, "s1", 3, BEGUN, HOUR)
    assert one not in (moments(b"a" * 32, "s2", 3, BEGUN, HOUR), moments(b"b" * 32, "s1", 3, BEGUN, HOUR))
    assert moments(b"a" * 32, "s1", 0, BEGUN, HOUR) == []


def test_one_is_due_from_its_moment_on_and_is_not_made_good_late():
    planned = [BEGUN + timedelta(minutes=minute) for minute in (10, 15, 50)]
    at = {minute: due(planned, BEGUN + timedelta(minutes=minute)) for minute in (9, 10, 14, 16, 30, 50)}
    assert at == {9: None, 10: 0, 14: 0, 16: 1, 30: None, 50: 2}
    assert due(planned, planned[2] + MISSED) is None
