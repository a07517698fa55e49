// Chat: said once, whatever the line does; unread is counted.

import { cameBack, put, restore, settle, store } from "../../lib/outbox.js";
import { refusalSays } from "../../lib/sayings.js";
import { t } from "../../lib/words.js";
import { newId } from "../../net/tab.js";
import { Gone } from "../../net/wire.js";
import { toast } from "../toast.js";
import { ChatView } from "./chat.js";
import { announce, byId, write } from "./page.js";

/** @typedef {import("../../lib/journal.js").Entry} Entry */
/** @typedef {import("../../net/seat.js").Seat} Seat */

const AGAIN_AFTER = 1000; // ms
const FINAL = ["message.malformed", "room.not_allowed", "chat.hushed", "chat.closed"]; // sending again would change nothing

export class Talk {
  /** @type {import("../../lib/outbox.js").Outbox} */
  #outbox = [];
  #sending = false;
  #unread = 0;

  /**
   * @param {{room: string, zone: string, seat: Seat, isShown: () => boolean, nameOf: (id: string | null) => string,
   *   unsay?: (seq: number) => (() => void) | null}} ends  unsay: how a line is taken back, where one may
   */
  constructor(ends) {
    this.ends = ends;
    const draft = `room-draft ${ends.room}`;
    const typed = (/** @type {string} */ text) => sessionStorage.setItem(draft, text);
    const { zone, nameOf, unsay } = ends;
    this.view = new ChatView({ zone, nameOf, unsay, typed, me: () => this.#me, say: (text) => this.say(text) });
    this.view.connect(sessionStorage.getItem(draft) ?? "");
  }

  get #me() {
    return this.ends.seat.me?.id ?? "";
  }

  get #shelf() {
    return `room-unsent ${this.ends.room} ${this.#me}`;
  }

  /** One is in: what an earlier page could not send is sent now. */
  begin() {
    const left = restore(localStorage.getItem(this.#shelf));
    const known = new Set(this.#outbox.map(({ key }) => key));
    this.#keep([...left.filter(({ key }) => !known.has(key)), ...this.#outbox]);
    void this.flush();
  }

  /** @param {string} text */
  say(text) {
    const line = { key: newId(), text, after: this.ends.seat.last };
    this.#keep(put(this.#outbox, line));
    void this.flush();
  }

  /** Sends what waits, one after the other, so that nothing overtakes. */
  async flush() {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#outbox.length) await this.#send(this.#outbox[0]);
    } catch (error) {
      if (!(error instanceof Gone)) throw error; // the next join sends it again, with the same key
    } finally {
      this.#sending = false;
    }
  }

  /**
   * @param {Entry[]} entries
   * @param {{fresh: boolean, afresh: boolean}} how
   */
  take(entries, { fresh, afresh }) {
    if (afresh) this.view.clear();
    for (const entry of entries) this.#settleIfBack(entry);
    this.view.add(entries);
    if (fresh) this.#tell(entries.filter(({ kind, by }) => kind === "chat" && by !== this.#me));
  }

  seen() {
    this.#unread = 0;
    this.#count();
  }

  /** @param {import("../../lib/outbox.js").Line} line */
  async #send({ key, text }) {
    const answer = await this.ends.seat.ask("chat", { key, text });
    if (answer.ok) return this.#keep(settle(this.#outbox, key));
    if (!FINAL.includes(answer.error.code)) return void (await new Promise((done) => setTimeout(done, AGAIN_AFTER)));
    this.#keep(settle(this.#outbox, key));
    toast({ text: refusalSays(answer.error.code), tone: "danger" });
  }

  /** @param {Entry} entry */
  #settleIfBack(entry) {
    const line = cameBack(this.#outbox, entry, this.#me);
    if (line) this.#keep(settle(this.#outbox, line.key));
  }

  /** @param {import("../../lib/outbox.js").Outbox} outbox */
  #keep(outbox) {
    this.#outbox = outbox;
    if (outbox.length) localStorage.setItem(this.#shelf, store(outbox));
    else localStorage.removeItem(this.#shelf); // nothing said about a patient stays on the machine
    this.view.showUnsent(outbox);
  }

  /** @param {Entry[]} said by others, just now */
  #tell(said) {
    for (const { by, body } of said) announce(t("%(name)s 说：%(text)s", { name: body.name ?? this.ends.nameOf(by), text: body.text }));
    if (this.ends.isShown()) return;
    this.#unread += said.length;
    this.#count();
  }

  #count() {
    for (const id of ["control-count", "chat-count"]) {
      byId(id).hidden = !this.#unread;
      write(byId(id), String(this.#unread));
    }
  }
}
