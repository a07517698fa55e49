import assert from "node:assert/strict";
import { test } from "node:test";
import { between, firstBudget, grade, newThrift, pictureBudget, read, weigh } from "../../../static/js/lib/line.js";

const PAIR = { type: "candidate-pair", id: "pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.08, availableOutgoingBitrate: 1_200_000, localCandidateId: "l", remoteCandidateId: "r" };
const REPORTS = [
  { type: "transport", id: "t", selectedCandidatePairId: "pair" },
  PAIR,
  { type: "local-candidate", id: "l", candidateType: "host" },
  { type: "remote-candidate", id: "r", candidateType: "srflx" },
  { type: "inbound-rtp", kind: "audio", mid: "0", packetsReceived: 500, packetsLost: 5, totalSamplesReceived: 48_000, jitterBufferEmittedCount: 47_100, concealedSamples: 900, silentConcealedSamples: 400 },
  { type: "inbound-rtp", kind: "video", mid: "1", framesDecoded: 120 },
  { type: "inbound-rtp", kind: "video", mid: "2", framesDecoded: 7 },
  { type: "outbound-rtp", kind: "video", framesEncoded: 100 },
  { type: "remote-inbound-rtp", kind: "audio", fractionLost: 0.01 },
];
const reading = (facts = {}) => ({ ...read(REPORTS, "1"), ...facts });

test("a report is read into counters; the frames are those of the camera", () => {
  assert.deepEqual(read(REPORTS, "1"), { audioGot: 500, audioLost: 5, samples: 48_000, played: 47_100, concealed: 500, frames: 120, pictures: 100, rtt: 80, lossOut: 0.01, room: 1200, path: "direct" });
});

test("an empty report is a reading too", () => {
  assert.deepEqual(read([], "1"), { audioGot: 0, audioLost: 0, samples: 0, played: 0, concealed: 0, frames: 0, pictures: 0, rtt: 0, lossOut: 0, room: null, path: null });
});

test("the path says whether a relay is in it, and over what", () => {
  const via = (relayProtocol) => REPORTS.map((one) => (one.id === "l" ? { ...one, candidateType: "relay", relayProtocol } : one));
  assert.equal(read(via("udp"), "1").path, "relay");
  assert.equal(read(via("tcp"), "1").path, "relay-tcp");
});

test("between two readings losses are parts of one", () => {
  const line = between(reading(), reading({ audioGot: 595, audioLost: 10, samples: 96_000, concealed: 5300, frames: 144, pictures: 124 }));
  assert.deepEqual(line, { rtt: 80, lossIn: 0.05, lossOut: 0.01, concealed: 0.1, frames: 24, room: 1200, path: "direct" });
});

test("what the line could carry is not known while no picture is sent", () => {
  assert.equal(between(reading(), reading()).room, null);
});

const LINE = { rtt: 40, lossIn: 0, lossOut: 0, concealed: 0, frames: 20, room: null, path: null };
for (const [facts, expected] of [
  [{}, "good"],
  [{ rtt: 350 }, "fair"],
  [{ lossIn: 0.03 }, "fair"],
  [{ lossOut: 0.08 }, "weak"],
  [{ room: 200 }, "weak"],
  [{ concealed: 0.3 }, "bad"],
  [{ room: 60 }, "bad"],
  [{ rtt: 1500 }, "bad"],
]) {
  test(`a line with ${JSON.stringify(facts)} is ${expected}`, () => assert.equal(grade({ ...LINE, ...facts }), expected));
}

/** When the picture goes and comes back over a line that is as `gradeAt` says. */
function history(gradeAt, until) {
  let thrift = newThrift();
  const changes = [];
  for (let at = 0; at <= until; at += 1000) {
    const next = weigh(thrift, gradeAt(at), at);
    if (next.spared !== thrift.spared) changes.push([next.spared ? "off" : "on", at / 1000]);
    thrift = next;
  }
  return changes;
}

test("four bad seconds take the picture away, twelve better ones bring it back", () => {
  assert.deepEqual(history((at) => (at < 5000 ? "bad" : "good"), 30_000), [["off", 4], ["on", 17]]);
});

test("a moment's trouble changes nothing", () => {
  assert.deepEqual(history((at) => (at % 4000 === 0 ? "good" : "bad"), 60_000), []);
});

test("a line that is good only without the picture is tried less and less often", () => {
  let off = false;
  let thrift = newThrift();
  const tries = [];
  for (let at = 0; at <= 200_000; at += 1000) {
    thrift = weigh(thrift, off ? "good" : "bad", at);
    if (off && !thrift.spared) tries.push(at / 1000);
    off = thrift.spared;
  }
  assert.deepEqual(tries, [17, 47, 101]);
});

test("the more people a picture goes to, the less each may cost", () => {
  assert.deepEqual([0, 1, 2, 3, 7].map((others) => pictureBudget(others).maxBitrate), [1_500_000, 1_500_000, 800_000, 500_000, 500_000]);
  assert.deepEqual(pictureBudget(2), { maxBitrate: 800_000, scaleResolutionDownBy: 1.5, maxFramerate: 20 });
});

test("the first pictures are none that Chromium throws away for being too large", () => {
  const pixels = (/** @type {number} */ others) => (960 * 540) / firstBudget(others).scaleResolutionDownBy ** 2;
  assert.ok([1, 2, 3].every((others) => pixels(others) <= 640 * 480));
  assert.deepEqual([2, 3].map(firstBudget), [2, 3].map(pictureBudget));
});
