// Forms that save themselves: <form data-autosave="/opinions/1f…/draft"> with a hidden input "version".
//
// Typing is copied into this browser at once, and sent two seconds after the last key. The copy goes when the server has
// it (or at sign-out). Where the line is down it waits here; after a crash it is put back; where somebody else has saved
// meanwhile, both are shown and nothing is sent until a person has chosen. The server answers {version}, or 409.
// <output data-saved> in or for the form says 已保存 14:02.
import { delay } from "../lib/backoff.js";
import { draftKey, fieldsOf, meeting, pack, unpack } from "../lib/draft.js";
import { hour } from "../lib/times.js";
import { t } from "../lib/words.js";
import { fragment } from "../net/http.js";
import { sayAtFields } from "./at-fields.js";
import { fieldsIn, fill, showBoth, versionIn } from "./both-kept.js";
import { isSecret } from "./kept-data.js";
import { save } from "./save.js";
import { toast } from "./toast.js";

const REST = 2000; // ms after the last key
const PACE = { first: 2000, most: 30_000 };

/** @type {WeakSet<Element>} forms that already do */
const selfSaving = new WeakSet();

/** @param {ParentNode} [within] */
export function autosaveForms(within = document) {
  const person = document.querySelector("meta[name=person]")?.getAttribute("content") ?? "";
  for (const form of within.querySelectorAll("form[data-autosave]")) {
    if (!(form instanceof HTMLFormElement) || selfSaving.has(form)) continue;
    selfSaving.add(form);
    new SelfSavingForm(form, person).connect();
  }
}

export class SelfSavingForm {
  /**
   * @param {HTMLFormElement} form
   * @param {string} person id of who types: a copy is nobody else's
   */
  constructor(form, person) {
    this.form = form;
    this.key = draftKey(person, form.dataset.autosave ?? "");
    this.base = versionIn(form);
    this.changes = 0; // counts what was typed, so that a save knows whether it sent the last of it
    this.sent = 0;
    this.attempt = 0;
    this.timer = 0;
    this.choosing = false;
    this.refused = false; // by its fields: sending the same again changes nothing
    this.ended = new AbortController();
    /** @type {Promise<boolean> | null} */
    this.saving = null;
  }

  connect() {
    const on = { signal: this.ended.signal };
    this.meetCopy();
    const typed = (/** @type {Event} */ { target }) => isSecret(target) || this.changed();
    this.form.addEventListener("input", typed, on);
    this.form.addEventListener("change", typed, on);
    this.form.addEventListener("submit", (event) => void this.beforeSubmit(event), { ...on, capture: true }); // before who sends it
    document.addEventListener("line:on", () => this.hurry(), on);
    window.addEventListener("online", () => this.hurry(), on);
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.hurry(), on);
  }

  disconnect() {
    this.ended.abort();
  }

  /** A form that has left the page sends what it still has, and is done. */
  hurry() {
    if (!this.form.isConnected) this.disconnect();
    if (this.due) this.sendIn(0);
  }

  get due() {
    return this.changes > this.sent;
  }

  changed() {
    this.changes += 1;
    this.refused = false;
    this.keep();
    this.sendIn(REST);
  }

  keep() {
    const copy = { fields: fieldsIn(this.form), base: this.base, at: new Date().toISOString() };
    try {
      localStorage.setItem(this.key, pack(copy));
    } catch {
      return; // full or forbidden: the server still gets it
    }
  }

  /** @param {number} wait ms */
  sendIn(wait) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), wait);
  }

  /** @returns {Promise<boolean>} whether the server has everything that was typed */
  async send() {
    if (this.choosing) return false;
    while (this.saving) await this.saving;
    if (!this.due) return true;
    this.saving = this.sendNow();
    const done = await this.saving;
    this.saving = null;
    return done && !this.due;
  }

  async sendNow() {
    const upTo = this.changes;
    this.say(t("正在保存…"), "");
    const outcome = await save(this.form);
    if (outcome.kind === "saved") this.saved(outcome, upTo);
    else if (outcome.kind === "moved") await this.moved();
    else if (outcome.kind === "away") this.away();
    else if (outcome.kind === "locked") this.locked();
    else this.isRefused(outcome);
    return outcome.kind === "saved";
  }

  /**
   * @param {{version: string, at: Date}} outcome
   * @param {number} upTo
   */
  saved({ version, at }, upTo) {
    this.sent = upTo;
    this.attempt = 0;
    sayAtFields(this.form, {});
    this.rebase(version || this.base);
    if (this.due) this.keep();
    else localStorage.removeItem(this.key);
    this.say(t("已保存 %(hour)s", { hour: hour(at.toISOString()) }), "");
  }

  /** @param {{says: string, errors: Record<string, string>}} outcome */
  isRefused({ says, errors }) {
    this.refused = Object.keys(errors).length > 0;
    sayAtFields(this.form, errors);
    this.say(t("没有保存：%(says)s", { says }), "no");
  }

  away() {
    this.say(t("连不上，内容已留在本机 %(hour)s", { hour: hour(new Date().toISOString()) }), "here");
    this.sendIn(Math.max(1000, delay(this.attempt, Math.random(), PACE)));
    this.attempt += 1;
  }

  /** Beside a call one unlocks it on the spot (lock.js), and what waits is sent. */
  locked() {
    this.say(t("已锁定，内容已留在本机 %(hour)s", { hour: hour(new Date().toISOString()) }), "here");
    document.dispatchEvent(new CustomEvent("locked"));
  }

  /** Somebody, or another tab, has saved meanwhile: what is there is fetched, and both are shown. */
  async moved() {
    const page = await fragment(location.pathname + location.search).catch(() => null);
    const theirs = page?.querySelector(`form[data-autosave="${CSS.escape(this.form.dataset.autosave ?? "")}"]`);
    if (!theirs) return this.say(t("这一页已在别处改动，内容已留在本机；请刷新后继续。"), "here");
    this.choose(fieldsIn(/** @type {HTMLFormElement} */ (theirs)), versionIn(/** @type {HTMLFormElement} */ (theirs)));
  }

  /**
   * @param {import("../lib/draft.js").Fields} theirs
   * @param {string} version
   */
  choose(theirs, version) {
    this.choosing = true;
    this.say(t("在别处也改过，请选择"), "here");
    showBoth(this.form, theirs, () => {
      this.choosing = false;
      this.rebase(version);
      this.changed();
      this.sendIn(0);
    });
  }

  /** A copy left by a crash, a closed tab or a dead line. */
  meetCopy() {
    const copy = unpack(localStorage.getItem(this.key), Date.now());
    if (!copy) return localStorage.removeItem(this.key);
    const found = meeting(copy, fieldsIn(this.form), this.base);
    if (found === "same") return localStorage.removeItem(this.key);
    const theirs = fieldsIn(this.form);
    fill(this.form, copy.fields);
    this.changes += 1;
    if (found === "both") return this.choose(theirs, this.base);
    this.offerForgetting(copy.at, theirs);
    this.sendIn(0);
  }

  /**
   * @param {string} at
   * @param {import("../lib/draft.js").Fields} before
   */
  offerForgetting(at, before) {
    const forget = () => (fill(this.form, before), this.changed());
    toast({ text: t("已放回 %(hour)s 未保存的内容", { hour: hour(at) }), tone: "info", undo: forget, label: t("不要") });
  }

  /** @param {string} version */
  rebase(version) {
    this.base = version;
    const hidden = this.form.elements.namedItem("version");
    if (hidden instanceof HTMLInputElement) hidden.value = version;
  }

  /**
   * What is typed must be on the server before the page is left; offline it stays, and so does the page. What is refused
   * goes with the form: the page that answers says at every field what is wrong.
   * @param {SubmitEvent} event
   */
  async beforeSubmit(event) {
    if (event.defaultPrevented || this.refused || (!this.due && !this.saving)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    window.clearTimeout(this.timer);
    if ((await this.send()) || this.refused) return this.form.requestSubmit(submitter);
    if (this.due && !this.choosing) toast({ text: t("还没有提交：现在连不上服务器，内容已留在本机。"), tone: "soon" });
  }

  /**
   * @param {string} words
   * @param {"" | "here" | "no"} kept
   */
  say(words, kept) {
    const place = this.form.querySelector("[data-saved]") ?? document.querySelector("[data-saved]");
    if (!(place instanceof HTMLElement)) return;
    place.textContent = words;
    place.dataset.kept = kept;
  }
}
