// What is said on the stage, in writing: shown to whoever wants it, in the size they want; a host puts lines right.

import { t } from "../../lib/words.js";
import { keepCaptions, recallCaptions } from "../../net/tab.js";
import { announce, button, byId, choose, make, write } from "../room/page.js";
import { toast } from "../toast.js";

/** @typedef {import("../../lib/lesson.js").Caption} Caption */
/** @typedef {{captions: {on: boolean, paused: boolean}, stage: boolean}} HallFacts */

const LINES = 2; // shown over the controls
const SIZES = 3;

export class Captions {
  #wanted = recallCaptions();
  #on = false;
  #paused = false;
  /** @type {number | null} */
  #editing = null;
  #listed = "";
  #host = false;

  /** @param {{ask: (name: string, payload: Record<string, any>) => Promise<any>, refused: (name: string, payload: Record<string, any>) => Promise<any>, changed: () => void, page: string}} ends
   *   ask: says by itself what was refused; refused: leaves that to us; page: of the lesson */
  constructor(ends) {
    this.ends = ends;
    byId("captions-size").addEventListener("click", () => this.#want({ size: (this.#wanted.size + 1) % SIZES }));
    byId("captions-turn").addEventListener("click", () => void this.#turn());
  }

  /** @param {HallFacts} hall @param {Caption[]} lines @param {boolean} host */
  show({ captions: { on, paused }, stage }, lines, host) {
    this.#tell(on, paused, stage);
    [this.#on, this.#paused, this.#host] = [on, paused, host];
    const control = byId("control-captions");
    control.hidden = !on;
    control.setAttribute("aria-pressed", String(this.#wanted.shown));
    const place = byId("captions");
    place.hidden = !on || !this.#wanted.shown;
    place.dataset.size = String(this.#wanted.size);
    byId("captions-state").hidden = !paused && lines.length > 0;
    write(byId("captions-state"), paused ? t("字幕暂停：语音服务暂时跟不上，课堂不受影响") : t("有人发言后，字幕出现在这里"));
    this.#write(lines.slice(-LINES));
    this.#desk(lines);
  }

  /** The person's own button. */
  toggle() {
    this.#want({ shown: !this.#wanted.shown });
  }

  /** @param {Partial<{shown: boolean, size: number}>} change */
  #want(change) {
    this.#wanted = { ...this.#wanted, ...change };
    keepCaptions(this.#wanted);
    this.ends.changed();
  }

  /** A line that stands is not written anew: a reader's screen is told each once. @param {Caption[]} lines */
  #write(lines) {
    const list = byId("caption-lines");
    for (const old of list.querySelectorAll("li")) if (!lines.some(({ id }) => old.dataset.id === String(id))) old.remove();
    for (const { id, name, text } of lines) {
      const line = list.querySelector(`[data-id="${id}"]`) ?? list.appendChild(make("li", { "data-id": String(id) }, make("b", {}, name), make("span", {})));
      write(/** @type {Element} */ (line.lastElementChild), text);
    }
  }

  /** @param {boolean} on @param {boolean} paused @param {boolean} stage */
  #tell(on, paused, stage) {
    if (on !== this.#on) {
      const begun = stage ? t("字幕已开启：您的发言会由本机构的语音模型转成文字") : t("字幕已开启");
      announce(on ? begun : t("字幕已关闭"));
      toast({ text: on ? begun : t("字幕已关闭"), tone: "info" });
    }
    if (on && paused && !this.#paused) announce(t("字幕暂停"));
  }

  // ---- the host's desk

  async #turn() {
    if (this.#on) return void this.ends.ask("captions", { on: false });
    if ((await choose(BEGIN())) !== "begin") return;
    const answer = await this.ends.refused("captions", { on: true });
    if (answer && !answer.ok) this.#refused(answer.error);
  }

  /** @param {{code: string, patient?: boolean}} refused */
  #refused({ code, patient }) {
    if (code !== "room.patient_consent_missing" && !patient) return void toast({ text: t("字幕没有开启，请稍后再试"), tone: "danger" });
    const undo = () => window.open(`${this.ends.page}#patients`, "_blank", "noopener");
    toast({ text: t("还没有患者对录制的知情同意，不能开启字幕"), tone: "danger", label: t("去签署"), undo });
  }

  /** @param {Caption[]} lines */
  #desk(lines) {
    write(/** @type {Element} */ (byId("captions-turn").querySelector("span")), this.#on ? t("关闭字幕") : t("开启字幕"));
    byId("captions-desk").hidden = !this.#host || !lines.length;
    const now = JSON.stringify([lines, this.#editing]);
    if (now === this.#listed || (this.#editing !== null && lines.some(({ id }) => id === this.#editing) && this.#typing())) return;
    this.#listed = now;
    const rows = [...lines].reverse().map((one) => (one.id === this.#editing ? this.#form(one) : this.#row(one)));
    byId("captions-list").replaceChildren(...rows);
  }

  /** Whether the line in work is open already: new lines wait for it. */
  #typing() {
    return document.getElementById("caption-text") !== null;
  }

  /** @param {Caption} line */
  #row({ id, name, text }) {
    const words = make("p", {}, make("b", {}, name), ` ${text}`);
    const deeds = make("div", { class: "person-deeds" }, button(t("改正"), () => this.#edit(id)), button(t("删除"), () => void this.ends.ask("correct", { line: id, text: "" })));
    return make("li", { class: "caption-row" }, words, deeds);
  }

  /** @param {Caption} line */
  #form({ id, text }) {
    const label = make("label", { class: "visually-hidden", for: "caption-text" }, t("这一句应为"));
    const field = /** @type {HTMLTextAreaElement} */ (make("textarea", { class: "form-control", id: "caption-text", rows: "2", maxlength: "500" }));
    field.value = text;
    const save = make("button", { type: "submit", class: "btn btn-primary btn-small" }, t("保存"));
    const form = make("form", { class: "caption-form" }, label, field, make("div", { class: "person-deeds" }, save, button(t("取消"), () => this.#edit(null))));
    form.addEventListener("submit", (event) => (event.preventDefault(), void this.#save(id, field)));
    return make("li", { class: "caption-row" }, form);
  }

  /** @param {number | null} line */
  #edit(line) {
    document.getElementById("caption-text")?.remove();
    this.#editing = line;
    this.ends.changed();
    if (line !== null) requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("caption-text")?.focus()));
  }

  /** @param {number} line @param {HTMLTextAreaElement} field */
  async #save(line, field) {
    const text = field.value.trim();
    if (!text) return field.focus();
    if (await this.ends.ask("correct", { line, text })) this.#edit(null);
  }
}

const BEGIN = () => ({
  title: t("开启字幕？"),
  words: t("台上各位的声音会送到本机构的语音模型转成文字，文字随课堂记录保存，听课的人都能看到。台下和小组讨论的声音不会送去。有患者出镜的课，须已有其录制同意。"),
  answers: [
    { value: "", word: t("取消"), look: "btn-quiet" },
    { value: "begin", word: t("开启字幕"), look: "btn-primary" },
  ],
});
