// The bar under the stage, its menu, and the keys that do the same.

import { actionOf } from "../../lib/shortcuts.js";
import { t } from "../../lib/words.js";
import { changeIcon } from "../icon.js";
import { byId, write } from "./page.js";

/** @typedef {import("../../lib/shortcuts.js").Action | "film" | "panel" | "devices" | "phone" | "family" | "leave"} Deed */

/** @type {Record<string, Deed>} */
const BUTTONS = {
  "control-mic": "microphone",
  "control-cam": "camera",
  "control-screen": "screen",
  "control-hand": "hand",
  "control-film": "film",
  "control-panel": "panel",
  "control-leave": "leave",
  "more-screen": "screen",
  "more-hand": "hand",
  "more-film": "film",
  "more-devices": "devices",
  "more-full": "full",
  "more-phone": "phone",
  "more-family": "family",
  "more-keys": "keys",
};

export class Controls {
  #key = (/** @type {KeyboardEvent} */ press) => this.#press(press);

  /** @param {(deed: Deed) => void} act */
  constructor(act) {
    this.act = act;
  }

  connect() {
    for (const [id, deed] of Object.entries(BUTTONS)) byId(id).addEventListener("click", () => this.#do(deed));
    document.addEventListener("keydown", this.#key);
  }

  disconnect() {
    document.removeEventListener("keydown", this.#key);
  }

  /** @param {{phone: boolean, family: boolean, screen: boolean, speak: boolean}} offered what this person may do here */
  offer({ phone, family, screen, speak }) {
    byId("more-phone").hidden = !phone;
    byId("more-family").hidden = !family;
    for (const id of ["control-screen", "more-screen"]) byId(id).hidden = !screen;
    for (const id of ["control-mic", "control-cam"]) byId(id).hidden = !speak;
  }

  /** @param {{mic: boolean, cam: boolean, screen: boolean, hand: boolean, reachable: boolean}} now */
  show({ mic, cam, screen, hand, reachable }) {
    set("control-mic", !mic, mic ? t("静音") : t("已静音"), mic ? "mic" : "mic-off");
    set("control-cam", !cam, cam ? t("关摄像头") : t("摄像头已关"), cam ? "video" : "video-off");
    set("control-screen", screen, screen ? t("停止共享") : t("共享"));
    set("more-screen", screen, screen ? t("停止共享") : t("共享屏幕"));
    for (const id of ["control-hand", "more-hand"]) set(id, hand, hand ? t("放下手") : t("举手"));
    for (const id of ["control-hand", "more-hand", "control-film", "more-film", "more-phone", "more-family"]) ready(id, reachable);
  }

  /** @param {Deed} deed */
  #do(deed) {
    byId("more").removeAttribute("open");
    this.act(deed);
  }

  /** @param {KeyboardEvent} press */
  #press(press) {
    const target = /** @type {HTMLElement} */ (press.target);
    const writing = Boolean(target.closest?.("input, textarea, select, [contenteditable], dialog"));
    const action = actionOf(press, writing);
    if (!action) return;
    press.preventDefault();
    this.#do(action);
  }
}

/**
 * @param {string} id
 * @param {boolean} pressed
 * @param {string} words
 * @param {string} [picture]
 */
function set(id, pressed, words, picture) {
  const control = byId(id);
  control.setAttribute("aria-pressed", String(pressed));
  write(/** @type {Element} */ (control.querySelector("span")), words);
  if (picture) changeIcon(control, picture);
}

/**
 * @param {string} id
 * @param {boolean} reachable
 */
function ready(id, reachable) {
  const control = /** @type {HTMLButtonElement} */ (byId(id));
  control.disabled = !reachable;
  control.title = reachable ? "" : t("正在重新连接，稍候可用");
}
