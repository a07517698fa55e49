// The tiles: one large on the stage, the others in a strip; a tile is made once and then only changed.

import { rowsOf } from "../../lib/faces.js";
import { lineSays } from "../../lib/sayings.js";
import { t } from "../../lib/words.js";
import { changeIcon, icon } from "../icon.js";
import { make, write } from "./page.js";

/** @typedef {import("../../lib/faces.js").Face} Face */
/** @typedef {import("../../lib/line.js").Grade} Grade */
/**
 * @typedef {object} Look  of one tile now
 * @property {Face} face
 * @property {string} name
 * @property {string} title
 * @property {boolean} mic
 * @property {boolean} hand
 * @property {boolean} speaking
 * @property {boolean} pictured  there is a picture to show
 * @property {MediaStreamTrack | null} track
 * @property {Grade} grade
 * @property {{words: string, tone: string} | null} note
 * @property {boolean} pinned
 */
/** @typedef {{root: HTMLElement, video: HTMLVideoElement, stream: MediaStream, pin: HTMLButtonElement}} Tile */

export class Faces {
  /** @type {Map<string, Tile>} */
  #tiles = new Map();

  /**
   * @param {HTMLElement} place
   * @param {{pin: (key: string) => void, firstFrame: (face: Face) => void}} listener
   */
  constructor(place, listener) {
    this.place = place;
    this.listener = listener;
  }

  /**
   * @param {Look[]} looks
   * @param {string} stage key of the large one
   */
  show(looks, stage) {
    const keys = new Set(looks.map(({ face }) => face.key));
    for (const key of this.#tiles.keys()) if (!keys.has(key)) this.#remove(key);
    // Two people and no screen: the own picture lies in the corner of the other's instead of taking a row.
    this.place.dataset.layout = looks.length === 2 ? "corner" : looks.length === 1 ? "alone" : "strip";
    this.#lay(looks.length - 1);
    for (const look of looks) this.#draw(this.#tileOf(look.face), look, look.face.key === stage);
  }

  /** @param {number} tiles below the large one, on a desk's screen and on a phone's */
  #lay(tiles) {
    for (const [screen, perRow] of /** @type {const} */ ([["wide", 6], ["narrow", 4]])) {
      const { rows, columns } = rowsOf(tiles, perRow);
      this.place.style.setProperty(`--rows-${screen}`, String(rows));
      this.place.style.setProperty(`--columns-${screen}`, String(columns));
    }
  }

  /** @param {Set<string>} speaking ids; only the rings change, many times a second */
  ring(speaking) {
    for (const [key, { root }] of this.#tiles) {
      const [id, kind] = key.split("/");
      root.toggleAttribute("data-speaking", kind === "camera" && speaking.has(id));
    }
  }

  clear() {
    for (const key of [...this.#tiles.keys()]) this.#remove(key);
  }

  /** @param {Face} face */
  #tileOf(face) {
    const known = this.#tiles.get(face.key);
    if (known) return known;
    const tile = build(face);
    tile.pin.addEventListener("click", () => this.listener.pin(face.key));
    tile.video.requestVideoFrameCallback?.(() => this.listener.firstFrame(face));
    this.#tiles.set(face.key, tile);
    this.place.append(tile.root);
    return tile;
  }

  /**
   * @param {Tile} tile
   * @param {Look} look
   * @param {boolean} staged
   */
  #draw(tile, look, staged) {
    const { root } = tile;
    root.dataset.place = staged ? "stage" : "strip";
    root.toggleAttribute("data-pictured", look.pictured);
    root.toggleAttribute("data-speaking", look.speaking);
    root.toggleAttribute("data-hand", look.hand);
    root.dataset.line = look.grade;
    play(tile, look.track);
    drawWords(tile, look);
  }

  /** @param {string} key */
  #remove(key) {
    const tile = this.#tiles.get(key);
    if (tile) tile.video.srcObject = null;
    tile?.root.remove();
    this.#tiles.delete(key);
  }
}

/**
 * @param {Tile} tile
 * @param {MediaStreamTrack | null} track
 */
function play({ stream, video }, track) {
  const playing = stream.getTracks()[0];
  if (playing === track || (!playing && !track)) return;
  if (playing) stream.removeTrack(playing);
  if (track) stream.addTrack(track);
  if (video.srcObject !== stream) video.srcObject = stream;
}

/**
 * @param {Tile} tile
 * @param {Look} look
 */
function drawWords({ root, pin }, look) {
  const screen = look.face.kind === "screen";
  const name = look.face.mine ? t("我") : look.name;
  write(part(root, "face-name"), screen ? (look.face.mine ? t("我的屏幕") : t("%(name)s的屏幕", { name })) : name);
  write(part(root, "face-title"), screen || look.face.mine ? "" : look.title);
  write(part(root, "face-initial"), look.name.slice(0, 1));
  const mic = part(root, "face-mic");
  changeIcon(mic, look.mic ? "mic" : "mic-off");
  mic.toggleAttribute("data-off", !look.mic);
  write(part(root, "face-mic-words"), look.mic ? t("麦克风开") : t("已静音"));
  write(part(root, "face-line-words"), lineSays(look.grade, null));
  drawNote(part(root, "face-note"), look.note);
  pin.setAttribute("aria-pressed", String(look.pinned));
  pin.setAttribute("aria-label", look.pinned ? t("不再固定 %(name)s", { name }) : t("把 %(name)s 固定为主画面", { name }));
}

/**
 * @param {HTMLElement} place
 * @param {Look["note"]} note
 */
function drawNote(place, note) {
  place.hidden = !note;
  place.dataset.tone = note?.tone ?? "";
  write(place, note?.words ?? "");
}

/**
 * @param {HTMLElement} root
 * @param {string} name of the class
 */
function part(root, name) {
  return /** @type {HTMLElement} */ (root.querySelector(`.${name}`));
}

/**
 * @param {Face} face
 * @returns {Tile}
 */
function build(face) {
  const video = /** @type {HTMLVideoElement} */ (make("video", { playsinline: "", autoplay: "", "aria-hidden": "true" }));
  video.muted = true; // the sound plays by itself (sounds.js): a picture without sound is always allowed to play
  video.disablePictureInPicture = true;
  const pin = /** @type {HTMLButtonElement} */ (make("button", { type: "button", class: "face-pin", "aria-pressed": "false" }));
  const root = make("div", { class: "face", role: "listitem", "data-key": face.key, "data-kind": face.kind }, video);
  root.toggleAttribute("data-mine", face.mine);
  root.append(make("div", { class: "face-blank" }, make("span", { class: "face-initial", "aria-hidden": "true" })), pin);
  root.append(make("p", { class: "face-note", hidden: "" }), foot(face));
  return { root, video, pin, stream: new MediaStream() };
}

/** @param {Face} face */
function foot(face) {
  const mic = make("span", { class: "face-mic" }, icon("mic", "sm"), make("span", { class: "face-mic-words visually-hidden" }));
  const name = make("span", { class: "face-name" });
  const title = make("span", { class: "face-title" });
  const hand = make("span", { class: "face-hand" }, icon("hand", "sm"), make("span", { class: "visually-hidden" }, t("举手")));
  const bars = make("span", { class: "face-bars", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
  const line = make("span", { class: "face-line" }, bars, make("span", { class: "face-line-words visually-hidden" }));
  if (face.kind === "screen") mic.hidden = hand.hidden = true;
  if (face.mine) line.hidden = true;
  return make("footer", { class: "face-foot" }, mic, name, title, hand, line);
}
