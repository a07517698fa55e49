// How good a line is, read from what RTCPeerConnection.getStats() counts, and when to send sound only.
// Names of the counters: W3C webrtc-stats.

/**
 * @typedef {{audioGot: number, audioLost: number, samples: number, played: number, concealed: number, frames: number,
 *   pictures: number, rtt: number, lossOut: number, room: number | null, path: Path | null}} Reading
 *   counters since the connection began (`played`: samples that came out of packets; `frames` of their camera, `pictures` sent by us); rtt in ms; lossOut 0..1;
 *   room: what the line would carry out, kbit/s
 * @typedef {"direct" | "relay" | "relay-tcp"} Path
 * @typedef {"good" | "fair" | "weak" | "bad"} Grade
 * @typedef {{rtt: number, lossIn: number, lossOut: number, concealed: number, frames: number,
 *   room: number | null, path: Path | null}} Line  over the time between two readings; losses 0..1
 */

const GRADES = /** @type {const} */ ([
  { grade: "bad", rtt: 1200, loss: 0.15, concealed: 0.2, room: 90 },
  { grade: "weak", rtt: 600, loss: 0.06, concealed: 0.08, room: 220 },
  { grade: "fair", rtt: 300, loss: 0.02, concealed: 0.03, room: 450 },
]);
const SPARE_AFTER = 4_000; // ms of a bad line before the picture gives way to the sound
const RETURN_AFTER = 12_000; // ms of a usable line before it comes back
const RETURN_AT_MOST = 120_000;

/**
 * @param {Iterable<any>} reports the values of one RTCStatsReport
 * @param {string | null | undefined} camera the m-line of their camera
 * @returns {Reading}
 */
export function read(reports, camera) {
  const all = [...reports];
  const audio = all.find((r) => r.type === "inbound-rtp" && r.kind === "audio") ?? {};
  const heard = all.find((r) => r.type === "remote-inbound-rtp" && r.kind === "audio") ?? {};
  const pair = chosenPair(all);
  return {
    audioGot: audio.packetsReceived ?? 0,
    audioLost: Math.max(0, audio.packetsLost ?? 0),
    samples: audio.totalSamplesReceived ?? 0,
    played: audio.jitterBufferEmittedCount ?? 0,
    concealed: (audio.concealedSamples ?? 0) - (audio.silentConcealedSamples ?? 0),
    frames: sum(all.filter((r) => r.mid === camera), "inbound-rtp", "framesDecoded"),
    pictures: sum(all, "outbound-rtp", "framesEncoded"),
    rtt: (pair?.currentRoundTripTime ?? heard.roundTripTime ?? 0) * 1000,
    lossOut: heard.fractionLost ?? 0,
    room: pair?.availableOutgoingBitrate ? pair.availableOutgoingBitrate / 1000 : null,
    path: pair ? pathOf(pair, all) : null,
  };
}

/**
 * @param {Reading} before
 * @param {Reading} after
 * @returns {Line}
 */
export function between(before, after) {
  const got = Math.max(0, after.audioGot - before.audioGot);
  const lost = Math.max(0, after.audioLost - before.audioLost);
  const samples = Math.max(0, after.samples - before.samples);
  const concealed = Math.max(0, after.concealed - before.concealed);
  return {
    rtt: after.rtt,
    lossIn: got + lost ? lost / (got + lost) : 0,
    lossOut: after.lossOut,
    concealed: samples ? Math.min(1, concealed / samples) : 0,
    frames: Math.max(0, after.frames - before.frames),
    // An estimate means something only while pictures are sent: sound alone never finds out what the line can carry.
    room: after.pictures > before.pictures ? after.room : null,
    path: after.path,
  };
}

/**
 * @param {Line} line
 * @returns {Grade}
 */
export function grade(line) {
  const loss = Math.max(line.lossIn, line.lossOut);
  const reached = GRADES.find(
    (at) =>
      line.rtt >= at.rtt ||
      loss >= at.loss ||
      line.concealed >= at.concealed ||
      (line.room !== null && line.room < at.room),
  );
  return reached?.grade ?? "good";
}

/**
 * @typedef {{spared: boolean, since: number | null, times: number}} Thrift
 *   `spared`: the picture is held back so that the sound gets through; `times` it has been so far
 * @returns {Thrift}
 */
export function newThrift() {
  return { spared: false, since: null, times: 0 };
}

/**
 * @param {Thrift} thrift
 * @param {Grade} now how the line is
 * @param {number} at ms, monotonic
 * @returns {Thrift}
 */
export function weigh(thrift, now, at) {
  const wantsChange = thrift.spared ? now === "good" || now === "fair" : now === "bad";
  if (!wantsChange) return { ...thrift, since: null };
  const since = thrift.since ?? at;
  if (at - since < patience(thrift)) return { ...thrift, since };
  return { spared: !thrift.spared, since: null, times: thrift.times + (thrift.spared ? 0 : 1) };
}

/** Each return that failed is tried later: every try costs the listener some seconds of bad sound. @param {Thrift} thrift */
function patience({ spared, times }) {
  return spared ? Math.min(RETURN_AT_MOST, RETURN_AFTER * 2 ** (times - 1)) : SPARE_AFTER;
}

/**
 * What each picture may cost so that an ordinary uplink, and an old machine, carry all of them: a mesh sends one to everybody.
 * @param {number} others how many people it goes to
 * @returns {{maxBitrate: number, scaleResolutionDownBy: number, maxFramerate: number}} bit/s, times smaller, per second
 */
export function pictureBudget(others) {
  if (others <= 1) return { maxBitrate: 1_500_000, scaleResolutionDownBy: 1, maxFramerate: 30 };
  if (others === 2) return { maxBitrate: 800_000, scaleResolutionDownBy: 1.5, maxFramerate: 20 };
  return { maxBitrate: 500_000, scaleResolutionDownBy: 2, maxFramerate: 15 };
}

/**
 * That of a connection on which nothing was measured yet. Chromium begins at 300 kbit/s and at so little throws pictures
 * larger than 640×480 away, one after the other, until it has made them smaller (WebRTC, `InitialFrameDropper`).
 * @param {number} others
 */
export function firstBudget(others) {
  const budget = pictureBudget(others);
  return { ...budget, scaleResolutionDownBy: Math.max(budget.scaleResolutionDownBy, 1.5) };
}

/** @param {any[]} all */
function chosenPair(all) {
  const transport = all.find((r) => r.type === "transport" && r.selectedCandidatePairId);
  if (transport) return all.find((r) => r.id === transport.selectedCandidatePairId);
  return all.find((r) => r.type === "candidate-pair" && r.nominated && r.state === "succeeded");
}

/**
 * @param {any} pair
 * @param {any[]} all
 * @returns {Path}
 */
function pathOf(pair, all) {
  const ends = [pair.localCandidateId, pair.remoteCandidateId].map((id) => all.find((r) => r.id === id));
  if (!ends.some((end) => end?.candidateType === "relay")) return "direct";
  const tcp = ends.some((end) => end?.relayProtocol === "tcp" || end?.relayProtocol === "tls");
  return tcp ? "relay-tcp" : "relay";
}

/**
 * @param {any[]} all
 * @param {string} type
 * @param {string} counter
 * @returns {number}
 */
function sum(all, type, counter) {
  return all.filter((r) => r.type === type).reduce((total, r) => total + (r[counter] ?? 0), 0);
}
