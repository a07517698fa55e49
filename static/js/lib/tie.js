// What is known of one person's line, whichever way it goes: browser to browser, or through the server.

import { between, grade, newThrift } from "./line.js";

/**
 * @typedef {object} Way  what brings one person's sound and pictures here
 * @property {boolean} connected
 * @property {(place: "audio" | "camera" | "screen") => RTCRtpReceiver | undefined} receiver
 */
/**
 * @template {Way} W
 * @typedef {object} TieOf
 * @property {W} link
 * @property {string} page
 * @property {boolean} here
 * @property {number | null} missed  when the server last lost them; null while it has them
 * @property {number | null} lost  when it was last seen to fall (ms, monotonic); null while it stands
 * @property {boolean} stood
 * @property {import("./line.js").Reading | null} reading
 * @property {import("./line.js").Line | null} line
 * @property {import("./line.js").Grade} grade
 * @property {import("./line.js").Thrift} thrift
 * @property {number} moved  when its picture last moved
 */
/** @typedef {TieOf<Way>} Tie */

/**
 * @template {Way} W
 * @param {W} link
 * @param {string} page
 * @param {number} now ms, monotonic
 * @returns {TieOf<W>}
 */
export function newTie(link, page, now) {
  const unmeasured = { reading: null, line: null, grade: /** @type {const} */ ("good"), thrift: newThrift() };
  return { link, page, here: true, missed: null, lost: now, stood: false, moved: now, ...unmeasured };
}

/**
 * @param {Tie} tie
 * @param {boolean} here whether the server has them
 * @param {number} now
 */
export function noteHere(tie, here, now) {
  tie.here = here;
  tie.missed = here ? null : (tie.missed ?? now);
}

/**
 * @param {Tie} tie
 * @param {number} now
 * @returns {boolean} it stands again
 */
export function noteStanding(tie, now) {
  const { connected } = tie.link;
  const again = connected && tie.lost !== null;
  if (again) tie.moved = now;
  tie.stood ||= connected;
  tie.lost = connected ? null : (tie.lost ?? now);
  return again;
}

/**
 * @param {Tie} tie
 * @param {import("./line.js").Reading} after
 * @param {number} now
 */
export function noteReading(tie, after, now) {
  if (after.frames !== (tie.reading?.frames ?? 0)) tie.moved = now;
  tie.line = tie.reading ? between(tie.reading, after) : null;
  tie.reading = after;
  if (tie.line) tie.grade = grade(tie.line);
}
