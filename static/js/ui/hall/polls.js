// One question before all: put by a host, answered by everybody once, its result shown when the host says so.

import { earned, optionsOf, shares } from "../../lib/lesson.js";
import { t } from "../../lib/words.js";
import { newId } from "../../net/tab.js";
import { button, byId, icon, make } from "../room/page.js";

/** @typedef {import("../../lib/lesson.js").Poll} Poll */
/** @typedef {import("./lesson.js").Ends} Ends */
/** @typedef {import("./lesson.js").Now} Now */

export class Polls {
  #place = byId("poll");
  #dialog = byId("poll-dialog", HTMLDialogElement);
  #form = byId("poll-form", HTMLFormElement);
  #drawn = "";
  #asked = "";

  /** @param {Ends} ends */
  constructor(ends) {
    this.ends = ends;
    byId("poll-new").addEventListener("click", () => this.#dialog.showModal());
    byId("poll-cancel").addEventListener("click", () => this.#dialog.close());
    byId("poll-options").addEventListener("input", () => this.#marked());
    this.#form.addEventListener("submit", (event) => (event.preventDefault(), void this.#put()));
  }

  /** @param {Now} now */
  show({ lesson: { poll, mine }, me }) {
    byId("poll-new", HTMLButtonElement).disabled = Boolean(poll && !poll.shown);
    const choice = mine.chose && poll && mine.chose.poll === poll.id ? mine.chose.choice : null;
    if (poll && !poll.shown && !me.host && poll.id !== this.#asked) this.ends.look();
    this.#asked = poll?.id ?? "";
    const now = JSON.stringify([poll, choice, me.host]);
    if (now === this.#drawn) return; // what is being chosen is not taken away
    this.#drawn = now;
    this.#place.hidden = !poll;
    if (poll) this.#place.replaceChildren(...this.#draw(poll, choice, me.host));
  }

  /** @param {Poll} poll @param {number[] | null} choice @param {boolean} host */
  #draw(poll, choice, host) {
    const kind = poll.marks ? t("测验 · %(marks)s 分", { marks: poll.marks }) : t("投票");
    const head = [make("p", { class: "poll-kind" }, kind, poll.many ? ` · ${t("可多选")}` : ""), make("h2", { id: "poll-text" }, poll.text)];
    if (poll.shown || host) return [...head, result(poll, choice), ...this.#foot(poll, choice, host)];
    if (choice) return [...head, chosen(poll, choice), make("p", { class: "quiet", role: "status" }, t("已提交，等老师公布结果"))];
    return [...head, this.#answering(poll)];
  }

  /** @param {Poll} poll @param {number[] | null} choice @param {boolean} host */
  #foot(poll, choice, host) {
    const said = t("%(count)s 人作答", { count: poll.answered ?? 0 });
    const own = poll.shown && poll.marks && !host ? t("您得 %(marks)s 分", { marks: earned(poll, choice ?? undefined) }) : "";
    const foot = make("p", { class: "poll-foot" }, said, ...(own ? [make("strong", {}, own)] : []));
    if (!host || poll.shown) return [foot];
    return [foot, button(t("公布结果"), () => void this.ends.ask("reveal", { poll: poll.id }), "btn btn-primary")];
  }

  /** @param {Poll} poll */
  #answering(poll) {
    const form = /** @type {HTMLFormElement} */ (make("form", { class: "poll-options", "aria-labelledby": "poll-text" }));
    form.append(...poll.options.map((option, place) => line(option, place, poll.many)));
    const send = /** @type {HTMLButtonElement} */ (make("button", { type: "submit", class: "btn btn-primary" }, t("提交")));
    send.disabled = true;
    form.append(send);
    form.addEventListener("change", () => (send.disabled = !picked(form).length));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#choose(poll, form);
    });
    return form;
  }

  /** @param {Poll} poll @param {HTMLFormElement} form */
  async #choose(poll, form) {
    const choice = picked(form);
    const parts = /** @type {NodeListOf<HTMLInputElement | HTMLButtonElement>} */ (form.querySelectorAll("input, button"));
    for (const part of parts) part.disabled = true;
    await this.ends.insist("choose", { poll: poll.id, choice });
    for (const part of parts) part.disabled = false;
  }

  /** Marks are for questions that have a right answer. */
  #marked() {
    byId("poll-marks-field").hidden = !optionsOf(byId("poll-options", HTMLTextAreaElement).value).right.length;
    this.#refuse("");
  }

  async #put() {
    const text = byId("poll-question", HTMLTextAreaElement).value.trim();
    const { options, right } = optionsOf(byId("poll-options", HTMLTextAreaElement).value);
    if (!text || options.length < 2 || options.length > 8) return this.#refuse(t("请写题目，并写 2 至 8 个选项，每行一个"));
    const many = byId("poll-many", HTMLInputElement).checked || right.length > 1;
    const marks = right.length ? byId("poll-marks", HTMLInputElement).valueAsNumber : 0;
    if (right.length && !(marks >= 1 && marks <= 100)) return this.#refuse(t("分值是 1 至 100 的整数"));
    const answer = await this.ends.ask("poll", { key: newId(), text, options, many, right, marks });
    if (!answer) return; // said already; what was typed is kept
    this.#dialog.close();
    this.#form.reset();
    this.#marked();
  }

  /** @param {string} words */
  #refuse(words) {
    byId("poll-trouble").hidden = !words;
    byId("poll-trouble").textContent = words;
  }
}

/** @param {HTMLFormElement} form */
function picked(form) {
  return [...form.querySelectorAll("input:checked")].map((input) => Number(/** @type {HTMLInputElement} */ (input).value));
}

/** @param {string} option @param {number} place @param {boolean} many */
function line(option, place, many) {
  const input = make("input", { type: many ? "checkbox" : "radio", name: "choice", value: String(place), class: "form-check-input" });
  return make("label", { class: "poll-option" }, input, make("span", {}, option));
}

/** @param {Poll} poll @param {number[]} choice */
function chosen({ options }, choice) {
  return make("ul", { class: "poll-options" }, ...choice.map((place) => make("li", { class: "poll-option" }, icon("check", "sm"), make("span", {}, options[place]))));
}

/** @param {Poll} poll @param {number[] | null} choice */
function result(poll, choice) {
  const rows = shares(poll).map(({ count, percent }, place) => {
    const right = poll.right?.includes(place) ?? false;
    const bar = make("span", { class: "poll-bar" });
    bar.style.setProperty("--share", `${percent}%`);
    const marks = [...(right ? [mark("done", t("正确"))] : []), ...(choice?.includes(place) ? [mark("user", t("您的选择"))] : [])];
    const words = make("span", { class: "poll-words" }, poll.options[place], ...marks);
    return make("li", { class: right ? "poll-row poll-right" : "poll-row" }, words, make("span", { class: "poll-count" }, `${count} · ${percent}%`), bar);
  });
  return make("ul", { class: "poll-result" }, ...rows);
}

/** @param {string} picture @param {string} words */
function mark(picture, words) {
  return make("span", { class: "poll-mark" }, icon(picture, "sm"), words);
}
