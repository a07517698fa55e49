// One's own place on the stage: camera and microphone are opened for it and closed after it.

import { Capture } from "../../media/capture.js";

/** @typedef {import("../../media/hall-line.js").Place} Place */

export class Standpoint {
  stands = false;
  /** @type {import("../../media/hall-line.js").Tracks} */
  tracks = { audio: null, camera: null, screen: null };
  /** @type {Capture | null} */
  capture = null;
  /** What was chosen before one was put here quietly. @type {{muted: boolean, dark: boolean} | null} */
  #before = null;

  /**
   * @param {import("../../media/capture.js").Choices} choices
   * @param {{track: (place: Place) => void, changed: () => void}} listener
   */
  constructor(choices, listener) {
    this.choices = choices;
    this.listener = listener;
  }

  /** @param {boolean} [quietly] one is put here without having asked: nothing is on until one turns it on */
  enter(quietly = false) {
    this.stands = true;
    if (quietly) {
      this.#before = { muted: this.choices.muted, dark: this.choices.dark };
      Object.assign(this.choices, { muted: true, dark: true });
    }
    this.capture = new Capture(this.choices, {
      track: (sense, track) => this.put(sense === "audio" ? "audio" : "camera", track),
      changed: () => this.listener.changed(),
    });
    void this.capture.open();
  }

  leave() {
    this.stands = false;
    Object.assign(this.choices, this.#before ?? {});
    this.#before = null;
    this.capture?.release();
    this.capture = null;
  }

  /** @param {Place} place @param {MediaStreamTrack | null} track */
  put(place, track) {
    this.tracks[place] = track;
    this.listener.track(place);
    this.listener.changed();
  }

  mute() {
    this.capture?.setMuted(true);
  }

  toggleMicrophone() {
    this.capture?.setMuted(!this.choices.muted);
  }

  toggleCamera() {
    void this.capture?.setDark(!this.choices.dark);
  }

  /** @returns {import("../../net/seat.js").Live} what of it is on */
  live() {
    const { choices, tracks, stands } = this;
    return { mic: stands && !choices.muted && Boolean(tracks.audio), cam: stands && Boolean(tracks.camera), screen: stands && Boolean(tracks.screen) };
  }
}
