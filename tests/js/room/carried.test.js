import assert from "node:assert/strict";
import { test } from "node:test";
import { hasArrived, steadier } from "../../../static/js/lib/arrival.js";
import { newTie, noteStanding } from "../../../static/js/lib/tie.js";

const SEEN = { steady: 2, frames: 3, waited: 0 };

for (const [words, peer, seen, arrived] of [
  ["nobody has before their sound plays", { mic: true, cam: true }, { steady: 1 }, false],
  ["their sound and their picture are awaited", { mic: true, cam: true }, { frames: 0 }, false],
  ["both are there", { mic: true, cam: true }, {}, true],
  ["a picture that does not come is not waited for long", { mic: true, cam: true }, { frames: 0, waited: 5000 }, true],
  ["of a dark camera no picture is awaited", { mic: true, cam: false }, { frames: 0 }, true],
  ["without a microphone there is no sound to wait for", { mic: false, cam: true }, { steady: 0 }, true],
]) {
  test(`come over from the mesh: ${words}`, () => assert.equal(hasArrived(peer, { ...SEEN, ...seen }), arrived));
}

test("sound is steady while it comes out of packets, and has to begin anew after a hole", () => {
  const looks = [[24_000, 20_000], [48_000, 43_000], [72_000, 66_000], [96_000, 70_000], [96_000, 70_000]];
  let before = null;
  const steady = looks.map(([samples, played]) => {
    before = { samples, played, steady: steadier(before?.steady ?? 0, before, { samples, played }) };
    return before.steady;
  });
  assert.deepEqual(steady, [0, 1, 2, 0, 0]);
});

test("a line that stands again is said so once, and since when it is down is kept", () => {
  const way = { connected: true, receiver: () => undefined };
  const tie = newTie(way, "page", 1000);
  assert.deepEqual([noteStanding(tie, 2000), noteStanding(tie, 3000), tie.moved], [true, false, 2000]);
  way.connected = false;
  noteStanding(tie, 4000);
  noteStanding(tie, 5000);
  assert.deepEqual([tie.lost, tie.stood], [4000, true]);
});
