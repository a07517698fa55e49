// What listeners ask, the most wanted first; a host says which are answered and hides what does not belong.

import { t } from "../../lib/words.js";
import { newId } from "../../net/tab.js";
import { button, byId, icon, make } from "../room/page.js";

/** @typedef {import("../../lib/lesson.js").Question} Question */
/** @typedef {import("./lesson.js").Ends} Ends */
/** @typedef {import("./lesson.js").Now} Now */

export class Questions {
  #text = byId("ask-text", HTMLTextAreaElement);
  #drawn = "";

  /** @param {Ends} ends */
  constructor(ends) {
    this.ends = ends;
    byId("ask-form").addEventListener("submit", (event) => (event.preventDefault(), void this.#ask()));
  }

  /** @param {Now} now */
  show({ lesson: { questions, mine }, me }) {
    const now = JSON.stringify([questions, mine.supported, me]);
    if (now === this.#drawn) return; // a list that is written anew takes the focus away from its buttons
    this.#drawn = now;
    const seen = questions.filter(({ state }) => me.host || state !== "hidden");
    byId("ask-form").hidden = me.host; // who is asked asks nobody
    byId("questions-empty").hidden = seen.length > 0;
    const focused = document.activeElement?.id ?? "";
    byId("question-list").replaceChildren(...seen.map((one) => this.#row(one, mine.supported.includes(one.id), me)));
    document.getElementById(focused)?.focus();
  }

  async #ask() {
    const text = this.#text.value.trim();
    if (!text) return this.#text.focus();
    if (await this.ends.ask("ask", { key: newId(), text })) this.#text.value = "";
  }

  /** @param {Question} question @param {boolean} supported @param {import("../../net/seat.js").Me} me */
  #row(question, supported, me) {
    const words = make("div", { class: "question-words" }, make("p", {}, question.text), make("span", { class: "quiet" }, this.#under(question)));
    const deeds = me.host ? make("div", { class: "person-deeds" }, ...this.#deeds(question)) : null;
    const parts = [this.#votes(question, supported), words, ...(deeds ? [deeds] : [])];
    return make("li", { class: "question", "data-state": question.state }, ...parts);
  }

  /** @param {Question} question */
  #under({ name, state }) {
    const stands = { open: "", answered: ` · ${t("已回答")}`, hidden: ` · ${t("已隐藏，只有主持人可见")}` };
    return name + stands[state];
  }

  /** @param {Question} question @param {boolean} supported */
  #votes({ id, votes, state }, supported) {
    const made = make("button", { type: "button", id: `support-${id}`, class: "question-votes", "aria-pressed": String(supported) });
    made.append(icon("up", "sm"), String(votes), make("span", { class: "visually-hidden" }, t("我也想问")));
    made.title = t("我也想问");
    /** @type {HTMLButtonElement} */ (made).disabled = supported || state !== "open";
    made.addEventListener("click", () => void this.ends.ask("support", { question: id }));
    return made;
  }

  /** @param {Question} question */
  #deeds({ id, state }) {
    const settle = (/** @type {string} */ how) => () => void this.ends.ask("settle", { question: id, how });
    if (state !== "open") return [button(t("重新打开"), settle("open"))];
    return [button(t("已回答"), settle("answered")), button(t("隐藏"), settle("hidden"))];
  }
}
