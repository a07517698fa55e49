"""Identifiers: their order is the order of making."""

import time

from server.core import ids


def test_ids_made_within_one_millisecond_ascend():
    made = [ids.new_id() for _ in range(5000)]
    assert made == sorted(set(made))
    assert {len(one) for one in made} == {32}


def test_an_id_tells_its_millisecond():
    before = time.time_ns() // 1_000_000
    assert before <= int(ids.new_id()[:12], 16) <= time.time_ns() // 1_000_000 + 1
