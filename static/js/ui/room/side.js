// The panel at the right (on a phone: the sheet from below): case, opinion, chat, people.

import htmx from "htmx.org";
import { t } from "../../lib/words.js";
import { fragment } from "../../net/http.js";
import { askToUnlock, isLocked } from "../lock.js";
import { toast } from "../toast.js";
import { button, byId, make } from "./page.js";

/** The files' viewers: no script of theirs is loaded before the other's picture is there. */
const viewers = () => import("../files/elements.js").then(({ defineFileElements }) => defineFileElements());

/** @typedef {"case" | "opinion" | "lesson" | "chat" | "people"} Tab */

const FILLED_WITHIN = 600; // ms; the other's picture comes first, the case must not wait for somebody who is late
const NARROW = matchMedia("(max-width: 767.98px)");

const TROUBLES = ["htmx:sendError", "htmx:timeout", "htmx:responseError"];

export class Side {
  /** @type {Tab} */
  tab;
  /** @type {HTMLElement[]} */
  #tabs;

  /** @param {(tab: Tab, open: boolean) => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.#tabs = /** @type {HTMLElement[]} */ ([...byId("panel").querySelectorAll("[role=tab]")]);
    this.tab = tabOf(this.#tabs[0]);
    this.isOpen = false;
  }

  connect() {
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.show(tabOf(tab)));
    byId("panel").addEventListener("keydown", (press) => this.#key(press));
    byId("side-close").addEventListener("click", () => this.close());
    byId("panel").addEventListener("htmx:afterSwap", showErrors);
    for (const trouble of TROUBLES) byId("panel").addEventListener(trouble, notSent);
    document.addEventListener("unlocked", () => this.fill());
    this.#draw();
    if (NARROW.matches) return;
    this.isOpen = true;
    this.#draw();
    setTimeout(() => this.fill(), FILLED_WITHIN);
  }

  open() {
    this.isOpen = true;
    this.#draw();
    this.fill();
  }

  /** What is open gets its content, unless it has it. */
  fill() {
    if (this.isOpen) void this.#load(byId(`side-${this.tab}`));
  }

  close() {
    const within = byId("panel").contains(document.activeElement);
    this.isOpen = false;
    this.#draw();
    if (within) byId("control-panel").focus();
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  /** @param {Tab} tab */
  show(tab) {
    this.tab = tab;
    this.open();
  }

  /** @param {Tab} tab */
  isShown(tab) {
    return this.isOpen && this.tab === tab;
  }

  #draw() {
    byId("call").toggleAttribute("data-side", this.isOpen);
    byId("control-panel").setAttribute("aria-expanded", String(this.isOpen));
    for (const tab of this.#tabs) {
      const chosen = tabOf(tab) === this.tab;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      byId(`side-${tabOf(tab)}`).hidden = !chosen;
    }
    this.changed(this.tab, this.isOpen);
  }

  /** @param {KeyboardEvent} press */
  #key(press) {
    if (press.key === "Escape" && NARROW.matches) return this.close();
    const at = this.#tabs.indexOf(/** @type {HTMLElement} */ (press.target));
    const step = { ArrowRight: 1, ArrowLeft: -1 }[press.key];
    if (at < 0 || !step) return;
    const next = this.#tabs[(at + step + this.#tabs.length) % this.#tabs.length];
    next.focus();
    this.show(tabOf(next));
  }

  /** The page's server writes the case and the opinion; each is fetched once, so that nothing typed is lost. @param {HTMLElement} region */
  async #load(region) {
    const address = region.dataset.src;
    if (!address || region.dataset.loaded) return;
    region.dataset.loaded = "soon";
    region.replaceChildren(make("p", { class: "quiet" }, t("正在取病例…")));
    try {
      const [page] = await Promise.all([fragment(address), viewers()]);
      region.replaceChildren(...page.body.children);
      region.dataset.loaded = "yes";
      htmx.process(region);
      region.dispatchEvent(new CustomEvent("fragment:ready", { bubbles: true, detail: { region } }));
    } catch (trouble) {
      delete region.dataset.loaded;
      if (isLocked(trouble)) region.replaceChildren(make("p", {}, t("病历已锁定，通话不受影响。")), button(t("解锁"), askToUnlock));
      else region.replaceChildren(make("p", {}, t("没有取到，通话不受影响。")), button(t("再取一次"), () => this.#load(region)));
    }
  }
}

/** A form of the panel came back with what is wrong in it: the call goes on beside it. */
function showErrors() {
  document.getElementById("error-summary")?.focus();
}

/** @param {Event} event */
function notSent(event) {
  if (/** @type {CustomEvent} */ (event).detail.xhr?.status === 401) return askToUnlock();
  toast({ text: t("没有送到，内容还在，请检查网络后再试一次"), tone: "danger" });
}

/** @param {HTMLElement} tab */
function tabOf(tab) {
  return /** @type {Tab} */ (tab.id.replace("tab-", ""));
}
