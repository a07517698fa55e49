// Choosing microphone, camera and speaker, and hearing whether the speaker works.

import { playTone } from "../../media/tone.js";
import { t } from "../../lib/words.js";
import { button, make } from "./page.js";

/** @typedef {import("../../media/capture.js").Capture} Capture */

const KINDS = /** @type {const} */ (["audioinput", "videoinput", "audiooutput"]);

export class DeviceChoice {
  /**
   * @param {HTMLElement} place
   * @param {Capture} capture
   * @param {(speaker: string) => void} speak  the speaker was changed
   */
  constructor(place, capture, speak) {
    this.place = place;
    this.capture = capture;
    this.speak = speak;
  }

  async show() {
    const present = await this.capture.present();
    const test = button(t("播放试听音"), () => void playTone(this.capture.choices.speaker), "btn btn-quiet");
    this.place.replaceChildren(...KINDS.flatMap((kind) => this.#field(kind, present)), test);
  }

  /**
   * @param {typeof KINDS[number]} kind
   * @param {MediaDeviceInfo[]} present
   */
  #field(kind, present) {
    const devices = present.filter((device) => device.kind === kind && device.deviceId);
    if (!devices.length) return [];
    const id = `${this.place.id || "choice"}-${kind}`;
    const select = /** @type {HTMLSelectElement} */ (make("select", { class: "form-select", id }));
    select.append(...devices.map((device, index) => this.#option(device, index)));
    select.value = this.#chosen(kind) ?? devices[0].deviceId;
    select.addEventListener("change", () => this.#choose(kind, select.value));
    return [make("div", { class: "field" }, make("label", { for: id }, nameOf(kind)), select)];
  }

  /**
   * @param {MediaDeviceInfo} device
   * @param {number} index
   */
  #option({ deviceId, kind, label }, index) {
    return make("option", { value: deviceId }, label || `${nameOf(kind)} ${index + 1}`);
  }

  /** @param {typeof KINDS[number]} kind */
  #chosen(kind) {
    const { mic, camera, speaker } = this.capture.choices;
    return { audioinput: mic, videoinput: camera, audiooutput: speaker }[kind];
  }

  /**
   * @param {typeof KINDS[number]} kind
   * @param {string} deviceId
   */
  #choose(kind, deviceId) {
    if (kind === "audiooutput") this.speak(deviceId);
    else void this.capture.choose(kind === "audioinput" ? "audio" : "video", deviceId);
  }
}

/** @param {string} kind */
function nameOf(kind) {
  return kind === "audioinput" ? t("麦克风") : kind === "videoinput" ? t("摄像头") : t("扬声器");
}
