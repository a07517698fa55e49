// What was said in writing, and what happened in between.

import { entrySays } from "../../lib/sayings.js";
import { hour } from "../../lib/times.js";
import { t } from "../../lib/words.js";
import { button, byId, make } from "./page.js";

/** @typedef {import("../../lib/journal.js").Entry} Entry */
/** @typedef {import("../../lib/outbox.js").Line} Line */

export class ChatView {
  #lines = byId("chat-lines");
  #form = byId("chat-form", HTMLFormElement);
  #text = byId("chat-text", HTMLTextAreaElement);
  /** @type {Map<string, HTMLElement>} */
  #unsent = new Map();

  /**
   * @param {{zone: string, me: () => string, nameOf: (id: string | null) => string, say: (text: string) => void,
   *   unsay?: (seq: number) => (() => void) | null, typed: (draft: string) => void}} ends
   */
  constructor(ends) {
    this.ends = ends;
  }

  /** @param {string} draft what was being typed before a reload */
  connect(draft) {
    this.#text.value = draft;
    this.#text.addEventListener("input", () => this.ends.typed(this.#text.value));
    this.#text.addEventListener("keydown", (press) => this.#key(press));
    this.#form.addEventListener("submit", (event) => (event.preventDefault(), this.#send()));
  }

  focus() {
    this.#text.focus();
  }

  /** @param {Entry[]} entries */
  add(entries) {
    const stays = this.#atEnd();
    const made = entries.map((entry) => this.#line(entry)).filter((line) => line !== null);
    this.#lines.append(...made, ...this.#unsent.values()); // what is on its way stays last
    for (const { kind, body } of entries) if (kind === "unsaid") this.#unsaid(body.line);
    if (stays) this.#lines.scrollTop = this.#lines.scrollHeight;
  }

  clear() {
    this.#lines.replaceChildren();
    this.#unsent.clear();
  }

  /** @param {Line[]} outbox lines the server has not numbered yet */
  showUnsent(outbox) {
    for (const line of this.#unsent.values()) line.remove();
    this.#unsent = new Map(outbox.map((line) => [line.key, this.#unsentLine(line)]));
    this.#lines.append(...this.#unsent.values());
    if (outbox.length) this.#lines.scrollTop = this.#lines.scrollHeight;
  }

  #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#lines;
    return scrollHeight - scrollTop - clientHeight < 60;
  }

  /** @param {Entry} entry */
  #line(entry) {
    if (entry.kind === "chat") return this.#said(entry);
    const words = entrySays(entry, this.ends.nameOf);
    return words && make("li", { class: "chat-event" }, `${hour(entry.at, this.ends.zone)} ${words}`);
  }

  /** @param {Entry} entry */
  #said({ seq, at, by, body }) {
    const mine = by === this.ends.me();
    const line = make("li", { class: mine ? "chat-line chat-mine" : "chat-line", "data-seq": String(seq) });
    const head = make("p", { class: "chat-head" }, mine ? t("我") : (body.name ?? this.ends.nameOf(by)), " ");
    head.append(make("time", { datetime: at }, hour(at, this.ends.zone)));
    line.append(head, make("p", { class: "chat-text" }, body.text));
    const unsay = this.ends.unsay?.(seq);
    if (unsay) head.append(" ", button(t("撤下"), unsay, "chat-unsay"));
    return line;
  }

  /** A host took that line back. @param {number} seq */
  #unsaid(seq) {
    const line = this.#lines.querySelector(`[data-seq="${seq}"]`);
    line?.querySelector("button")?.remove();
    line?.querySelector(".chat-text")?.replaceWith(make("p", { class: "chat-text chat-unsaid" }, t("此条已被主持人撤下")));
  }

  /** @param {Line} line */
  #unsentLine(line) {
    const head = make("p", { class: "chat-head" }, t("我"), " ", t("发送中…"));
    return make("li", { class: "chat-line chat-mine chat-unsent" }, head, make("p", { class: "chat-text" }, line.text));
  }

  /** @param {KeyboardEvent} press Enter sends, Shift and Enter begins a new line, Enter inside an input method does neither */
  #key(press) {
    if (press.key !== "Enter" || press.shiftKey || press.isComposing) return;
    press.preventDefault();
    this.#send();
  }

  #send() {
    const text = this.#text.value;
    if (!text.trim()) return;
    this.#text.value = "";
    this.ends.typed("");
    this.ends.say(text);
  }
}
