"""Two ends of one connection: whatever is lost or said at once, sound and picture come through both ways, once."""

import subprocess

import pytest
import pytest_asyncio

from tests.browser.room.visitors import until
from tests.node import ROOT, node

BUNDLE = (
    "import('esbuild').then(b => b.build({entryPoints: ['tests/browser/room/links.js'], bundle: true, format: 'iife',"
    " outfile: process.argv[1]}))"
)


@pytest.fixture(scope="session")
def links(tmp_path_factory):
    script = tmp_path_factory.mktemp("links") / "links.js"
    subprocess.run([node(), "-e", BUNDLE, str(script)], cwd=ROOT, check=True)
    return script


@pytest_asyncio.fixture(loop_scope="session")
async def bench(page, rooms, links):
    """A page of the house with both ends in it."""
    await page.goto(f"{rooms.address}/healthz")
    await page.add_script_tag(path=links)
    return page


async def talking(bench, within=15.0):
    """Both ends stand, at peace, with exactly three places, and pictures arrive at each."""

    def right(seen):
        return all(
            side["connection"] == "connected" and side["signaling"] == "stable" and side["frames"] > 3
            for side in seen["sides"]
        )

    seen = await until(lambda: bench.evaluate("state(two)"), right, within)
    assert seen["failures"] == []
    assert [side["places"] for side in seen["sides"]] == [["sendrecv"] * 3] * 2
    assert [side["loose"] for side in seen["sides"]] == [0, 0]
    return seen["sides"]


@pytest.mark.parametrize("caller", ["a", "b"])
async def test_whoever_calls_both_talk_and_sound_repairs_itself(bench, caller):
    await bench.evaluate("caller => { window.two = pair(); two.ends[caller].call(); }", caller)
    for side in await talking(bench):
        first, second = side["agreed"][:2]
        assert first.startswith("red/48000")  # each packet carries the one before it
        assert second.startswith("opus/48000")
        assert "useinbandfec=1" in second


async def test_a_connection_is_laid_before_it_is_known_whom_it_goes_to(bench):
    await bench.evaluate("window.laid = lay()")
    await bench.evaluate("window.two = pair(); two.make('b', 'a', laid).call();")
    await talking(bench)


@pytest.mark.parametrize("delay", [0, 40])
async def test_both_call_at_once(bench, delay):
    await bench.evaluate("delay => { window.two = pair({delay}); two.ends.a.call(); two.ends.b.call(); }", delay)
    await talking(bench)


@pytest.mark.parametrize("lost", ["offer", "answer"])
async def test_the_first_word_is_lost(bench, lost):
    await bench.evaluate(
        """lost => {
          let left = 1;
          window.two = pair({drop: (from, step) => step.description?.type === lost && left-- > 0});
          two.ends.b.call();
        }""",
        lost,
    )
    await talking(bench)


async def test_all_candidates_of_the_first_try_are_lost(bench):
    await bench.evaluate(
        """() => {
          const began = performance.now();
          window.two = pair({drop: (from, step) => Boolean(step.candidate) && performance.now() - began < 3000});
          two.ends.b.call();
        }"""
    )
    await talking(bench, within=25)


async def test_one_end_begins_again_with_a_new_connection(bench):
    await bench.evaluate("window.two = pair(); two.ends.b.call();")
    await talking(bench)
    await bench.evaluate("two.make('b', 'a').call();")
    await talking(bench)


async def test_both_look_for_a_new_path_at_once(bench):
    await bench.evaluate("window.two = pair({delay: 20}); two.ends.b.call();")
    before = await talking(bench)
    await bench.evaluate("two.ends.a.restart(); two.ends.b.restart();")
    after = await until(
        lambda: talking(bench),
        lambda now: all(new["ufrag"] != old["ufrag"] for new, old in zip(now, before, strict=True)),
    )
    frames = [side["frames"] for side in after]
    await until(
        lambda: talking(bench), lambda now: all(side["frames"] > count for side, count in zip(now, frames, strict=True))
    )
