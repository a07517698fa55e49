"""Key frames are asked for with restraint; a receiver's layer follows its line; the loudest is heard."""

from aiortc.rtp import RtcpPacket
from hypothesis import given
from hypothesis import strategies as st

from signaling.media.forwarder.keyframes import GAP, PATIENCE, KeyFrames, picture_loss
from signaling.media.forwarder.layers import CALM, HEAVY, Ladder
from signaling.media.forwarder.levels import Levels

RATES = (150_000.0, 500_000.0, 1_700_000.0)


def test_three_hundred_newcomers_cost_one_key_frame_and_one_more():
    frames = KeyFrames()
    assert [frames.want(1.0) for _ in range(300)] == [True] + [False] * 299
    assert not frames.due(1.0 + GAP / 2)
    assert not frames.want(1.1)
    assert frames.due(1.0 + GAP)
    assert not frames.due(1.0 + 2 * GAP)


def test_a_request_that_is_not_answered_is_sent_again():
    frames = KeyFrames()
    assert frames.want(0.0)
    assert not frames.due(PATIENCE / 2)
    assert frames.due(PATIENCE)
    frames.came()
    assert not frames.due(10.0)
    assert not frames.wanted


def test_picture_loss_reads_as_such():
    (packet,) = RtcpPacket.parse(picture_loss(1, 2))
    assert (packet.fmt, packet.ssrc, packet.media_ssrc) == (1, 1, 2)


def test_the_largest_layer_comes_first_and_a_small_line_gets_a_small_one():
    assert Ladder(0.0).choose(-1, RATES, 0.0) == 2
    ladder = Ladder(0.0)
    ladder.estimated(600_000, 0.0)
    assert ladder.choose(-1, RATES, 0.0) == 1
    ladder.estimated(2_000_000, 0.0)
    ladder.estimated(600_000, 0.5)
    assert ladder.choose(2, RATES, 0.5) == 1
    ladder.estimated(100_000, 0.9)
    assert ladder.choose(1, RATES, 1.0) == 0
    assert ladder.choose(0, RATES, 1.1) == 0


def test_a_low_estimate_alone_does_not_end_a_trial():
    ladder = Ladder(0.0)
    ladder.estimated(120_000, 0.0)
    assert ladder.choose(0, RATES, CALM) == 1
    ladder.estimated(180_000, CALM + 1)
    assert ladder.choose(1, RATES, CALM + 1) == 2
    ladder.lost(0.05, CALM + 2)
    assert ladder.choose(2, RATES, CALM + 2) == 0


def test_heavy_loss_brings_down_one_layer():
    ladder = Ladder(0.0)
    ladder.lost(HEAVY + 0.01, 1.0)
    assert ladder.choose(2, RATES, 1.0) == 1
    assert ladder.choose(1, RATES, 1.1) == 1


def test_calm_leads_up_again_one_step_at_a_time():
    ladder = Ladder(0.0)
    assert ladder.choose(0, RATES, CALM - 0.1) == 0
    assert ladder.choose(0, RATES, CALM) == 1
    assert ladder.choose(1, RATES, CALM + 0.5) == 1
    assert ladder.choose(1, RATES, 2 * CALM) == 2


def test_a_trial_that_fails_is_not_repeated_so_soon():
    ladder = Ladder(0.0)
    assert ladder.choose(1, RATES, CALM) == 2
    for wait in (2 * CALM, 4 * CALM):
        failed = ladder._rose + 1
        ladder.lost(0.2, failed)
        assert ladder.choose(2, RATES, failed) == 1
        assert ladder.choose(1, RATES, failed + wait - 0.1) == 1
        assert ladder.choose(1, RATES, failed + wait) == 2


def test_the_page_sets_the_ceiling():
    ladder = Ladder(0.0, ceiling=1)
    assert ladder.choose(2, RATES, 0.0) == 1
    assert ladder.choose(1, RATES, 100.0) == 1
    ladder.ceiling = None
    assert ladder.choose(1, RATES, 200.0) == 2


@given(
    st.lists(
        st.tuples(
            st.integers(-1, 3),
            st.lists(st.sampled_from([0.0, 1e5, 1e6, 5e6]), min_size=1, max_size=3),
            st.floats(0, 1),
            st.none() | st.floats(1e3, 1e7),
            st.none() | st.integers(0, 3),
        )
    )
)
def test_a_layer_that_does_not_come_in_is_never_chosen_while_another_does(steps):
    ladder = Ladder(0.0)
    for now, (present, rates, loss, estimate, ceiling) in enumerate(steps):
        ladder.ceiling = ceiling
        ladder.lost(loss, float(now))
        if estimate:
            ladder.estimated(estimate, float(now))
        highest = min(len(rates) - 1, len(rates) - 1 if ceiling is None else ceiling)
        chosen = ladder.choose(present, rates, float(now))
        if any(rates[: highest + 1]):
            assert rates[chosen] > 0
            assert 0 <= chosen <= highest


def test_the_loudest_is_heard_and_fades():
    levels = Levels()
    assert levels.round() is None
    levels.heard("zhao", 40)
    levels.heard("zhao", 20)
    levels.heard("wang", 90)
    assert levels.round() == {"zhao": 20}
    rounds = [levels.round() for _ in range(7)]
    assert rounds == [{"zhao": 26}, {"zhao": 32}, {"zhao": 38}, {"zhao": 44}, {"zhao": 50}, {}, None]
