// Before one goes in: one's own picture, a level that moves, a sentence about the line.

import { isDead, newEar, SPEECH } from "../../lib/speaking.js";
import { testSays } from "../../lib/sayings.js";
import { t } from "../../lib/words.js";
import { probe } from "../../media/probe.js";
import { post, Refused } from "../../net/http.js";
import { changeIcon, icon } from "../icon.js";
import { DeviceChoice } from "./devices.js";
import { byId, write } from "./page.js";

/** @typedef {import("../../media/capture.js").Capture} Capture */
/** @typedef {{tone: "wait" | "done" | "soon" | "danger", words: string}} Sentence */

const LOOK_EVERY = 100; // ms
const SHAPES = { wait: "clock", done: "check", soon: "soon", danger: "over" };

export class Check {
  #ear = newEar();
  #spoken = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch;

  /**
   * @param {Capture} capture
   * @param {import("../../media/levels.js").Meter} meter
   * @param {{enter: () => void, speaker: (id: string) => void}} ends
   */
  constructor(capture, meter, ends) {
    this.capture = capture;
    this.meter = meter;
    this.ends = ends;
    this.video = byId("check-video", HTMLVideoElement);
    const place = /** @type {HTMLElement} */ (byId("check-devices").querySelector("[data-devices]"));
    this.devices = new DeviceChoice(place, capture, ends.speaker);
  }

  /** @param {string} address that gives the servers to try; "" leaves the line out */
  connect(address) {
    byId("enter").addEventListener("click", this.ends.enter);
    byId("check-mic").addEventListener("click", () => this.capture.setMuted(!this.capture.choices.muted));
    byId("check-cam").addEventListener("click", () => void this.capture.setDark(!this.capture.choices.dark));
    byId("check-devices").addEventListener("toggle", () => void this.devices.show());
    this.#watch = setInterval(() => this.#listen(), LOOK_EVERY);
    void this.#testLine(address);
    this.draw();
    byId("enter").focus({ preventScroll: true });
  }

  disconnect() {
    clearInterval(this.#watch);
    this.video.srcObject = null;
  }

  draw() {
    const { tracks, choices } = this.capture;
    this.#picture(tracks.video);
    byId("check-dark").hidden = Boolean(tracks.video);
    press("check-mic", choices.muted, choices.muted ? "mic-off" : "mic");
    press("check-cam", choices.dark, choices.dark ? "video-off" : "video");
    say("check-says-camera", this.#cameraSays());
    if (byId("check-devices").hasAttribute("open")) void this.devices.show();
  }

  /** @param {MediaStreamTrack | null} track */
  #picture(track) {
    const shown = /** @type {MediaStream | null} */ (this.video.srcObject)?.getTracks()[0] ?? null;
    if (shown !== track) this.video.srcObject = track && new MediaStream([track]);
  }

  /** @returns {Sentence} */
  #cameraSays() {
    const { tracks, trouble, choices } = this.capture;
    if (choices.dark) return { tone: "soon", words: t("摄像头已关闭，别人看不到您") };
    if (trouble.video) return { tone: "soon", words: t("没有画面，只用语音") };
    return tracks.video ? { tone: "done", words: t("您的画面正常") } : { tone: "wait", words: t("正在打开摄像头…") };
  }

  #listen() {
    const { muted } = this.capture.choices;
    const level = muted ? null : this.meter.level;
    const dead = isDead(this.#ear, level, performance.now());
    this.#spoken ||= (level ?? 0) >= SPEECH;
    const shown = Math.min(100, Math.round(((level ?? 0) / 0.25) * 100));
    byId("check-level").style.setProperty("--level", `${shown}%`);
    byId("check-level").setAttribute("aria-valuenow", String(shown));
    say("check-says-microphone", this.#microphoneSays(dead));
  }

  /**
   * @param {boolean} dead
   * @returns {Sentence}
   */
  #microphoneSays(dead) {
    const { tracks, trouble, choices } = this.capture;
    if (choices.muted) return { tone: "soon", words: t("麦克风已静音，别人听不到您") };
    if (trouble.audio) return { tone: "danger", words: t("没有声音，别人听不到您") };
    if (!tracks.audio) return { tone: "wait", words: t("正在打开麦克风…") };
    if (dead) return { tone: "danger", words: t("麦克风无声，请检查它是否被系统或按键静音") };
    return this.#spoken ? { tone: "done", words: t("您的声音正常") } : { tone: "wait", words: t("请说句话，看绿条是否在动") };
  }

  /** @param {string} address */
  async #testLine(address) {
    byId("check-says-line").hidden = !address;
    if (!address) return;
    const tested = await measure(address);
    if (tested) say("check-says-line", testSays(tested));
    else byId("check-says-line").hidden = true;
  }
}

/**
 * @param {string} address
 * @returns {Promise<Parameters<typeof testSays>[0] | null>} null: the house would not say
 */
async function measure(address) {
  try {
    await post(address); // opens the connection; the second is timed
    const began = performance.now();
    const { ice } = await post(address);
    const rtt = performance.now() - began;
    return { rtt, ...(await probe(ice.servers)) };
  } catch (error) {
    return error instanceof Refused ? null : { rtt: null, relay: "unknown", direct: false };
  }
}

/**
 * @param {string} id
 * @param {Sentence} sentence
 */
function say(id, { tone, words }) {
  const line = byId(id);
  write(/** @type {Element} */ (line.querySelector(".check-words")), words);
  if (line.dataset.tone === tone && line.querySelector(".icon")) return;
  line.dataset.tone = tone;
  line.querySelector(".check-mark")?.replaceChildren(icon(SHAPES[tone], "sm"));
}

/**
 * @param {string} id
 * @param {boolean} pressed
 * @param {string} picture
 */
function press(id, pressed, picture) {
  byId(id).setAttribute("aria-pressed", String(pressed));
  changeIcon(byId(id), picture);
}
