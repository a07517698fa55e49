// This person's own microphone and camera: opened, chosen, muted, lost, found again, released.

import { deviceToOpen, troubleOf } from "../lib/trouble.js";

/** @typedef {import("../lib/trouble.js").Trouble} Trouble */
/** @typedef {import("../lib/trouble.js").Sense} Sense */
/** @typedef {{muted: boolean, dark: boolean, mic?: string, camera?: string, speaker?: string}} Choices
 *   `dark`: camera off. Kept for the tab, so that a reload changes nothing */
/** @typedef {{changed: () => void, track: (sense: Sense, track: MediaStreamTrack | null) => void}} Listener */

/** @type {Record<Sense, MediaTrackConstraints>} */
const WISHES = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 24, max: 30 } },
};
/** @type {Record<Sense, "audioinput" | "videoinput">} */
const KINDS = { audio: "audioinput", video: "videoinput" };
const FOUND_AGAIN_AFTER = 400; // ms a device that was just plugged in needs before it opens

export class Capture {
  /** @type {Record<Sense, MediaStreamTrack | null>} */
  tracks = { audio: null, video: null };
  /** @type {Record<Sense, Trouble | null>} */
  trouble = { audio: null, video: null };
  /** @type {Record<Sense, number>} the latest attempt to open; an older one that answers late is thrown away */
  #attempt = { audio: 0, video: 0 };
  #released = false;
  #plugged = () => void this.#lookAgain();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #soon;

  /**
   * @param {Choices} choices
   * @param {Listener} listener
   */
  constructor(choices, listener) {
    this.choices = choices;
    this.listener = listener;
  }

  get supported() {
    return Boolean(globalThis.isSecureContext && navigator.mediaDevices?.getUserMedia);
  }

  /** Opens what is wanted: both at once (one question to the person), each alone when that fails. */
  async open() {
    if (!this.supported) return void queueMicrotask(() => this.#sayInsecure());
    navigator.mediaDevices.addEventListener("devicechange", this.#plugged);
    /** @type {Sense[]} */
    const wanted = this.choices.dark ? ["audio"] : ["audio", "video"];
    const failed = await this.#openTogether(wanted);
    if (failed) await Promise.all(wanted.map((sense) => this.#openTogether([sense])));
  }

  /** @param {boolean} muted */
  setMuted(muted) {
    this.choices.muted = muted;
    if (this.tracks.audio) this.tracks.audio.enabled = !muted;
    this.listener.changed();
    if (!muted && !this.tracks.audio) void this.#openTogether(["audio"]);
  }

  /** Off means the lamp of the camera goes out: the track is stopped, not just blackened. @param {boolean} dark */
  async setDark(dark) {
    this.choices.dark = dark;
    if (dark) this.#put("video", null);
    this.listener.changed();
    if (!dark) await this.#openTogether(["video"]);
  }

  /**
   * @param {Sense} sense
   * @param {string} deviceId
   */
  async choose(sense, deviceId) {
    this.choices[sense === "audio" ? "mic" : "camera"] = deviceId;
    if (sense === "video") this.choices.dark = false;
    this.tracks[sense]?.stop(); // some cameras cannot be opened twice, so the old one goes first
    await this.#openTogether([sense]);
  }

  /** @returns {Promise<MediaDeviceInfo[]>} */
  async present() {
    return this.supported ? navigator.mediaDevices.enumerateDevices() : [];
  }

  /** @param {Sense[]} senses whatever did not open, once more */
  async retry(senses = ["audio", "video"]) {
    const wanted = senses.filter((sense) => !this.tracks[sense] && !(sense === "video" && this.choices.dark));
    await Promise.all(wanted.map((sense) => this.#openTogether([sense])));
  }

  release() {
    this.#released = true;
    clearTimeout(this.#soon);
    navigator.mediaDevices?.removeEventListener("devicechange", this.#plugged);
    for (const sense of /** @type {Sense[]} */ (["audio", "video"])) this.#put(sense, null);
  }

  /**
   * @param {Sense[]} senses
   * @returns {Promise<unknown>} what went wrong, or undefined
   */
  async #openTogether(senses) {
    const attempt = Object.fromEntries(senses.map((sense) => [sense, ++this.#attempt[sense]]));
    try {
      const stream = await navigator.mediaDevices.getUserMedia(await this.#wishes(senses));
      for (const track of stream.getTracks()) this.#arrived(track, attempt);
      return undefined;
    } catch (error) {
      if (senses.length === 1 && attempt[senses[0]] === this.#attempt[senses[0]]) this.#failed(senses[0], error);
      return error;
    }
  }

  /** @param {Sense[]} senses */
  async #wishes(senses) {
    const remembered = { audio: this.choices.mic, video: this.choices.camera };
    // Without a remembered device nothing is asked first: enumerating costs time before the first picture.
    const present = senses.some((sense) => remembered[sense]) ? await this.present() : [];
    return Object.fromEntries(
      senses.map((sense) => {
        const id = deviceToOpen(present, KINDS[sense], remembered[sense]);
        return [sense, id ? { ...WISHES[sense], deviceId: { exact: id } } : WISHES[sense]];
      }),
    );
  }

  /**
   * @param {MediaStreamTrack} track
   * @param {Record<string, number>} attempt
   */
  #arrived(track, attempt) {
    const sense = /** @type {Sense} */ (track.kind);
    const unwanted = this.#released || attempt[sense] !== this.#attempt[sense] || (sense === "video" && this.choices.dark);
    if (unwanted) return track.stop();
    // Before anybody else sees the track: a muted microphone is never live, not for one packet.
    if (sense === "audio") track.enabled = !this.choices.muted;
    track.addEventListener("ended", () => this.#lost(sense, track));
    this.trouble[sense] = null;
    this.#put(sense, track);
    this.#remember(sense, track);
  }

  /**
   * @param {Sense} sense
   * @param {MediaStreamTrack | null} track
   */
  #put(sense, track) {
    if (this.tracks[sense] !== track) this.tracks[sense]?.stop();
    this.tracks[sense] = track;
    this.listener.track(sense, track);
    this.listener.changed();
  }

  /**
   * @param {Sense} sense
   * @param {MediaStreamTrack} track
   */
  #remember(sense, track) {
    const id = track.getSettings().deviceId;
    if (id) this.choices[sense === "audio" ? "mic" : "camera"] ??= id;
  }

  /**
   * @param {Sense} sense
   * @param {MediaStreamTrack} track
   */
  #lost(sense, track) {
    if (this.tracks[sense] !== track || this.#released) return;
    this.trouble[sense] = "unplugged";
    this.#put(sense, null);
    this.#lookSoon();
  }

  /**
   * @param {Sense} sense
   * @param {any} error
   */
  #failed(sense, error) {
    this.trouble[sense] = troubleOf({ secure: true, supported: true, error });
    this.#put(sense, null);
  }

  #sayInsecure() {
    const trouble = troubleOf({ secure: globalThis.isSecureContext, supported: Boolean(navigator.mediaDevices) });
    this.trouble = { audio: trouble, video: trouble };
    this.listener.changed();
  }

  #lookSoon() {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(this.#plugged, FOUND_AGAIN_AFTER);
  }

  /** Something was plugged in or out: what is missing is tried again by itself. */
  async #lookAgain() {
    const missing = /** @type {Sense[]} */ (["audio", "video"]).filter((sense) => this.trouble[sense] === "unplugged");
    const present = await this.present();
    await this.retry(missing.filter((sense) => present.some((device) => device.kind === KINDS[sense])));
    this.listener.changed();
  }
}
