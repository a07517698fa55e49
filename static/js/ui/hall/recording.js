// Recording: the mark that nobody can miss, the question whether one agrees, the host's button.

import { t } from "../../lib/words.js";
import { Gone } from "../../net/wire.js";
import { announce, byId, choose, write } from "../room/page.js";
import { toast } from "../toast.js";

/** @typedef {{on: boolean, asked: boolean, agreed: boolean}} Facts */
/** @typedef {{recording: Facts, stage: boolean, group: number}} HallFacts  in a group nothing is recorded */

export class Recording {
  /** @type {Facts} */
  #facts = { on: false, asked: false, agreed: false };
  #declined = false;

  /** @param {{ask: (name: string, payload?: Record<string, any>) => Promise<any>, changed: () => void, page: string}} ends page: of the lesson */
  constructor(ends) {
    this.ends = ends;
    byId("film-yes").addEventListener("click", () => void this.#ask("agree", { on: true }));
    byId("film-no").addEventListener("click", () => ((this.#declined = true), ends.changed()));
    byId("film-mark").addEventListener("click", () => void this.#explain());
  }

  /** @param {HallFacts} hall @param {{host: boolean, hand: boolean}} me */
  show({ recording, stage, group }, { host, hand }) {
    this.#tell(recording);
    this.#facts = recording;
    const { on, asked, agreed } = recording;
    byId("film-mark").hidden = !on || group > 0;
    byId("film-ask").hidden = group > 0 || agreed || this.#declined || !(on || asked) || !(stage || hand);
    write(byId("film-ask-words"), on ? t("这堂课正在录制。上台发言会被录下，您同意吗？") : t("主持人想录制这堂课，供日后学习。您同意被录制吗？"));
    byId("control-film").hidden = !host;
    byId("control-film").setAttribute("aria-pressed", String(on));
    write(/** @type {Element} */ (byId("control-film").querySelector("span")), on ? t("停止录制") : t("录制"));
  }

  /** The host's button. */
  async turn() {
    if (!this.#facts.on) return this.#begin();
    if ((await choose(STOP())) === "stop") await this.#ask("film", { on: false });
  }

  async #begin() {
    const answer = await this.#ask("film", { on: true });
    const missing = answer?.error?.who ?? [];
    if (!missing.length) return;
    this.#declined = false;
    await this.#ask("seek");
    const listed = new Intl.ListFormat(document.documentElement.lang, { style: "narrow" });
    const names = listed.format(missing.map((/** @type {{name: string}} */ { name }) => name));
    toast({ text: t("还没有同意被录制：%(names)s。已请他们确认，都同意后再点“录制”。", { names }), tone: "soon" });
  }

  /** @param {string} name @param {Record<string, any>} [payload] */
  async #ask(name, payload) {
    try {
      const answer = await this.ends.ask(name, payload);
      if (!answer.ok && !answer.error.who?.length) this.#refused(answer.error);
      return answer;
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
      toast({ text: t("正在重新连接，没有完成，请稍后再试"), tone: "soon" });
      return null;
    }
  }

  /** The patient's word is given on the page of the lesson. @param {{code: string, patient?: boolean}} refused */
  #refused({ code, patient }) {
    if (code !== "room.patient_consent_missing" && !patient) return void toast({ text: t("录制没有开始，请稍后再试"), tone: "danger" });
    const undo = () => window.open(`${this.ends.page}#patients`, "_blank", "noopener");
    toast({ text: t("还没有患者对录制的知情同意，不能录制"), tone: "danger", label: t("去签署"), undo });
  }

  /** @param {Facts} now */
  #tell(now) {
    if (now.asked && !this.#facts.asked) this.#declined = false;
    if (now.on === this.#facts.on) return;
    const words = now.on ? t("这堂课正在录制") : t("录制已停止");
    announce(words);
    toast({ text: words, tone: now.on ? "soon" : "info" });
  }

  async #explain() {
    const { agreed } = this.#facts;
    const close = { value: "", word: t("知道了"), look: "btn-primary" };
    const withdraw = { value: "withdraw", word: t("撤回同意并停止录制"), look: "btn-danger" };
    const words = agreed ? t("您同意了被录制。撤回后录制立即停止，已录下的部分由教师处理。") : t("台上的画面和声音会录下，供日后学习。您没有上台，不会被录下。");
    const answer = await choose({ title: t("这堂课正在录制"), words, answers: agreed ? [withdraw, close] : [close] });
    if (answer === "withdraw") await this.#ask("agree", { on: false });
  }
}

const STOP = () => ({
  title: t("停止录制？"),
  words: t("停止后自动制作录像，做好后出现在录像库。还可以再开始，会成为另一段录像。"),
  answers: [
    { value: "", word: t("继续录制"), look: "btn-quiet" },
    { value: "stop", word: t("停止录制"), look: "btn-primary" },
  ],
});
