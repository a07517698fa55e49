import assert from "node:assert/strict";
import { test } from "node:test";
import { hasArrived } from "../../../static/js/lib/arrival.js";
import { newTie, noteStanding } from "../../../static/js/lib/tie.js";

const SEEN = { laid: true, played: 48_000, frames: 3, waited: 0 };

for (const [words, peer, seen, arrived] of [
  ["nobody has before their sound plays", { mic: true, cam: true }, { played: 480 }, false],
  ["their sound and their picture are awaited", { mic: true, cam: true }, { frames: 0 }, false],
  ["both are there", { mic: true, cam: true }, {}, true],
  ["a picture that does not come is not waited for long", { mic: true, cam: true }, { frames: 0, waited: 5000 }, true],
  ["of a dark camera no picture is awaited", { mic: true, cam: false }, { frames: 0 }, true],
  ["without a microphone there is no sound to wait for", { mic: false, cam: true }, { played: 0 }, true],
  ["but a place for it there must be", { mic: false, cam: false }, { laid: false }, false],
]) {
  test(`come over from the mesh: ${words}`, () => assert.equal(hasArrived(peer, { ...SEEN, ...seen }), arrived));
}

test("a line that stands again is said so once, and since when it is down is kept", () => {
  const way = { connected: true, receiver: () => undefined };
  const tie = newTie(way, "page", 1000);
  assert.deepEqual([noteStanding(tie, 2000), noteStanding(tie, 3000), tie.moved], [true, false, 2000]);
  way.connected = false;
  noteStanding(tie, 4000);
  noteStanding(tie, 5000);
  assert.deepEqual([tie.lost, tie.stood], [4000, true]);
});
