// What a film is played from: the original, or what weak lines carry (HLS), chosen by hand or by how the line does.

import { beginsLight, isAmple, PATIENCE, stoodStill } from "../lib/quality.js";
import { t } from "../lib/words.js";
import { isProved } from "./proving.js";

/** @typedef {"best" | "light" | "sound"} Kind */

/** Plays, unless what plays is changed before it could begin: then whoever changed it goes on. @param {HTMLMediaElement} film */
export function play(film) {
  film.play().catch((/** @type {DOMException} */ refusal) => {
    if (refusal.name !== "AbortError") throw refusal;
  });
}

/** Something else of the same moment. @param {HTMLVideoElement} film @param {() => void} put */
export function instead(film, put) {
  const { currentTime, paused, playbackRate } = film;
  put();
  film.addEventListener("loadedmetadata", () => {
    if (currentTime) film.currentTime = currentTime; // at its beginning others may have said where to go on
    film.playbackRate = playbackRate;
    if (!paused) play(film);
  }, { once: true });
}

export class Quality {
  /** @type {import("hls.js/light").default | null} */
  #hls = null;
  /** @type {Kind} */
  #playing = "best";
  /** @type {{from: number, to: number}[]} */
  #stalls = [];
  #patience = 0;
  #mayClimb = true;

  /** @param {HTMLVideoElement} film @param {HTMLSelectElement} choice @param {HTMLElement} word where it stands what is played */
  constructor(film, choice, word) {
    this.film = film;
    this.choice = choice;
    this.word = word;
    this.original = film.src;
    choice.addEventListener("change", () => this.#chosen());
    film.addEventListener("waiting", () => this.#stands());
    for (const again of ["playing", "pause", "seeking"]) film.addEventListener(again, () => this.#goesOn());
    if (!this.#auto) this.#chosen(); // before this script was there, or the browser knew it from before
    else if (beginsLight(line(), this.#playsOriginal)) void this.#play("light");
    else if (film.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) this.#stands(); // played, and waiting, before this was there
  }

  get #auto() {
    return this.choice.value === "auto";
  }

  get #playsOriginal() {
    return this.film.canPlayType("video/webm; codecs=vp8") !== "";
  }

  /** Another picture than the whole is looked at, or the whole again. @param {boolean} whole @param {string} src */
  look(whole, src) {
    /** @type {HTMLElement} */ (this.choice.parentElement).hidden = !whole;
    this.#playing = "best";
    instead(this.film, () => this.#from(src));
    if (whole) this.#chosen();
  }

  #chosen() {
    const chosen = this.#auto ? "best" : /** @type {Kind} */ (this.choice.value);
    this.#stalls = [];
    if (chosen !== this.#playing) void this.#play(chosen);
  }

  /** @param {Kind} kind */
  async #play(kind) {
    this.#playing = kind;
    if (kind === "best") return instead(this.film, () => this.#from(this.original));
    const { default: Hls } = await import("hls.js/light");
    if (this.#playing !== kind) return;
    const address = `${this.choice.dataset.ladder}${kind === "sound" ? "/sound" : ""}.m3u8`;
    instead(this.film, () => (Hls.isSupported() ? this.#climb(Hls, address) : this.#from(address)));
  }

  /** @param {string} src */
  #from(src) {
    this.#hls?.destroy();
    this.#hls = null;
    this.word.textContent = "";
    this.film.src = src;
  }

  /** @param {typeof import("hls.js/light").default} Hls @param {string} address */
  #climb(Hls, address) {
    this.#hls?.destroy();
    // no worker: it would come from a blob; the estimate begins low, for whoever is here has a weak line
    const hls = new Hls({ enableWorker: false, startPosition: this.film.currentTime, abrEwmaDefaultEstimate: 200_000, maxBufferLength: 20, xhrSetup: refusedAloud });
    this.#hls = hls;
    hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => this.#say(hls.levels[level]?.height ?? 0));
    hls.on(Hls.Events.FRAG_BUFFERED, () => this.#up(hls.bandwidthEstimate));
    hls.on(Hls.Events.ERROR, (_, { fatal, response }) => void (fatal && (response?.code === 401 ? this.#goOnProved() : this.#fallBack())));
    hls.loadSource(address);
    hls.attachMedia(this.film);
  }

  /** The showing has ended: with a proof it goes on as it was. */
  async #goOnProved() {
    if (await isProved()) void this.#play(this.#playing);
  }

  /** What is there for weak lines does not come: the page says that it plays the original. */
  #fallBack() {
    this.choice.value = "best";
    void this.#play("best");
  }

  /** @param {number} height */
  #say(height) {
    this.word.textContent = height ? t("省流量 %(height)sp", { height }) : t("只有声音");
  }

  /** Once: a line that was weak twice stays with little. @param {number} carried bits a second */
  #up(carried) {
    if (!this.#auto || !this.#mayClimb || !this.#playsOriginal) return;
    if (!isAmple(carried, Number(this.choice.dataset.bits))) return;
    this.#mayClimb = false;
    void this.#play("best");
  }

  #stands() {
    if (!this.#auto || this.#playing !== "best" || this.film.paused || this.film.seeking) return;
    const from = performance.now() / 1000;
    this.#stalls.push({ from, to: from });
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#goesOn(), 1000 * (PATIENCE - stoodStill(this.#stalls, from)));
  }

  #goesOn() {
    clearTimeout(this.#patience);
    const [last, now] = [this.#stalls.at(-1), performance.now() / 1000];
    if (!last || this.#playing !== "best" || !this.#auto) return;
    if (last.to === last.from) last.to = now;
    if (stoodStill(this.#stalls, now) >= PATIENCE) void this.#play("light");
  }
}

/** Where a proof is wanted it is told so, not led to the page that asks for one. @param {XMLHttpRequest} request */
function refusedAloud(request) {
  request.setRequestHeader("Accept", "application/json");
}

/** @returns {{saveData?: boolean, effectiveType?: string}} */
function line() {
  return /** @type {any} */ (navigator).connection ?? {};
}
