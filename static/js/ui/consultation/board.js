// The centre's board: a row opens at the right without losing one's place; a goes to the experts, s to the times. On a
// narrow window and without this script a row leads to the same as a page of its own.
import { t } from "../../lib/words.js";
import { fragment, Refused } from "../../net/http.js";
import { isWriting } from "../keys.js";
import { freshenAll } from "../live.js";
import { toast } from "../toast.js";

const CHOICES = ["input:checked", "input:not([type=hidden])", "button"];
const WIDE = "(min-width: 1100px)";
/** @type {Record<string, {part: string, none: () => string}>} */
const PARTS = {
  a: { part: "assign", none: () => t("这份会诊现在不能邀请专家") },
  s: { part: "schedule", none: () => t("这份会诊现在不能排时间") },
};

export function tendBoard() {
  const frame = document.getElementById("board-drawer-frame");
  if (frame instanceof HTMLTemplateElement) new Board(frame).connect();
}

class Board {
  /** @type {string | null} the address of what is open */
  #address = null;

  /** @param {HTMLTemplateElement} frame  of the drawer, empty */
  constructor(frame) {
    this.frame = frame;
  }

  connect() {
    document.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("keydown", (event) => this.#pressed(event));
    document.addEventListener("submit", (event) => this.#submitted(event));
    document.addEventListener("drawer:close", () => this.#closed());
    document.addEventListener("live:fresh", () => this.#mark());
    const row = location.hash.startsWith("#case-") ? document.getElementById(location.hash.slice(1)) : null;
    const link = row?.querySelector("a[data-row-link]");
    if (link && this.#wide) void this.open(addressOf(link));
  }

  get #wide() {
    return matchMedia(WIDE).matches;
  }

  /**
   * @param {string} address of the row
   * @param {string} [part] to go to
   */
  async open(address, part) {
    if (this.#address !== address) {
      const fresh = await this.#fetched(address);
      if (!fresh) return;
      this.#show(address, fresh);
    }
    if (part) this.#goTo(part);
  }

  /** By Escape or its button, as every drawer: the frame of the page takes it away and goes back to the row. */
  #closed() {
    this.#address = null;
    history.replaceState(null, "", location.pathname + location.search);
  }

  get drawer() {
    return document.getElementById("board-drawer");
  }

  get #row() {
    return this.#address ? document.querySelector(`[data-row]:has(a[href="${this.#address}"])`) : null;
  }

  /** @param {string} address */
  async #fetched(address) {
    try {
      return await fragment(address);
    } catch (trouble) {
      toast({ text: trouble instanceof Refused ? trouble.says : t("没有打开，请检查网络后再试一次"), tone: "danger" });
      return null;
    }
  }

  /**
   * @param {string} address
   * @param {Document} fresh its page
   */
  #show(address, fresh) {
    const body = fresh.getElementById("drawer-body");
    if (!body) return location.assign(address);
    if (!this.drawer) this.frame.before(document.importNode(this.frame.content, true));
    const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
    part("board-drawer-title").textContent = fresh.querySelector("h1")?.textContent?.trim() ?? "";
    part("board-drawer-page").setAttribute("href", address.replace(/\/drawer$/, ""));
    part("drawer-body").replaceWith(document.importNode(body, true));
    if (this.#address !== address) part("board-drawer").scrollTop = 0;
    this.#address = address;
    this.#mark();
    const row = this.#row;
    if (row) history.replaceState(null, "", `#${row.id}`);
    row?.scrollIntoView({ block: "nearest" });
  }

  /** Which row is open, for the eye and the ear. */
  #mark() {
    for (const row of document.querySelectorAll("[data-row][aria-current]")) row.removeAttribute("aria-current");
    this.#row?.setAttribute("aria-current", "true");
  }

  /** @param {string} part */
  #goTo(part) {
    const section = this.drawer?.querySelector(`[data-part="${part}"]`);
    if (!section) return toast({ text: Object.values(PARTS).find((one) => one.part === part)?.none() ?? "", tone: "info" });
    section.scrollIntoView({ block: "start" });
    const first = CHOICES.map((one) => section.querySelector(one)).find(Boolean);
    /** @type {HTMLElement | undefined} */ (first)?.focus({ preventScroll: true });
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const link = /** @type {Element} */ (event.target).closest("#board a[data-row-link]");
    const otherwise = event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || otherwise || !this.#wide) return;
    event.preventDefault();
    void this.open(addressOf(link)).then(() => event.detail || this.drawer?.focus()); // by Enter one goes along
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const wanted = isWriting(event.target) && !isChoice(event.target) ? undefined : PARTS[event.key];
    const link = document.activeElement?.closest("[data-row]")?.querySelector("a[data-row-link]");
    const address = link ? addressOf(link) : this.#address;
    if (!wanted || !address) return;
    event.preventDefault();
    if (this.#wide) void this.open(address, wanted.part);
    else location.assign(`${address}#${wanted.part}`);
  }

  /** What is done in the drawer leaves one where one is. @param {SubmitEvent} event */
  #submitted(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.method !== "post" || !this.drawer?.contains(form)) return;
    event.preventDefault();
    void this.#send(form, event.submitter);
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement | null} submitter
   */
  async #send(form, submitter) {
    submitter?.setAttribute("disabled", "");
    try {
      const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
      const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
      await this.#answered(response, new DOMParser().parseFromString(await response.text(), "text/html"));
    } catch {
      toast({ text: t("没有送到，内容还在，请检查网络后再试一次"), tone: "danger" });
    } finally {
      submitter?.removeAttribute("disabled");
    }
  }

  /**
   * @param {Response} response
   * @param {Document} page
   */
  async #answered(response, page) {
    const address = this.#address;
    if (!address) return;
    if (response.status === 422 && page.getElementById("drawer-body")) {
      this.#show(address, page);
      return void this.drawer?.querySelector("#error-summary")?.scrollIntoView({ block: "nearest" });
    }
    if (!response.ok) toast({ text: page.querySelector("h1")?.textContent?.trim() ?? String(response.status), tone: "danger" });
    freshenAll();
    const fresh = await this.#fetched(address);
    if (fresh && this.#address === address) this.#show(address, fresh);
  }
}

/** @param {Element} link */
function addressOf(link) {
  return link.getAttribute("href") ?? "";
}

/** @param {EventTarget | null} place a choice takes no letters */
function isChoice(place) {
  return place instanceof HTMLInputElement && ["radio", "checkbox"].includes(place.type);
}
