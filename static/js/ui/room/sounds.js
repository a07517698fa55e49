// The others' voices: one audio element a person, on the chosen speaker.

import { t } from "../../lib/words.js";
import { toast } from "../toast.js";
import { make } from "./page.js";

export class Sounds {
  /** @type {Map<string, {sound: HTMLAudioElement, track: MediaStreamTrack}>} */
  #voices = new Map();
  #asked = false;

  /**
   * @param {HTMLElement} place
   * @param {string | undefined} speaker
   */
  constructor(place, speaker) {
    this.place = place;
    this.speaker = speaker;
  }

  /** @param {Map<string, {link: import("../../lib/tie.js").Way}>} ties */
  playAll(ties) {
    /** @type {Map<string, MediaStreamTrack>} */
    const tracks = new Map();
    for (const [id, { link }] of ties) {
      const track = link.receiver("audio")?.track;
      if (track) tracks.set(id, track);
    }
    for (const id of this.#voices.keys()) if (!tracks.has(id)) this.#silence(id);
    for (const [id, track] of tracks) if (this.#voices.get(id)?.track !== track) this.#give(id, track);
  }

  /** @param {string} speaker */
  useSpeaker(speaker) {
    this.speaker = speaker;
    for (const { sound } of this.#voices.values()) void sound.setSinkId?.(speaker).catch(() => undefined);
  }

  clear() {
    this.playAll(new Map());
  }

  /**
   * @param {string} id
   * @param {MediaStreamTrack} track
   */
  #give(id, track) {
    const before = this.#voices.get(id); // plays on until the new one does
    const sound = /** @type {HTMLAudioElement} */ (make("audio", { autoplay: "" }));
    sound.srcObject = new MediaStream([track]);
    if (this.speaker) void sound.setSinkId?.(this.speaker).catch(() => undefined);
    this.place.append(sound);
    this.#voices.set(id, { sound, track });
    sound
      .play()
      .catch((/** @type {DOMException} */ refusal) => refusal.name === "NotAllowedError" && this.#askForClick())
      .finally(() => before && hush(before.sound));
  }

  /** @param {string} id */
  #silence(id) {
    const voice = this.#voices.get(id);
    if (!voice) return;
    hush(voice.sound);
    this.#voices.delete(id);
  }

  /** The browser plays sound only after a touch of the page. */
  #askForClick() {
    if (this.#asked) return;
    this.#asked = true;
    const listen = () => {
      for (const { sound } of this.#voices.values()) void sound.play();
    };
    toast({ text: t("浏览器暂停了声音"), tone: "soon", label: t("播放声音"), undo: listen, stays: true });
    document.addEventListener("pointerdown", listen, { once: true });
  }
}

/** @param {HTMLAudioElement} sound */
function hush(sound) {
  sound.srcObject = null;
  sound.remove();
}
