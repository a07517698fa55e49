// Who is in the room. The server says so; this remembers it, and bridges the moments in which a server that has just
// come back does not know everybody again yet.

/**
 * @typedef {object} Peer  as in signaling/PROTOCOL.md
 * @property {string} id
 * @property {string} name
 * @property {string} title
 * @property {string} role
 * @property {boolean} host
 * @property {string} page
 * @property {boolean} mic
 * @property {boolean} cam
 * @property {boolean} screen
 * @property {boolean} hand
 * @property {"good" | "weak" | "bad"} line
 * @property {"here" | "reconnecting"} state
 * @property {boolean} [staged]  in a hall: a host brought them on the stage
 *
 * @typedef {{id: string, name: string, title: string, role: string}} Waiting
 * @typedef {{version: number, peers: Peer[], waiting: Waiting[], hall?: Hall, carried?: {at: string}, recording?: Recorded}} Roster
 *   carried: the server that has the media, once one has it
 * @typedef {{on: boolean, asked: boolean, agreed: boolean}} Recorded  agreed: this person lets themselves be recorded
 * @typedef {{at: string, stage: boolean, group: number, audience: number, raised: number, hands: Waiting[],
 *   recording: Recorded, captions: {on: boolean, paused: boolean}}} Hall  of a hall only
 * @typedef {{roster: Roster, came: Peer[], went: Peer[], back: Peer[]}} Change
 *   came: new people and new page loads; back: were reconnecting and are here again
 */

export const GRACE = 10_000; // ms after which nobody is remembered who has not come back

/** @type {Recorded} */
export const NOT_RECORDED = { on: false, asked: false, agreed: false };

/** Nothing of whoever has not agreed goes through a server that records. @param {Recorded} [recording] */
export function isKeptOut({ on, agreed } = NOT_RECORDED) {
  return on && !agreed;
}

/** @returns {Roster} */
export function emptyRoster() {
  return { version: -1, peers: [], waiting: [] };
}

/**
 * A `peers` message: the whole roster. One that was overtaken on the way changes nothing.
 * @param {Roster} before
 * @param {Roster} told
 * @returns {Change}
 */
export function hear(before, told) {
  if (told.version < before.version) return { roster: before, came: [], went: [], back: [] };
  return changeOf(before, told);
}

/**
 * The roster of a join answer. It begins a new count of versions (the server may be another one).
 * @param {Roster} before
 * @param {Roster} told
 * @param {(peer: Peer) => boolean} flows whether that person's sound or picture still arrives
 * @returns {Change} people whose media still flows stay, marked as reconnecting, though the server does not know them yet
 */
export function resume(before, told, flows) {
  return changeOf(before, { ...told, peers: [...told.peers, ...missing(before, told).filter(flows).map(bridged)] });
}

/**
 * Like `hear`, in the first seconds after a rejoin: the others are still on their way back.
 * @param {Roster} before
 * @param {Roster} told
 * @param {(peer: Peer) => boolean} flows
 * @returns {Change}
 */
export function hearLeniently(before, told, flows) {
  return told.version < before.version ? hear(before, told) : resume(before, told, flows);
}

/** @param {Peer} peer */
function bridged(peer) {
  return { ...peer, state: /** @type {const} */ ("reconnecting") };
}

/**
 * @param {Roster} before
 * @param {Roster} after
 * @returns {Peer[]}
 */
function missing(before, after) {
  const ids = new Set(after.peers.map(({ id }) => id));
  return before.peers.filter(({ id }) => !ids.has(id));
}

/**
 * @param {Roster} before
 * @param {Roster} after
 * @returns {Change}
 */
function changeOf(before, after) {
  const known = new Map(before.peers.map((peer) => [peer.id, peer]));
  const back = after.peers.filter(
    (peer) =>
      peer.state === "here" && known.get(peer.id)?.state === "reconnecting" && known.get(peer.id)?.page === peer.page,
  );
  return {
    roster: after,
    came: after.peers.filter((peer) => known.get(peer.id)?.page !== peer.page),
    went: missing(before, after),
    back,
  };
}
