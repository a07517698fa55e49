// A one-time link, as a code to scan and as a line to copy: for family, or for one's own phone. The one that nobody has
// used yet is shown until another is wanted. Those for family can be taken back, used or not.

import { post, Refused } from "../../net/http.js";
import { hour } from "../../lib/times.js";
import { t } from "../../lib/words.js";
import { toast } from "../toast.js";
import { button, byId, make } from "./page.js";

/** @typedef {{id: string, name: string, made: string, used: boolean}} OpenLink  for a guest, as the house tells of it */

/** @returns {Record<"family" | "phone", {title: string, words: string, another: string}>} */
function sayings() {
  return {
    family: { title: t("邀请家属"), words: t("请家属用微信或浏览器扫码，或把链接发给他。链接只能用一次，来人先在等候室，由主持人准许进入。"), another: t("再要一个链接") },
    phone: { title: t("转到手机"), words: t("用手机扫码，通话移到手机上继续，这里自动退出。链接只能用一次。"), another: t("换一个链接") },
  };
}

export class Invitation {
  #dialog = byId("invite", HTMLDialogElement);
  #link = byId("invite-link", HTMLInputElement);
  #code = byId("invite-code", HTMLImageElement);
  #another = byId("invite-another", HTMLButtonElement);
  #address = "";
  /** @type {string | undefined} the link that is shown, when it is one of those listed */
  #shown;

  connect() {
    byId("invite-copy").addEventListener("click", () => void this.#copy());
    this.#link.addEventListener("focus", () => this.#link.select());
    this.#another.addEventListener("click", () => void this.#show(true));
    this.#dialog.addEventListener("close", () => this.#forget());
  }

  /**
   * @param {"family" | "phone"} kind
   * @param {string} address
   */
  async open(kind, address) {
    const { title, words, another } = sayings()[kind];
    byId("invite-title").textContent = title;
    byId("invite-words").textContent = words;
    this.#code.alt = t("二维码：%(title)s", { title });
    this.#another.textContent = another;
    this.#address = address;
    await this.#show();
  }

  /** @param {boolean} another not the link that nobody has used yet */
  async #show(another = false) {
    try {
      const { id, url, svg, open = [] } = await post(this.#address, { another });
      this.#shown = id;
      this.#list(open);
      this.#link.value = url;
      this.#code.src = `data:image/svg+xml,${encodeURIComponent(alone(svg))}`;
      this.#code.hidden = false;
      if (!this.#dialog.open) this.#dialog.showModal();
    } catch (error) {
      failed(error, t("没有取到链接，请再试一次"));
    }
  }

  /** @param {OpenLink[]} open */
  #list(open) {
    byId("invite-open").hidden = open.length === 0;
    byId("invite-links").replaceChildren(...open.map((one) => this.#line(one)));
  }

  /** @param {OpenLink} link */
  #line({ id, name, made, used }) {
    const state = used ? t("有人用它来过") : t("还没有人用");
    const words = make("div", { class: "person-words" }, make("strong", {}, name), " ", make("span", {}, `${hour(made)} · ${state}`));
    return make("li", {}, words, make("div", { class: "person-deeds" }, button(t("收回"), () => this.#revoke(id))));
  }

  /** Whoever came by it is put out. @param {string} id */
  async #revoke(id) {
    try {
      const { open } = await post(`${this.#address}/${id}/revoke`);
      if (id === this.#shown) this.#forget();
      this.#list(open);
      toast({ text: t("链接已收回，用它来的人已退出") });
    } catch (error) {
      failed(error, t("没有收回，请再试一次"));
    }
  }

  close() {
    this.#dialog.close();
  }

  async #copy() {
    await navigator.clipboard?.writeText(this.#link.value).catch(() => this.#link.select());
    toast({ text: t("链接已复制") });
  }

  /** The link is as good as a key: it does not stay in a page that is left open. */
  #forget() {
    this.#link.value = "";
    this.#code.removeAttribute("src");
    this.#code.hidden = true;
  }
}

/**
 * @param {unknown} error
 * @param {string} words when the house gave no reason
 */
function failed(error, words) {
  toast({ text: error instanceof Refused ? error.says : words, tone: "danger" });
}

/** An SVG made to stand inside a page lacks the name that it needs as a picture of its own. @param {string} svg */
function alone(svg) {
  return svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
}
