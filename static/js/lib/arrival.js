// When somebody has come over from the mesh: what the server brings of them is really being played.

const STEADY = 2; // looks, one after the other, between which their sound had no hole
const PLAYED = 0.9; // of the samples between two looks, at least so much came out of packets
const PICTURE_WITHIN = 4000; // ms the sound waits for a picture: words are what must not be lost

/** @typedef {{samples: number, played: number}} Sound counters since the connection began */

/**
 * @param {number} steady looks so far
 * @param {Sound | null} before
 * @param {Sound} after
 * @returns {number} looks by now; 0 after a hole
 */
export function steadier(steady, before, after) {
  const samples = after.samples - (before?.samples ?? 0);
  const played = after.played - (before?.played ?? 0);
  return samples > 0 && played >= PLAYED * samples ? steady + 1 : 0;
}

/**
 * A microphone that is muted sends silence; of one that is not there nothing is missed.
 * @param {boolean} mic whether they say theirs is on
 * @param {number} steady
 */
export function isHeard(mic, steady) {
  return !mic || steady >= STEADY;
}

/**
 * @param {{mic: boolean, cam: boolean}} peer what they say is on
 * @param {{steady: number, frames: number, waited: number}} seen `frames` of their camera; `waited` ms for them
 */
export function hasArrived({ mic, cam }, { steady, frames, waited }) {
  return isHeard(mic, steady) && (!cam || frames > 0 || waited > PICTURE_WITHIN);
}
