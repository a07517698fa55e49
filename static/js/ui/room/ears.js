// Listens several times a second: who speaks, who holds the stage, and whether one's own microphone gives anything.

import { emptyFloor, isDead, listen, newEar } from "../../lib/speaking.js";
import { heardLevel } from "../../media/levels.js";

/** @typedef {import("../../lib/roster.js").Peer} Peer */
/** @typedef {import("../../lib/tie.js").Tie} Tie */

export class Ears {
  #floor = emptyFloor();
  #mine = emptyFloor();
  #ear = newEar();
  /** @type {Set<string>} who wears the ring */
  speaking = new Set();
  dead = false;

  /** The one of the others whose picture is large. */
  get speaker() {
    return this.#floor.stage;
  }

  /**
   * @param {{peers: Peer[], ties: Map<string, Tie> | undefined, me: string, level: number | null, now: number}} room
   *   `level` of one's own microphone, null while it is not measured
   * @returns {boolean} something changed besides the rings
   */
  look({ peers, ties, me, level, now }) {
    const { stage } = this.#floor;
    const heard = peers.map(({ id, mic }) => ({ id, level: mic ? levelOf(ties?.get(id)) : 0 }));
    const others = listen(this.#floor, heard, now);
    const own = listen(this.#mine, [{ id: me, level: level ?? 0 }], now);
    this.speaking = new Set([...others.speaking, ...own.speaking]);
    const dead = isDead(this.#ear, level, now);
    const changed = dead !== this.dead || stage !== this.#floor.stage;
    this.dead = dead;
    return changed;
  }
}

/** @param {Tie | undefined} tie asked before it stands, Chromium answers only when it has done with the offer */
function levelOf(tie) {
  return tie?.link.connected ? heardLevel(tie.link.receiver("audio")) : 0;
}
