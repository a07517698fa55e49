// "Are you there?": unmissable for whoever is asked; a button and a count for who asks.

import { secondsLeft } from "../../lib/lesson.js";
import { t } from "../../lib/words.js";
import { playTone } from "../../media/tone.js";
import { newId } from "../../net/tab.js";
import { toast } from "../toast.js";
import { byId, write } from "../room/page.js";

/** @typedef {import("./lesson.js").Ends} Ends */
/** @typedef {import("./lesson.js").Now} Now */

const LASTS = 120; // s

export class Checks {
  #dialog = byId("check-call", HTMLDialogElement);
  #asked = "";
  #title = document.title;

  /** @param {Ends} ends */
  constructor(ends) {
    this.ends = ends;
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault()); // only an answer, or time, puts it away
    byId("check-here").addEventListener("click", () => void this.#answer());
    byId("check-ask").addEventListener("click", () => void ends.ask("check", { key: newId(), seconds: LASTS }));
  }

  /** @param {Now} now */
  show({ lesson: { check, mine }, me, at, teaches }) {
    const left = secondsLeft(check, at);
    if (me.host) this.#count(check, left);
    if (check && left && !teaches && mine.answered !== check.id) return this.#call(check.id, left);
    this.#putAway(check?.id === mine.answered);
  }

  /** @param {string} id @param {number} left */
  #call(id, left) {
    if (this.#asked !== id) {
      this.#asked = id;
      document.title = t("【抽查】%(title)s", { title: this.#title });
      void playTone(this.ends.speaker).catch(() => undefined); // a page that was never clicked may not sound
    }
    if (!this.#dialog.open) this.#dialog.showModal();
    write(byId("check-left"), t("剩 %(seconds)s 秒", { seconds: left }));
  }

  /** @param {boolean} answered */
  #putAway(answered) {
    if (!this.#asked) return;
    this.#asked = "";
    document.title = this.#title;
    if (this.#dialog.open) this.#dialog.close();
    if (answered) toast({ text: t("已签到"), tone: "done" });
    else toast({ text: t("抽查已结束，没有收到您的回答"), tone: "soon" });
  }

  async #answer() {
    const button = byId("check-here", HTMLButtonElement);
    button.disabled = true;
    await this.ends.insist("here", { check: this.#asked });
    button.disabled = false;
  }

  /** @param {import("../../lib/lesson.js").Check | null} check @param {number} left */
  #count(check, left) {
    byId("check-ask", HTMLButtonElement).disabled = left > 0;
    const facts = { seconds: left, count: check?.answered ?? 0 };
    write(byId("check-count"), left ? t("抽查中，剩 %(seconds)s 秒，已答 %(count)s 人", facts) : check ? t("上次抽查 %(count)s 人应答", facts) : "");
  }
}
