// Somebody waits outside: the host is told, until somebody looks or nobody waits any more.

import { t } from "../../lib/words.js";
import { toast } from "../toast.js";
import { byId, write } from "./page.js";

export class Bell {
  #count = 0;
  #silence = () => {};

  /** @param {{isLooking: () => boolean, look: () => void}} ends */
  constructor(ends) {
    this.ends = ends;
  }

  /** @param {number} count of those who wait */
  ring(count) {
    const more = count > this.#count;
    this.#count = count;
    byId("people-count").hidden = !count;
    write(byId("people-count"), String(count));
    if (!count || more) this.seen();
    if (more && !this.ends.isLooking()) this.#say();
  }

  seen() {
    this.#silence();
  }

  #say() {
    const text = t("有人在等候室等待准许进入");
    this.#silence = toast({ text, tone: "info", label: t("查看"), undo: this.ends.look, stays: true });
  }
}
