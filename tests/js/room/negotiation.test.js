import assert from "node:assert/strict";
import { test } from "node:test";
import { examine, isPolite, moveOn, newHealth, originOf } from "../../../static/js/lib/negotiation.js";

const sdp = (session) => `v=0\r\no=- ${session} 2 IN IP4 127.0.0.1\r\ns=-\r\n`;
const offer = (session = "1") => ({ type: "offer", sdp: sdp(session) });
const seen = (facts) => ({ description: offer(), polite: true, state: "stable", settled: false, origin: null, ...facts });

test("of two ids exactly one is polite", () => {
  assert.deepEqual([isPolite("a", "b"), isPolite("b", "a")], [true, false]);
});

test("an offer in peace is taken", () => {
  assert.equal(moveOn(seen({})), "apply");
});

test("when both offer, the impolite one goes on and the polite one gives way", () => {
  const glare = { state: "have-local-offer", settled: true, origin: "1" };
  assert.equal(moveOn(seen({ ...glare, polite: false })), "ignore");
  assert.equal(moveOn(seen({ ...glare, polite: true })), "yield");
});

test("at the very first exchange giving way means beginning anew: rolled-back transceivers are not used again", () => {
  assert.equal(moveOn(seen({ state: "have-local-offer", settled: false })), "rebuild");
});

test("an answer is taken only by the one who asked", () => {
  const description = { type: "answer", sdp: sdp("1") };
  assert.equal(moveOn(seen({ description, state: "have-local-offer" })), "apply");
  assert.equal(moveOn(seen({ description, state: "stable" })), "ignore");
});

test("an offer of another RTCPeerConnection means that theirs was made anew", () => {
  assert.equal(moveOn(seen({ origin: "1", description: offer("2"), settled: true })), "rebuild");
  assert.equal(moveOn(seen({ origin: "2", description: offer("2"), settled: true })), "apply");
});

test("the session of a description is read from its o= line", () => {
  assert.deepEqual([originOf(sdp("4611731400430051336")), originOf("v=0")], ["4611731400430051336", null]);
});

/** Times at which a connection that never stands is restarted. */
function restarts({ polite, stood, until }) {
  let health = { ...newHealth(), stood };
  const times = [];
  for (let now = 0; now <= until; now += 500) {
    const looked = examine(health, { connected: false, failed: false, polite, now });
    health = looked.health;
    if (looked.restart) times.push(now);
  }
  return times;
}

test("a fallen connection is restarted after two seconds, then less and less often", () => {
  assert.deepEqual(restarts({ polite: false, stood: true, until: 25_000 }), [2000, 6000, 14_000, 22_000]);
});

test("the polite side waits a second longer, so that the two do not always collide", () => {
  assert.deepEqual(restarts({ polite: true, stood: true, until: 9000 }), [3000, 8000]);
});

test("one that never stood is given more time", () => {
  assert.deepEqual(restarts({ polite: false, stood: false, until: 5000 }), [4000]);
});

test("a failed one is not waited for, and standing again forgets everything", () => {
  const failed = examine(newHealth(), { connected: false, failed: true, polite: false, now: 0 });
  assert.equal(failed.restart, true);
  const stands = examine(failed.health, { connected: true, failed: false, polite: false, now: 1 });
  assert.deepEqual(stands, { health: { since: null, tries: 0, stood: true }, restart: false });
});
