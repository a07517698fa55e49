// To what the patient no longer agrees: stands over the pictures of everybody until they agree again or it ends.

import { withdrawnSays } from "../../lib/sayings.js";
import { announce, byId, write } from "./page.js";

/** @typedef {import("../../lib/journal.js").Entry} Entry */

export class Withdrawal {
  /** @type {Set<string>} */
  #of = new Set();

  /** @param {() => void} end  what a host can do about it */
  constructor(end) {
    byId("withdrawn-end").addEventListener("click", end);
  }

  /** @param {string[] | undefined} withdrawn what the join answer says @param {boolean} host */
  begin(withdrawn, host) {
    this.#of = new Set(withdrawn);
    this.#show(host);
  }

  /** @param {Entry[]} entries @param {boolean} host */
  read(entries, host) {
    const said = entries.filter(({ kind }) => kind === "consent");
    for (const { body } of said) body.on ? this.#of.delete(body.of) : this.#of.add(body.of);
    if (said.length) this.#show(host);
  }

  /** @param {boolean} host */
  #show(host) {
    const standing = withdrawnSays(this.#of);
    byId("withdrawn").hidden = !standing;
    byId("withdrawn-end").hidden = !(standing?.end && host);
    write(byId("withdrawn-words"), standing?.says ?? "");
    if (standing) announce(standing.says);
  }
}
