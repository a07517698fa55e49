// The connections to everybody in the room: one a person and page load.

import { firstBudget, pictureBudget, read, weigh } from "../lib/line.js";
import { newTie, noteHere, noteReading, noteStanding } from "../lib/tie.js";
import { Link } from "./link.js";

/** @typedef {import("./link.js").Step} Step */
/** @typedef {import("./link.js").Place} Place */
/** @typedef {import("./link.js").Tracks} Tracks */
/** @typedef {import("../lib/roster.js").Peer} Peer */
/** @typedef {import("./ice.js").Relays} Relays */
/** @typedef {Step & {from: string, page: string}} Signal */
/** @typedef {import("../lib/tie.js").TieOf<Link>} Tie */
/**
 * @typedef {object} MeshEnds
 * @property {string} me
 * @property {Tracks} tracks
 * @property {(to: string, page: string, step: Step | {heard: true}) => void} send
 * @property {() => boolean} reachable  signalling is up
 * @property {() => void} changed
 */

const LOOK_EVERY = 500; // ms
const MEASURE_EVERY = 1000; // ms
const UNCALLED_AFTER = 4000; // ms a person may be in the roster without having offered

export class Mesh {
  /** @type {Map<string, Tie>} */
  ties = new Map();
  /** @type {Map<string, number>} people whose offer is awaited, since when */
  #awaited = new Map();
  /** @type {Peer[]} */
  #peers = [];
  #measuredAt = 0;
  #windingUp = false;
  /** @type {import("./link.js").Laid | null} */
  #laid;

  /**
   * @param {MeshEnds} ends
   * @param {Relays} relays
   * @param {import("./link.js").Laid} laid  for the first who is called
   */
  constructor(ends, relays, laid) {
    this.ends = ends;
    this.relays = relays;
    this.#laid = laid;
    this.watch = setInterval(() => this.#look(performance.now()), LOOK_EVERY);
  }

  /**
   * The room's people as they are now.
   * @param {Peer[]} peers
   * @param {boolean} calling one has just come in and makes the offers
   */
  meet(peers, calling) {
    this.#peers = peers;
    const ids = new Set(peers.map(({ id }) => id));
    for (const id of this.ties.keys()) if (!ids.has(id)) this.#part(id);
    for (const peer of peers) this.#meetOne(peer, calling);
    if (calling) this.#takeLaid()?.pc.close();
    this.#share();
  }

  /** The server carries the media: connections that stood go on until they are dropped, none is made anew. */
  windUp() {
    this.#windingUp = true;
    this.#awaited.clear();
    for (const [id, { stood }] of this.ties) if (!stood) this.#part(id);
  }

  /** @param {string} id who is heard and hears through the server */
  drop(id) {
    this.#part(id);
    this.#share();
  }

  /** @param {Signal} signal */
  take({ from, page, ...step }) {
    const known = this.ties.get(from);
    if (this.#windingUp && known?.page !== page) return;
    const tie = known?.page === page ? known : this.#tie(from, page);
    tie.link.take(step);
  }

  /** @param {Place} place whose own track was exchanged */
  replace(place) {
    for (const { link } of this.ties.values()) link.replace(place);
  }

  /** The machine has another network: every path is looked for anew. */
  networkChanged() {
    for (const { link } of this.ties.values()) link.restart();
  }

  close() {
    clearInterval(this.watch);
    for (const id of [...this.ties.keys()]) this.#part(id);
    this.#takeLaid()?.pc.close();
  }

  /**
   * @param {Peer} peer
   * @param {boolean} calling
   */
  #meetOne(peer, calling) {
    const known = this.ties.get(peer.id);
    const here = peer.state === "here";
    if (known?.page === peer.page) {
      if (here && (!known.here || calling)) known.link.again();
      noteHere(known, here, performance.now());
    } else if (known) this.#part(peer.id);
    if (this.ties.has(peer.id) || this.#windingUp) return;
    if (calling && here) this.#call(peer);
    else if (!here) this.#awaited.delete(peer.id);
    else if (!this.#awaited.has(peer.id)) this.#awaited.set(peer.id, performance.now());
  }

  /** @param {Peer} peer */
  #call(peer) {
    this.#tie(peer.id, peer.page, this.#takeLaid()).link.call();
  }

  #takeLaid() {
    const laid = this.#laid;
    this.#laid = null;
    return laid;
  }

  /**
   * @param {string} id
   * @param {string} page
   * @param {import("./link.js").Laid | null} [laid]
   * @returns {Tie}
   */
  #tie(id, page, laid) {
    this.#part(id);
    const ends = {
      me: this.ends.me,
      other: id,
      tracks: this.ends.tracks,
      configuration: () => this.relays.configuration,
      freshen: () => this.relays.freshen(),
      send: (/** @type {Step} */ step) => this.ends.send(id, page, step),
      changed: () => this.#changed(id),
      failed: (/** @type {unknown} */ error) => console.warn("link", error),
    };
    const link = new Link(ends, laid);
    const tie = newTie(link, page, performance.now());
    this.ties.set(id, tie);
    this.ends.changed();
    return tie;
  }

  /** @param {string} id */
  #part(id) {
    this.#awaited.delete(id);
    this.ties.get(id)?.link.close();
    if (this.ties.delete(id)) this.ends.changed();
  }

  /** @param {string} id */
  #changed(id) {
    const tie = this.ties.get(id);
    if (!tie) return;
    if (noteStanding(tie, performance.now())) this.#share();
    this.ends.changed();
  }

  /** Gives each picture its part of the uplink; sound goes first. */
  #share() {
    for (const { link, thrift, line } of this.ties.values()) {
      const budget = (line ? pictureBudget : firstBudget)(this.ties.size);
      tune(link.sender("audio"), { priority: "high", networkPriority: "high" });
      tune(link.sender("camera"), { ...budget, active: !thrift.spared });
      tune(link.sender("screen"), { maxBitrate: 1_500_000 });
    }
  }

  /** @param {number} now */
  #look(now) {
    const reachable = this.ends.reachable();
    for (const { link, here } of this.ties.values()) link.tick(now, reachable && here);
    if (reachable) this.#callTheSilent(now);
    if (now - this.#measuredAt < MEASURE_EVERY) return;
    this.#measuredAt = now;
    for (const tie of this.ties.values()) void this.#measure(tie);
  }

  /** Somebody is here and never called: their offer was lost before it had a connection to belong to. @param {number} now */
  #callTheSilent(now) {
    for (const peer of this.#peers) {
      const since = this.#awaited.get(peer.id);
      const patience = UNCALLED_AFTER + (this.ends.me < peer.id ? 2000 : 0);
      if (since !== undefined && peer.state === "here" && now - since > patience) this.#call(peer);
    }
  }

  /** @param {Tie} tie */
  async #measure(tie) {
    if (!tie.link.connected) return;
    const after = read((await tie.link.pc.getStats()).values(), tie.link.mid("camera"));
    const now = performance.now();
    const { line, thrift } = tie;
    noteReading(tie, after, now);
    if (!tie.line) return;
    tie.thrift = weigh(thrift, tie.grade, now);
    if (!line || tie.thrift.spared !== thrift.spared) this.#share();
    this.ends.changed();
  }
}

/**
 * @param {RTCRtpSender | undefined} sender
 * @param {Partial<RTCRtpEncodingParameters>} wish
 */
function tune(sender, wish) {
  const parameters = sender?.getParameters();
  if (!sender || !parameters?.encodings?.length) return;
  Object.assign(parameters.encodings[0], wish);
  void sender.setParameters(parameters).catch(() => undefined); // a link that is just closing
}
