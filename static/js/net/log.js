// The room's log as this page reads it: from the join answer, from events, and by asking for what is missing.

import { catchUp, hasHole, openJournal, take } from "../lib/journal.js";
import { Gone } from "./wire.js";

/** @typedef {import("../lib/journal.js").Entry} Entry */
/** @typedef {{fresh: boolean, afresh: boolean}} How  fresh: happening now (not history); afresh: replace what is shown */
/** @typedef {{ask: (name: string, payload: object) => Promise<any>, read: (entries: Entry[], how: How) => void}} LogEnds */

export class RoomLog {
  #journal = openJournal();
  #filling = false;

  /** @param {LogEnds} ends */
  constructor(ends) {
    this.ends = ends;
  }

  get last() {
    return this.#journal.last;
  }

  /**
   * What a join answer brings.
   * @param {{events: Entry[], seq: number, snapshot?: boolean}} answer
   * @param {boolean} first time this page is in the room
   */
  begin({ events, seq, snapshot }, first) {
    const afresh = Boolean(snapshot) || seq < this.last; // a log shorter than what was seen is another log
    if (afresh) this.#journal = openJournal(events.length ? events[0].seq - 1 : seq);
    this.ends.read(catchUp(this.#journal, events, seq), { fresh: !first && !afresh, afresh });
  }

  /** @param {Entry} entry */
  hear(entry) {
    this.ends.read(take(this.#journal, [entry]), { fresh: true, afresh: false });
    if (hasHole(this.#journal)) void this.fill();
  }

  /** Asks for what was missed. */
  async fill() {
    if (this.#filling) return;
    this.#filling = true;
    try {
      while (await this.#more());
    } catch (error) {
      if (!(error instanceof Gone)) throw error; // the next join brings what is missing
    } finally {
      this.#filling = false;
    }
  }

  /** @returns {Promise<boolean>} whether there is still more */
  async #more() {
    const answer = await this.ends.ask("since", { last: this.last });
    if (!answer.ok) return false;
    this.ends.read(catchUp(this.#journal, answer.events, answer.seq), { fresh: true, afresh: false });
    return answer.more;
  }
}
