// The lines to everybody in the room: browser to browser while they are few, through the server once it carries them.

import { Carried } from "./carried.js";
import { Mesh } from "./mesh.js";

/** @typedef {import("../lib/tie.js").Tie} Tie */
/** @typedef {import("../lib/roster.js").Roster} Roster */
/** @typedef {import("./mesh.js").Signal & {heard?: boolean}} Signal */
/** @typedef {import("./mesh.js").MeshEnds & Pick<import("./carried.js").CarriedEnds, "ask" | "may">} LinesEnds */

export class Lines {
  /** @type {Carried | null} */
  #carried = null;

  /**
   * @param {LinesEnds} ends
   * @param {import("./ice.js").Relays} relays
   * @param {import("./link.js").Laid} laid  for the first who is called
   */
  constructor(ends, relays, laid) {
    this.ends = ends;
    this.mesh = new Mesh(ends, relays, laid);
  }

  /** One a person: the server's as soon as its sound is there, or the other's has fallen. @returns {Map<string, Tie>} */
  get ties() {
    /** @type {Map<string, Tie>} */
    const ties = new Map(this.mesh.ties);
    for (const [id, tie] of this.#carried?.ties ?? []) {
      const old = ties.get(id);
      if (!old || (tie.link.connected && (tie.arrived || !old.link.connected))) ties.set(id, tie);
    }
    return ties;
  }

  /** All whose quality tells of one's own line. @returns {Tie[]} */
  get measured() {
    return [...this.ties.values(), ...(this.#carried ? [this.#carried.out] : [])];
  }

  /**
   * The room's people as they are now, and how they are connected.
   * @param {Roster} roster
   * @param {boolean} calling one has just come in and makes the offers
   */
  meet({ peers, carried, recording }, calling) {
    if (carried) this.#carry().meet(carried.at, peers, recording);
    this.mesh.meet(peers, calling);
  }

  /** @param {Signal} signal */
  take(signal) {
    if (signal.heard) this.#carried?.heardBy(signal.page);
    else this.mesh.take(signal);
  }

  /** @param {import("./hall-line.js").Offer} offer */
  offered(offer) {
    this.#carried?.line.offered(offer);
  }

  /** @param {"publish" | "watch"} way */
  lost(way) {
    this.#carried?.lost(way);
  }

  /** @param {import("./link.js").Place} place whose own track was exchanged */
  replace(place) {
    this.mesh.replace(place);
    this.#carried?.line.replace(place);
  }

  /** @param {import("../lib/faces.js").Face[]} faces @param {string} stage key of the large one */
  favour(faces, stage) {
    this.#carried?.line.favour(faces, stage);
  }

  networkChanged() {
    this.mesh.networkChanged();
  }

  close() {
    this.#carried?.close();
    this.mesh.close();
  }

  #carry() {
    if (this.#carried) return this.#carried;
    const { ask, may, tracks, changed, send } = this.ends;
    const configuration = () => this.mesh.relays.toServer();
    const sayHeard = (/** @type {string} */ to, /** @type {string} */ page) => send(to, page, { heard: true });
    this.mesh.windUp();
    this.#carried = new Carried({ ask, may, tracks, changed, configuration, sayHeard }, this.mesh);
    return this.#carried;
  }
}
