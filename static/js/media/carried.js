// The call once the server carries it: one connection in, one out, and everybody taken over from the mesh.
//
// Make before break: a person is played over the mesh until the server's sound of them plays, and sent to over the mesh
// until they say that ours does. Whom no packet of the server reaches keeps the mesh.

import { hasArrived, isHeard, steadier } from "../lib/arrival.js";
import { read } from "../lib/line.js";
import { newTie, noteHere, noteReading, noteStanding } from "../lib/tie.js";
import { HallLine, Passage } from "./hall-line.js";

/** @typedef {import("../lib/roster.js").Peer} Peer */
/** @typedef {import("../lib/tie.js").TieOf<Passage> & {arrived: boolean, steady: number, heardAt: number | null}} CarriedTie
 *   `steady`: see lib/arrival.js; `heardAt`: since when their sound plays (ms, monotonic) */
/**
 * @typedef {object} CarriedEnds
 * @property {import("./hall-line.js").HallEnds["ask"]} ask
 * @property {import("./hall-line.js").Tracks} tracks
 * @property {import("./hall-line.js").HallEnds["configuration"]} configuration
 * @property {() => string[]} may
 * @property {(to: string, page: string) => void} sayHeard  tells a page that the server brings its sound
 * @property {() => void} changed
 */

const LOOK_EVERY = 500; // ms

export class Carried {
  /** @type {Map<string, CarriedTie>} */
  ties = new Map();
  /** What is sent, of which the server reports. */
  out = newTie({ connected: true, receiver: () => undefined }, "", 0);
  /** @type {Peer[]} */
  #peers = [];
  #at = "";
  /** @type {Set<string>} page loads that hear us through the server */
  #hearUs = new Set();

  /**
   * @param {CarriedEnds} ends
   * @param {import("./mesh.js").Mesh} mesh what is taken over from
   */
  constructor(ends, mesh) {
    this.ends = ends;
    this.mesh = mesh;
    const { ask, tracks, configuration } = ends;
    this.line = new HallLine({ ask, tracks, configuration, changed: () => this.#changed() });
    this.watch = setInterval(() => void this.#look(), LOOK_EVERY);
  }

  /**
   * @param {string} at the server that has the media; another one, or a later life of it, has none of our connections
   * @param {Peer[]} peers
   * @param {import("../lib/roster.js").Recorded} [recording]
   */
  meet(at, peers, recording) {
    this.#peers = peers;
    const letIn = this.line.isLetIn(recording);
    if (at !== this.#at) this.#begin(at);
    else if (letIn) this.#publish();
    const pages = new Map(peers.map(({ id, page }) => [id, page]));
    for (const [id, tie] of this.ties) if (pages.get(id) !== tie.page) this.ties.delete(id);
    for (const { id, page, state } of peers) noteHere(this.#tie(id, page), state === "here", performance.now());
  }

  /** @param {string} page that hears us through the server by now */
  heardBy(page) {
    this.#hearUs.add(page);
  }

  /** @param {"publish" | "watch"} way */
  lost(way) {
    if (way === "watch") this.line.watch();
    else this.#publish();
  }

  close() {
    clearInterval(this.watch);
    this.line.close();
    this.ties.clear();
  }

  /** @param {string} at */
  #begin(at) {
    this.#at = at;
    this.ties.clear();
    this.line.watch();
    this.#publish();
  }

  #publish() {
    const may = this.ends.may();
    if (may.includes("speak")) this.line.publish({ screen: may.includes("share") });
  }

  /** @param {string} id @param {string} page */
  #tie(id, page) {
    const known = this.ties.get(id);
    if (known) return known;
    const tie = { ...newTie(new Passage(this.line, id), page, performance.now()), arrived: false, steady: 0, heardAt: null };
    this.ties.set(id, tie);
    return tie;
  }

  #changed() {
    for (const tie of this.ties.values()) noteStanding(tie, performance.now());
    this.ends.changed();
  }

  async #look() {
    this.#handOver(); // of those who had arrived by the last look: they have been played since
    await Promise.all([this.#measureOut(), ...this.#peers.map((peer) => this.#measure(peer))]);
    this.#changed();
  }

  async #measureOut() {
    noteReading(this.out, read(await this.line.sent(), null), performance.now());
  }

  /** @param {Peer} peer */
  async #measure(peer) {
    const tie = this.ties.get(peer.id);
    if (!tie?.link.connected) return;
    const { reports, camera } = await tie.link.received();
    const now = performance.now();
    const seen = read(reports, camera);
    tie.steady = steadier(tie.steady, tie.reading, seen);
    noteReading(tie, seen, now);
    if (isHeard(peer.mic, tie.steady)) tie.heardAt ??= now;
    tie.arrived ||= hasArrived(peer, { steady: tie.steady, frames: seen.frames, waited: now - (tie.heardAt ?? now) });
  }

  /** Whoever has arrived is told so; a connection that neither side needs is dropped. */
  #handOver() {
    for (const [id, { page, link }] of this.mesh.ties) {
      if (!this.ties.get(id)?.arrived) continue;
      this.ends.sayHeard(id, page); // until it is not needed any more: it may be lost on the way
      if (this.#hearUs.has(page) || !link.connected) this.mesh.drop(id);
    }
  }
}
