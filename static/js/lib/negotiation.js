// What two browsers do when both speak at once, when an offer got lost, when a connection falls silent.
// W3C WebRTC, "perfect negotiation"; the polite one is the one with the smaller id.

/** @typedef {{type: string, sdp: string}} Description */

/**
 * @param {string} me
 * @param {string} other
 */
export function isPolite(me, other) {
  return me < other;
}

/**
 * @typedef {"apply" | "ignore" | "yield" | "rebuild"} Move
 *   yield: take back one's own offer first; rebuild: begin again with a new connection, then apply
 * @param {{description: Description, polite: boolean, state: string, settled: boolean, origin: string | null}} seen
 *   `state` signalingState; `settled` an exchange was completed before; `origin` of the last description applied
 * @returns {Move}
 */
export function moveOn({ description, polite, state, settled, origin }) {
  const offer = description.type === "offer";
  if (!offer) return state === "have-local-offer" ? "apply" : "ignore";
  const collides = state !== "stable";
  if (collides && !polite) return "ignore";
  // The other side has begun again with a new RTCPeerConnection: ours has nobody to talk to any more.
  if (origin && originOf(description.sdp) !== origin) return "rebuild";
  // Transceivers made for a first offer are not reused after a rollback: a fresh connection is cleaner.
  if (collides && !settled) return "rebuild";
  return collides ? "yield" : "apply";
}

/**
 * The session id of the o= line: one for the life of an RTCPeerConnection (RFC 8829 5.2.1).
 * @param {string} sdp
 * @returns {string | null}
 */
export function originOf(sdp) {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? null;
}

const FIRST_PATIENCE = 4000; // ms for a connection that has never stood
const PATIENCE = 2000; // ms for one that has fallen silent
const LONGEST = 8000;

/**
 * @typedef {{since: number | null, tries: number, stood: boolean}} Health  `since`: not connected since (or since the last try)
 * @returns {Health}
 */
export function newHealth() {
  return { since: null, tries: 0, stood: false };
}

/**
 * @param {Health} health
 * @param {{connected: boolean, failed: boolean, polite: boolean, now: number}} seen
 * @returns {{health: Health, restart: boolean}} restart: ask for a new path (ICE restart) now
 */
export function examine(health, { connected, failed, polite, now }) {
  if (connected) return { health: { since: null, tries: 0, stood: true }, restart: false };
  const since = health.since ?? now;
  // The polite one waits longer, so that the two do not restart at the same instant every time.
  const patience = Math.min(LONGEST, (health.stood ? PATIENCE : FIRST_PATIENCE) * 2 ** health.tries) + (polite ? 1000 : 0);
  const restart = now - since >= patience || (failed && health.tries === 0);
  return { health: restart ? { ...health, since: now, tries: health.tries + 1 } : { ...health, since }, restart };
}
