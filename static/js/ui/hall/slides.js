// A material before all, page by page: the presenter turns, everybody follows or leafs by themselves for a while.

import { sheetOf } from "../../lib/lesson.js";
import { t } from "../../lib/words.js";
import { newId } from "../../net/tab.js";
import { openSheets } from "../files/sheets.js";
import { byId, write } from "../room/page.js";
import { Ink } from "./ink.js";
import { Materials } from "./materials.js";

/** @typedef {import("../files/sheets.js").Sheets} Sheets */
/** @typedef {import("./lesson.js").Ends} Ends */
/** @typedef {import("./lesson.js").Now} Now */
/** @typedef {{file: string, page: number}} Page */

const RETRY = 3000; // ms

export class Slides {
  #place = byId("slides");
  #canvas = byId("slides-canvas", HTMLCanvasElement);
  /** @type {{file: string, sheets: Sheets | null, closing: AbortController} | null} */
  #open = null;
  /** @type {Page} what all see */
  #shown = { file: "", page: 1 };
  /** @type {number | null} the page one looks at by oneself; null: one follows */
  #own = null;
  #drawn = "";
  #missing = "";
  #askedInk = "";
  /** @type {Now | null} */
  #now = null;
  #sizes = new ResizeObserver(() => void this.#draw());

  /** @param {Ends} ends */
  constructor(ends) {
    this.ends = ends;
    this.ink = new Ink({ ask: ends.ask, hint: ends.hint, page: () => this.#page });
    this.materials = new Materials((file) => void this.#show({ file, page: 1 }));
    byId("slides-back").addEventListener("click", () => this.#turn(-1));
    byId("slides-on").addEventListener("click", () => this.#turn(1));
    byId("slides-follow").addEventListener("click", () => ((this.#own = null), this.#changed()));
    byId("slides-end").addEventListener("click", () => void this.#show({ file: "", page: 1 }));
    this.#place.addEventListener("keydown", (press) => this.#key(press));
    this.#sizes.observe(byId("slides-stage"));
  }

  /** @returns {boolean} something is before all */
  get on() {
    return Boolean(this.#shown.file);
  }

  get #page() {
    return { file: this.#shown.file, page: this.#own ?? this.#shown.page };
  }

  /** @param {Now} now */
  show(now) {
    this.#now = now;
    const { file, page } = now.lesson.slide;
    if (file !== this.#shown.file) this.#own = null;
    this.#shown = { file, page };
    byId("control-slides").hidden = !now.stage;
    this.#changed();
  }

  end() {
    this.#sizes.disconnect();
    this.#close();
  }

  /** All was told anew, of the page that all see: another has to be asked for again. */
  forget() {
    this.#askedInk = "";
  }

  /** @param {{by: string, x: number, y: number, on: boolean}} pointed */
  pointed(pointed) {
    this.ink.pointed(this.#own === null ? pointed : { ...pointed, on: false });
  }

  #changed() {
    byId("call").toggleAttribute("data-slides", this.on);
    this.#place.hidden = !this.on;
    if (this.#open?.file !== this.#shown.file) this.#reopen();
    this.#bar();
    void this.#draw();
    const { file, page } = this.#page;
    const strokes = this.#now?.lesson.sheets.get(sheetOf({ file, page }));
    this.ink.show({ strokes: strokes ?? [], presents: this.#presents && this.#own === null });
    if (this.on && !strokes) void this.#fetchInk({ file, page });
  }

  get #presents() {
    return this.#now?.stage ?? false;
  }

  #reopen() {
    this.#close();
    if (!this.on) return;
    const open = { file: this.#shown.file, sheets: /** @type {Sheets | null} */ (null), closing: new AbortController() };
    this.#open = open;
    byId("slides-stage").toggleAttribute("data-behind", true);
    write(byId("slides-said"), t("正在打开…"));
    openSheets(open.file, open.closing.signal).then(
      (sheets) => ((open.sheets = sheets), this.#changed()),
      (trouble) => open.closing.signal.aborted || (console.error(trouble), write(byId("slides-said"), t("课件没有打开，课堂不受影响"))),
    );
  }

  #close() {
    this.#open?.closing.abort();
    this.#open = null;
    this.#drawn = "";
  }

  /** What is drawn on a page that one leafs to by oneself, or came to after a broken line. @param {Page} page */
  async #fetchInk(page) {
    const key = sheetOf(page);
    if (this.#askedInk === key) return;
    this.#askedInk = key;
    const answer = await this.ends.ask("drawn", page);
    if (answer) this.ends.learned({ strokes: { file: answer.file, page: answer.page, strokes: answer.strokes } });
  }

  /** @param {1 | -1} by */
  #turn(by) {
    const { file, page } = this.#page;
    const to = Math.min(this.#open?.sheets?.count ?? page, Math.max(1, page + by));
    if (to === page) return;
    if (this.#presents && this.#own === null) return void this.#show({ file, page: to });
    this.#own = to;
    this.#changed();
  }

  /** @param {Page} page */
  #show({ file, page }) {
    return this.ends.ask("show", { key: newId(), file, page });
  }

  /** @param {KeyboardEvent} press */
  #key(press) {
    /** @type {Record<string, 1 | -1>} */
    const steps = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };
    const step = steps[press.key];
    if (!step) return;
    press.preventDefault();
    this.#turn(step);
  }

  #bar() {
    const { page } = this.#page;
    const count = this.#open?.sheets?.count;
    const says = this.#missing === sheetOf(this.#page) ? t("这一页没有打开，正在重试…") : `${page}/${count}`;
    if (count) write(byId("slides-said"), says);
    byId("slides-back", HTMLButtonElement).disabled = page <= 1;
    byId("slides-on", HTMLButtonElement).disabled = !count || page >= count;
    byId("slides-follow").hidden = this.#own === null;
    byId("slides-end").hidden = !this.#presents;
  }

  /** Each page once for each size of the stage; until it is there, nothing that was drawn on it lies over another. */
  async #draw() {
    const sheets = this.#open?.sheets;
    const { clientWidth: width, clientHeight: height } = byId("slides-stage");
    if (!sheets || !width || !height) return;
    const { file, page } = this.#page;
    const wanted = `${file} ${page} ${width} ${height}`;
    if (this.#drawn === wanted) return;
    this.#drawn = wanted;
    byId("slides-stage").toggleAttribute("data-behind", this.#canvas.dataset.sheet !== sheetOf({ file, page }));
    const fresh = document.createElement("canvas"); // the old page stands until the new one is there
    const done = await sheets.draw(Math.min(page, sheets.count), fresh, { width, height }).then(() => true, () => false);
    if (this.#drawn !== wanted) return; // closed, or turned on, meanwhile
    if (!done) return this.#missed(sheetOf({ file, page }));
    byId("slides-stage").removeAttribute("data-behind");
    this.#missing = "";
    this.#bar();
    this.#canvas.replaceWith(fresh);
    fresh.id = "slides-canvas";
    fresh.dataset.page = String(page);
    fresh.dataset.sheet = sheetOf({ file, page });
    this.#canvas = fresh;
    this.ink.fit(fresh);
  }

  /** It did not come: the one before is not left standing in its place, and it is asked for again. @param {string} sheet */
  #missed(sheet) {
    this.#missing = sheet;
    this.#bar();
    this.#canvas.width = 0;
    this.#canvas.dataset.page = this.#canvas.dataset.sheet = "";
    const { closing } = /** @type {{closing: AbortController}} */ (this.#open);
    setTimeout(() => closing.signal.aborted || ((this.#drawn = ""), this.#changed()), RETRY);
  }
}
