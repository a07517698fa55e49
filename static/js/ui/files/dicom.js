// DICOM pictures: windows, frames, cine, zoom, inversion; one series at a time.
import { t } from "../../lib/words.js";
import { changeIcon } from "../icon.js";
import { FrameShelf } from "./frames.js";
import { derived, fetched } from "./mount.js";
import { bar, button, choice, isForField, make, offer, press, toggleFull } from "./parts.js";
import { Stage } from "./stage.js";
import { CT_WINDOWS, dragged, greyTable, paint } from "./windowing.js";

/** @typedef {import("./frames.js").Album} Album */
/** @typedef {import("./frames.js").Look} Look */
/** @typedef {import("./frames.js").Picture} Picture */
/** @typedef {import("./windowing.js").Window} Window */

const AHEAD = 6; // frames fetched before they are wanted
const DEFAULT_PACE = 100; // ms a frame

/** @type {import("./mount.js").Mount} */
export async function mountDicom(element, { id, name, signal }) {
  const album = /** @type {Album} */ (await (await fetched(derived(id, "album"), signal)).json());
  const viewer = new DicomViewer(element, new FrameShelf(derived(id, "frames"), album, signal), name, signal);
  await viewer.open();
}

class DicomViewer {
  #series = 0;
  #at = 0;
  /** A window of the file or of the list by its place there, or one that was dragged. @type {number | Window} */
  #window = 0;
  #inverted = false;
  #playing = 0;
  #asked = 0;
  #canvas = document.createElement("canvas");
  /** @type {ImageData | null} */
  #pixels = null;

  /**
   * @param {HTMLElement} element
   * @param {FrameShelf} shelf
   * @param {string} name
   * @param {AbortSignal} signal
   */
  constructor(element, shelf, name, signal) {
    this.element = element;
    this.shelf = shelf;
    this.signal = signal;
    this.stage = new Stage(
      {
        label: name ? t("影像：%(name)s", { name }) : t("影像"),
        onDrag: (dx, dy) => this.#dragWindow(dx, dy),
        onWheel: (step) => this.#count > 1 && (this.#go(this.#at + step), true),
        onView: () => this.#caption(),
      },
      signal,
    );
    this.said = make("output", "viewer-said");
    this.marks = make("p", "viewer-marks");
    this.windows = choice(t("窗宽窗位"), [], (value) => this.#choose(Number(value)));
    this.serieses = choice(t("序列"), [], (value) => this.#open(Number(value)));
    this.slider = make("input", "viewer-slider");
    this.mover = button(t("移动"), () => this.#toggleMoving(), { icon: "hand", key: "M" });
    this.inverter = button(t("反色"), () => this.#invert(), { key: "I" });
    this.player = button(t("播放"), () => this.#togglePlay(), { icon: "play", bare: true, key: t("空格") });
    this.stepper = make("div", "viewer-steps");
  }

  get #count() {
    return this.shelf.album.series[this.#series].frames.length;
  }

  /** @returns {Look} */
  get #look() {
    return this.shelf.lookOf(this.#series, this.#at);
  }

  get #isGrey() {
    return this.#look.format !== "jpeg";
  }

  async open() {
    this.#build();
    this.#open(0);
    await this.#show(); // the first picture decides whether the file opens at all
    this.element.addEventListener("keydown", (event) => this.#key(event), { signal: this.signal });
    this.signal.addEventListener("abort", () => window.clearTimeout(this.#playing));
  }

  #build() {
    offer(this.serieses, this.shelf.album.series.map((series, at) => ({ value: String(at), word: seriesWord(series) })));
    this.serieses.hidden = this.shelf.album.series.length < 2;
    this.slider.type = "range";
    this.slider.min = "1";
    this.slider.setAttribute("aria-label", t("帧"));
    this.slider.addEventListener("input", () => this.#go(Number(this.slider.value) - 1));
    press(this.mover, false);
    press(this.inverter, false);
    const tools = bar(
      t("影像工具"),
      this.serieses,
      this.windows,
      this.inverter,
      this.mover,
      button(t("放大"), () => this.stage.zoomBy(1.25), { icon: "plus", bare: true, key: "+" }),
      button(t("缩小"), () => this.stage.zoomBy(0.8), { icon: "minus", bare: true, key: "-" }),
      button(t("复位"), () => this.#reset(), { icon: "undo", key: "0" }),
      button(t("全屏"), () => toggleFull(this.element), { icon: "full", bare: true, key: "F" }),
    );
    this.stepper.append(this.player, this.slider);
    this.element.replaceChildren(tools, make("div", "viewer-stage viewer-dark", this.stage.canvas, this.marks, this.said), this.stepper);
  }

  /** @param {number} series */
  #open(series) {
    this.#pause();
    this.#series = series;
    this.#at = 0;
    this.#window = 0;
    this.stepper.hidden = this.#count < 2;
    this.slider.max = String(this.#count);
    this.#offerWindows();
    this.#go(0);
  }

  /** @param {number} at */
  #go(at) {
    this.#at = Math.max(0, Math.min(this.#count - 1, at));
    this.slider.value = String(this.#at + 1);
    this.slider.setAttribute("aria-valuetext", t("第 %(at)s 幅，共 %(count)s 幅", { at: this.#at + 1, count: this.#count }));
    this.#show().catch((trouble) => this.signal.aborted || this.#sayLost(trouble));
  }

  async #show() {
    const asked = ++this.#asked;
    const picture = await this.shelf.picture(this.#series, this.#at);
    if (asked !== this.#asked || this.signal.aborted) return; // a later one is wanted by now
    this.#draw(picture);
    this.#fetchAhead();
  }

  #fetchAhead() {
    for (let ahead = 1; ahead <= AHEAD; ahead++) {
      if (this.#at + ahead < this.#count) this.shelf.picture(this.#series, this.#at + ahead).catch(() => {});
    }
  }

  /** @param {Picture} picture */
  #draw(picture) {
    const look = this.#look;
    const [tall, wide] = look.spacing ?? [1, 1];
    const size = { width: look.cols, height: (look.rows * tall) / wide };
    if (picture instanceof ImageBitmap) this.stage.show(picture, size);
    else this.stage.show(this.#painted(picture, look), size);
    this.canvasLook(look);
    this.#caption();
  }

  /** For a style (and a test) that wants to know what is shown. @param {Look} look */
  canvasLook(look) {
    this.element.dataset.frame = String(this.#at + 1);
    this.element.dataset.photometric = look.photometric;
    this.marks.textContent = [look.laterality, look.view].filter(Boolean).join(" ");
  }

  /**
   * @param {Uint8Array | Uint16Array} values
   * @param {Look} look
   */
  #painted(values, look) {
    if (this.#canvas.width !== look.cols || this.#canvas.height !== look.rows || !this.#pixels) {
      this.#canvas.width = look.cols;
      this.#canvas.height = look.rows;
      this.#pixels = new ImageData(look.cols, look.rows);
    }
    const table = greyTable(look, this.#currentWindow(), this.#inverted);
    paint(values, table, new Uint32Array(this.#pixels.data.buffer));
    this.#canvas.getContext("2d")?.putImageData(this.#pixels, 0, 0);
    return this.#canvas;
  }

  /** @returns {Window} */
  #currentWindow() {
    if (typeof this.#window !== "number") return this.#window;
    return this.#windows()[this.#window] ?? this.#windows()[0];
  }

  #windows() {
    const look = this.#look;
    const isCt = look.modality === "CT" && ["", "HU"].includes(look.unit);
    return [...look.windows, ...(isCt ? CT_WINDOWS : [])];
  }

  #offerWindows() {
    this.windows.hidden = this.inverter.hidden = !this.#isGrey;
    const options = this.#windows().map((window, at) => ({ value: String(at), word: windowWord(window, at) }));
    const own = typeof this.#window === "number" ? [] : [{ value: "-1", word: t("自定") }];
    offer(this.windows, [...options, ...own]);
    this.windows.value = String(typeof this.#window === "number" ? this.#window : -1);
  }

  /** @param {number} at in the list of windows */
  #choose(at) {
    if (at < 0 || at >= this.#windows().length) return;
    this.#window = at;
    this.#offerWindows();
    void this.#show();
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  #dragWindow(dx, dy) {
    if (!this.#isGrey) return this.stage.move(dx, dy);
    const range = this.#look.windows.at(-1)?.width ?? 256;
    const wasOwn = typeof this.#window !== "number";
    this.#window = dragged(this.#currentWindow(), dx, dy, range);
    if (!wasOwn) this.#offerWindows();
    void this.#show();
  }

  #invert() {
    this.#inverted = !this.#inverted;
    press(this.inverter, this.#inverted);
    void this.#show();
  }

  #toggleMoving() {
    this.stage.isMoving = !this.stage.isMoving;
    press(this.mover, this.stage.isMoving);
  }

  #reset() {
    this.#window = 0;
    this.#inverted = false;
    press(this.inverter, false);
    this.stage.view.turns = 0;
    this.stage.fit();
    this.#offerWindows();
    void this.#show();
  }

  #togglePlay() {
    if (this.#playing) this.#pause();
    else this.#play();
  }

  #play() {
    changeIcon(this.player, "pause");
    this.player.setAttribute("aria-label", t("暂停"));
    const pace = Math.max(15, this.#look.frame_time ?? DEFAULT_PACE);
    const step = async () => {
      const shown = this.shelf.picture(this.#series, (this.#at + 1) % this.#count).catch(() => {});
      await Promise.all([shown, new Promise((resolve) => (this.#playing = window.setTimeout(resolve, pace)))]);
      if (!this.#playing || this.signal.aborted) return;
      this.#go((this.#at + 1) % this.#count);
      void step();
    };
    void step();
  }

  #pause() {
    window.clearTimeout(this.#playing);
    this.#playing = 0;
    changeIcon(this.player, "play");
    this.player.setAttribute("aria-label", t("播放"));
  }

  #caption() {
    const parts = this.#count > 1 ? [`${this.#at + 1}/${this.#count}`] : [];
    if (this.#isGrey) {
      const { width, center } = this.#currentWindow();
      parts.push(`W ${round(width)} L ${round(center)}`);
    }
    parts.push(`${Math.round(this.stage.view.zoom * 100)}%`);
    this.said.textContent = parts.join(" · ");
  }

  /** @param {unknown} trouble */
  #sayLost(trouble) {
    console.error(trouble);
    this.#pause();
    this.said.textContent = t("这一幅没有取到，再翻一次重试");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (isForField(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.target === this.slider && key.startsWith("Arrow")) return;
    const act = /^[1-9]$/.test(key) ? () => this.#isGrey && this.#choose(Number(key) - 1) : this.#keys[key];
    if (!act || (key === " " && event.target instanceof HTMLButtonElement)) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** @type {Record<string, () => unknown>} */
  #keys = {
    ArrowUp: () => this.#go(this.#at - 1),
    ArrowLeft: () => this.#go(this.#at - 1),
    ArrowDown: () => this.#go(this.#at + 1),
    ArrowRight: () => this.#go(this.#at + 1),
    Home: () => this.#go(0),
    End: () => this.#go(this.#count - 1),
    PageUp: () => this.#go(this.#at - 10),
    PageDown: () => this.#go(this.#at + 10),
    " ": () => this.#count > 1 && this.#togglePlay(),
    i: () => this.#isGrey && this.#invert(),
    m: () => this.#toggleMoving(),
    f: () => toggleFull(this.element),
    0: () => this.#reset(),
    "+": () => this.stage.zoomBy(1.25),
    "=": () => this.stage.zoomBy(1.25),
    "-": () => this.stage.zoomBy(0.8),
  };
}

/**
 * @param {Window} window
 * @param {number} at
 */
function windowWord({ name, width, center }, at) {
  if (name === "auto") return t("自动");
  const known = CT_WINDOWS.some((one) => one.name === name) ? t(name) : name;
  return `${known || (at ? t("窗 %(number)s", { number: at + 1 }) : t("原设"))} (${round(width)}/${round(center)})`;
}

/** @param {import("./frames.js").Series} series */
function seriesWord({ number, modality, body_part: part, frames }) {
  return [t("序列 %(number)s", { number }), modality, part, t("%(count)s 幅", { count: frames.length })].filter(Boolean).join(" · ");
}

/** @param {number} value */
function round(value) {
  return Math.abs(value) < 10 ? Math.round(value * 10) / 10 : Math.round(value);
}
