// The session's materials and the files of its teaching cases, to choose what is shown from.

import { t } from "../../lib/words.js";
import { fragment } from "../../net/http.js";
import { byId, factsOfPage, make } from "../room/page.js";

export class Materials {
  #dialog = byId("materials-dialog", HTMLDialogElement);

  /** @param {(file: string) => void} chosen */
  constructor(chosen) {
    this.chosen = chosen;
    byId("control-slides").addEventListener("click", () => void this.#open());
    byId("materials-cancel").addEventListener("click", () => this.#dialog.close());
  }

  /** Read anew each time: somebody may have added one. */
  async #open() {
    this.#dialog.showModal();
    const list = byId("materials-list");
    list.replaceChildren(make("li", { class: "quiet" }, t("正在打开…")));
    const page = await fragment(factsOfPage().files).catch(() => null);
    const links = [.../** @type {NodeListOf<HTMLAnchorElement>} */ (page?.querySelectorAll("a[data-file-view]") ?? [])];
    const empty = make("li", { class: "quiet" }, page ? t("还没有课件。可在课程页面添加 PDF 或图片") : t("没有取到，请再试一次"));
    list.replaceChildren(...(links.length ? links.map((link) => this.#row(link)) : [empty]));
  }

  /** @param {HTMLAnchorElement} link of a tile */
  #row(link) {
    const file = link.pathname.split("/")[2];
    const of = link.closest("[data-of]")?.getAttribute("data-of") ?? "";
    const about = link.closest(".tile-text")?.querySelector(".tile-says")?.textContent?.trim() ?? "";
    const says = [of, about].filter(Boolean).join(" · ");
    const made = make("button", { type: "button", class: "material" }, make("strong", {}, link.textContent ?? ""), make("span", { class: "quiet" }, says));
    made.addEventListener("click", () => (this.#dialog.close(), this.chosen(file)));
    return make("li", {}, made);
  }
}
