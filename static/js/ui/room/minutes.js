// What the room's log tells besides chat: names, when it began, who came and went.

import { t } from "../../lib/words.js";
import { announce } from "./page.js";

/** @typedef {import("../../lib/journal.js").Entry} Entry */

export class Minutes {
  /** @type {Map<string, string>} */
  #names = new Map();
  /** @type {number | null} ms */
  began = null;

  /** @param {{id: string, name: string}[]} people */
  know(people) {
    for (const { id, name } of people) this.#names.set(id, name);
  }

  /** @param {string | null} id */
  nameOf(id) {
    return this.#names.get(id ?? "") ?? t("会诊室");
  }

  /** @param {Entry[]} entries */
  read(entries) {
    for (const { at } of entries) this.began = Math.min(this.began ?? Infinity, Date.parse(at));
    for (const { body } of entries) if (body.who && body.name) this.#names.set(body.who, body.name);
  }

  /**
   * @param {Entry[]} entries
   * @param {string | undefined} me
   */
  announce(entries, me) {
    for (const { kind, body } of entries) {
      if (!body.who || body.who === me) continue;
      const name = this.nameOf(body.who);
      if (kind === "joined") announce(t("%(name)s 进入", { name }));
      if (kind === "left") announce(t("%(name)s 离开", { name }));
    }
  }
}
