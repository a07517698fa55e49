// After a quarter of an hour without a touch the chart is locked, and the call goes on. One unlocks it beside the call.

import { t } from "../lib/words.js";
import { fragment, post, Refused } from "../net/http.js";
import { toast } from "./toast.js";

const ADDRESS = "/reauthenticate";

/** @param {unknown} trouble */
export function isLocked(trouble) {
  return trouble instanceof Refused && trouble.status === 401;
}

/** Whatever finds the chart locked says so; whatever waits for it hears `unlocked`. */
export function askToUnlock() {
  document.dispatchEvent(new CustomEvent("locked"));
}

export class Lock {
  #dialog = /** @type {HTMLDialogElement} */ (document.getElementById("lock"));
  #place = /** @type {HTMLElement} */ (document.getElementById("lock-form"));
  #trouble = /** @type {HTMLElement} */ (document.getElementById("lock-trouble"));

  connect() {
    document.addEventListener("locked", () => void this.#ask());
    this.#dialog.addEventListener("close", () => (this.#place.replaceChildren(), this.#trouble.replaceChildren()));
  }

  async #ask() {
    if (this.#dialog.open) return;
    let why = t("现在不能解锁，请稍后再试");
    const page = await fragment(ADDRESS).catch((trouble) => {
      if (isLocked(trouble)) why = t("登录已到期，通话照常：写下的意见仍可凭密码签名，要看病历请在通话后重新登录");
    });
    const form = page?.querySelector(`form[action="${ADDRESS}"]:not([data-passkey])`);
    if (!(form instanceof HTMLFormElement)) return toast({ text: why, tone: "danger" });
    this.#place.replaceChildren(document.importNode(form, true));
    this.#place.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#prove(/** @type {HTMLFormElement} */ (event.currentTarget));
    });
    this.#dialog.showModal();
    /** @type {HTMLInputElement | null} */ (this.#place.querySelector("[name=password]"))?.focus();
  }

  /** @param {HTMLFormElement} form */
  async #prove(form) {
    const { password, code } = Object.fromEntries(new FormData(form));
    try {
      await post(ADDRESS, { password, code: code ?? "" });
    } catch (trouble) {
      return this.#wrong(form, trouble);
    }
    this.#dialog.close();
    toast({ text: t("已解锁") });
    document.dispatchEvent(new CustomEvent("unlocked"));
    document.dispatchEvent(new CustomEvent("line:on")); // what could not be saved is saved now
  }

  /**
   * @param {HTMLFormElement} form
   * @param {unknown} trouble
   */
  #wrong(form, trouble) {
    this.#trouble.textContent = trouble instanceof Refused ? (Object.values(trouble.errors)[0] ?? trouble.says) : t("没有送到，内容还在，请检查网络后再试一次");
    const field = form.querySelector("[name=password]");
    if (field instanceof HTMLInputElement) field.select();
  }
}
