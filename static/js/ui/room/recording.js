// Recording: the mark that nobody can miss, the question whether one agrees, the host's button.

import { NOT_RECORDED } from "../../lib/roster.js";
import { t } from "../../lib/words.js";
import { Gone } from "../../net/wire.js";
import { prove } from "../proof.js";
import { announce, byId, choose, write } from "./page.js";
import { toast } from "../toast.js";

/** @typedef {import("../../lib/roster.js").Recorded} Facts */
/** @typedef {{recording?: Facts, stage: boolean, group: number}} Place  in a group nothing is recorded */
/**
 * @typedef {object} Words  what is said of it in a room of this kind
 * @property {string} on
 * @property {string} coming  the question to whoever comes while it is recorded
 * @property {string} question  to everybody, before it is
 * @property {string} agreed
 * @property {string} listening
 * @property {string} stop
 */
/**
 * @typedef {object} RecordingEnds
 * @property {(name: string, payload?: Record<string, any>) => Promise<any>} ask
 * @property {() => void} changed
 * @property {string} consentAt  address where the patient's word is given; "" where this person has none
 * @property {Words} words
 */

const STARTING = 5; // times that a recording is asked for anew: what is to carry the call may have to start first
const AGAIN_AFTER = 500; // ms

export class Recording {
  /** @type {Facts} */
  #facts = NOT_RECORDED;
  #declined = false;
  #seen = false; // on the stage, so that a recording has or wants this person

  /** @param {RecordingEnds} ends */
  constructor(ends) {
    this.ends = ends;
    byId("film-yes").addEventListener("click", () => void this.#ask("agree", { on: true }));
    byId("film-no").addEventListener("click", () => ((this.#declined = true), ends.changed()));
    byId("film-mark").addEventListener("click", () => void this.#explain());
  }

  /** @param {Place} place @param {{host: boolean, hand: boolean}} me */
  show({ recording = NOT_RECORDED, stage, group }, { host, hand }) {
    const { on, asked, agreed } = recording;
    if (asked && !this.#facts.asked) this.#declined = false;
    this.#seen = stage && !group;
    byId("film-mark").hidden = !on || group > 0;
    byId("film-ask").hidden = group > 0 || agreed || this.#declined || !(on || asked) || !(stage || hand);
    write(byId("film-ask-words"), on ? this.ends.words.coming : this.ends.words.question);
    for (const control of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-film]"))) {
      control.hidden = !host;
      control.setAttribute("aria-pressed", String(on));
      write(/** @type {Element} */ (control.querySelector("span")), on ? t("停止录制") : t("录制"));
    }
    this.#tell(on);
    this.#facts = recording;
  }

  /** The host's button. */
  async turn() {
    if (!this.#facts.on) return this.#begin();
    if ((await choose(stopping(this.ends.words.stop))) === "stop") await this.#ask("film", { on: false });
  }

  async #begin() {
    const answer = await this.#ask("film", { on: true }, STARTING);
    const missing = answer?.error?.who ?? [];
    if (!missing.length) return;
    this.#declined = false;
    if (!(await this.#ask("seek"))?.ok) return;
    const listed = new Intl.ListFormat(document.documentElement.lang, { style: "narrow" });
    const names = listed.format(missing.map((/** @type {{name: string}} */ { name }) => name));
    toast({ text: t("还没有同意被录制：%(names)s。已请他们确认，都同意后再点“录制”。", { names }), tone: "soon" });
  }

  /**
   * @param {string} name
   * @param {Record<string, any>} [payload]
   * @param {number} [patience] how often it may be asked again
   * @param {boolean} [proved] for this: no second proof would help
   * @returns {Promise<any>}
   */
  async #ask(name, payload, patience = 0, proved = false) {
    try {
      const answer = await this.ends.ask(name, payload);
      if (answer.error?.code === "room.proof_needed" && !proved) return (await prove()) ? this.#ask(name, payload, patience, true) : answer;
      if (patience && answer.error?.code === "server.unavailable") return this.#askAgain(name, payload, patience - 1, proved);
      if (!answer.ok && !answer.error.who?.length) this.#refused(answer.error);
      return answer;
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
      toast({ text: t("正在重新连接，没有完成，请稍后再试"), tone: "soon" });
      return null;
    }
  }

  /** @param {string} name @param {Record<string, any> | undefined} payload @param {number} patience @param {boolean} proved @returns {Promise<any>} */
  async #askAgain(name, payload, patience, proved) {
    await new Promise((done) => setTimeout(done, AGAIN_AFTER));
    return this.#ask(name, payload, patience, proved);
  }

  /** @param {{code: string, patient?: boolean}} refused */
  #refused({ code, patient }) {
    if (code === "room.not_filmed") return void toast({ text: t("这里不能录制：本站的音视频由多台服务器转送"), tone: "danger" });
    if (code === "room.proof_elsewhere") return void toast({ text: t("这台设备没有登录，请在已登录的电脑上开始录制"), tone: "danger" });
    if (code !== "room.patient_consent_missing" && !patient) return void toast({ text: t("录制没有开始，请稍后再试"), tone: "danger" });
    const { consentAt } = this.ends;
    const undo = () => window.open(consentAt, "_blank", "noopener");
    toast({ text: t("还没有患者对录制的知情同意，不能录制"), tone: "danger", ...(consentAt && { label: t("去签署"), undo }) });
  }

  /** Once; the question says it too, and nothing may lie over that. @param {boolean} on */
  #tell(on) {
    if (on === this.#facts.on) return;
    const words = on ? this.ends.words.on : t("录制已停止");
    announce(words);
    if (byId("film-ask").hidden) toast({ text: words, tone: on ? "soon" : "info" });
  }

  async #explain() {
    const { agreed } = this.#facts;
    const close = { value: "", word: t("知道了"), look: "btn-primary" };
    const withdraw = { value: "withdraw", word: t("撤回同意并停止录制"), look: "btn-danger" };
    const agree = { value: "agree", word: t("同意被录制"), look: "btn-primary" };
    const { on: title, agreed: heard, listening } = this.ends.words;
    const answers = agreed ? [withdraw, close] : this.#seen ? [agree, { ...close, look: "btn-quiet" }] : [close];
    const answer = await choose({ title, words: agreed ? heard : listening, answers });
    if (answer) await this.#ask("agree", { on: answer === "agree" });
  }
}

/** @param {string} words */
const stopping = (words) => ({
  title: t("停止录制？"),
  words,
  answers: [
    { value: "", word: t("继续录制"), look: "btn-quiet" },
    { value: "stop", word: t("停止录制"), look: "btn-primary" },
  ],
});
