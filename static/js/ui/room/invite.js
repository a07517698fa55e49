// A one-time link, as a code to scan and as a line to copy: for family, or for one's own phone.

import { post, Refused } from "../../net/http.js";
import { t } from "../../lib/words.js";
import { toast } from "../toast.js";
import { byId } from "./page.js";

/** @returns {Record<"family" | "phone", {title: string, words: string}>} */
function sayings() {
  return {
    family: { title: t("邀请家属"), words: t("请家属用微信或浏览器扫码，或把链接发给他。链接只能用一次，来人先在等候室，由主持人准许进入。") },
    phone: { title: t("转到手机"), words: t("用手机扫码，通话移到手机上继续，这里自动退出。链接只能用一次。") },
  };
}

export class Invitation {
  #dialog = byId("invite", HTMLDialogElement);
  #link = byId("invite-link", HTMLInputElement);
  #code = byId("invite-code", HTMLImageElement);

  connect() {
    byId("invite-copy").addEventListener("click", () => void this.#copy());
    this.#link.addEventListener("focus", () => this.#link.select());
    this.#dialog.addEventListener("close", () => this.#forget());
  }

  /**
   * @param {"family" | "phone"} kind
   * @param {string} address
   */
  async open(kind, address) {
    const { title, words } = sayings()[kind];
    byId("invite-title").textContent = title;
    byId("invite-words").textContent = words;
    try {
      const { url, svg } = await post(address);
      this.#link.value = url;
      this.#code.src = `data:image/svg+xml,${encodeURIComponent(alone(svg))}`;
      this.#code.alt = t("二维码：%(title)s", { title });
      this.#code.hidden = false;
      this.#dialog.showModal();
    } catch (error) {
      toast({ text: error instanceof Refused ? error.says : t("没有取到链接，请再试一次"), tone: "danger" });
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

/** An SVG made to stand inside a page lacks the name that it needs as a picture of its own. @param {string} svg */
function alone(svg) {
  return svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
}
