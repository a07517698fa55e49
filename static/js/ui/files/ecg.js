// An ECG on calibrated paper, with a caliper, a choice of speed, gain and layout, and a true-to-scale print.
import { t } from "../../lib/words.js";
import { layoutsFor, measured, sheetOf, GAINS, SPEEDS } from "./ecg-layout.js";
import { drawSheet } from "./ecg-paper.js";
import { derived, fetched } from "./mount.js";
import { bar, button, choice, isForField, make, press, toggleFull } from "./parts.js";

/** @typedef {import("./ecg-layout.js").Layout} Layout */
/** @typedef {{x: number, y: number}} Point  mm on the sheet */
/**
 * @typedef {object} Trace
 * @property {number} sample_rate
 * @property {string[]} leads
 * @property {number} samples
 * @property {number} seconds of the whole record
 * @property {string} format
 * @property {Record<string, number>} measured
 * @property {string[]} statements
 * @property {Record<string, number>} filters
 */

const TRUE_SCALE = 96 / 25.4; // CSS pixels a millimetre
const PRINT = 10; // pixels a millimetre on paper
const LEAST = 1.2;
const MOST = 12;
const LAYOUT_WORDS = { "3x4": "3×4 + II", "6x2": "6×2", "12x1": "12×1" };
const CALIPER = "#0b4fa0";

/** @type {import("./mount.js").Mount} */
export async function mountEcg(element, { id, name, signal }) {
  const { trace, leads } = await openEcg(id, signal);
  new EcgViewer(element, trace, leads, name, signal).open();
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<{trace: Trace, leads: Int16Array[]}>} raises Gone, or an Error
 */
export async function openEcg(id, signal) {
  const [trace, samples] = await Promise.all([
    fetched(derived(id, "trace"), signal).then((response) => response.json()),
    fetched(derived(id, "samples"), signal).then((response) => response.arrayBuffer()),
  ]);
  return { trace, leads: leadsOf(trace, samples) };
}

/**
 * Speed, gain and filters, without which no trace may be read.
 * @param {Trace} trace
 * @param {{speed: number, gain: number}} way
 */
export function legendOf({ filters: { highpass, lowpass, notch } }, { speed, gain }) {
  const band = highpass && lowpass ? ` · ${highpass}–${lowpass} Hz` : "";
  const filters = notch ? `${band} · ${t("陷波 %(notch)s Hz", { notch })}` : band;
  return `${speed} mm/s · ${gain} mm/mV${filters}`;
}

/**
 * @param {Trace} trace
 * @param {ArrayBuffer} bytes lead after lead, 16-bit little-endian
 */
function leadsOf(trace, bytes) {
  return trace.leads.map((_, lead) => new Int16Array(bytes, lead * trace.samples * 2, trace.samples));
}

class EcgViewer {
  #speed = 25;
  #gain = 10;
  #start = 0;
  /** @type {number | null} pixels a millimetre; null: as wide as there is room */
  #zoom = null;
  /** @type {[Point, Point] | null} */
  #caliper = null;
  /** @type {Point | null} */
  #from = null;

  /**
   * @param {HTMLElement} element
   * @param {Trace} trace
   * @param {Int16Array[]} leads
   * @param {string} name
   * @param {AbortSignal} signal
   */
  constructor(element, trace, leads, name, signal) {
    this.element = element;
    this.trace = trace;
    this.leads = leads;
    this.signal = signal;
    this.layouts = layoutsFor(trace.leads);
    this.layout = this.layouts[0];
    this.canvas = make("canvas", "ecg-sheet");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", name ? t("心电图：%(name)s", { name }) : t("心电图"));
    this.over = make("canvas", "ecg-over");
    this.paper = make("canvas", "ecg-print only-print");
    this.scroller = make("div", "ecg-scroll", make("div", "ecg-layers", this.canvas, this.over));
    this.said = make("output", "viewer-said ecg-said");
    this.ruler = button(t("测量"), () => this.#toggleRuler(), { icon: "edit", key: "C" });
    this.isMeasuring = matchMedia("(pointer: fine)").matches;
  }

  open() {
    this.element.replaceChildren(this.#tools(), this.scroller, this.#foot(), this.paper);
    const sizes = new ResizeObserver(() => this.#zoom === null && this.#draw());
    sizes.observe(this.scroller);
    const on = { signal: this.signal };
    this.canvas.addEventListener("pointerdown", (event) => this.#down(event), on);
    this.canvas.addEventListener("pointermove", (event) => this.#move(event), on);
    this.canvas.addEventListener("pointerup", () => (this.#from = null), on);
    this.element.addEventListener("keydown", (event) => this.#key(event), on);
    window.addEventListener("beforeprint", () => this.#forPaper(), on);
    this.signal.addEventListener("abort", () => sizes.disconnect());
    this.#rule();
    this.#draw();
    this.#forPaper();
  }

  #tools() {
    const layouts = this.layouts.map((value) => ({ value, word: LAYOUT_WORDS[value] }));
    const layout = choice(t("导联排列"), layouts, (value) => this.#set(() => (this.layout = /** @type {Layout} */ (value))));
    layout.hidden = layouts.length < 2;
    const speeds = SPEEDS.map((speed) => ({ value: String(speed), word: `${speed} mm/s` }));
    const gains = GAINS.map((gain) => ({ value: String(gain), word: `${gain} mm/mV` }));
    const gain = choice(t("增益"), gains, (value) => this.#set(() => (this.#gain = Number(value))));
    gain.value = String(this.#gain);
    return bar(
      t("心电图工具"),
      layout,
      choice(t("走纸速度"), speeds, (value) => this.#set(() => (this.#speed = Number(value)))),
      gain,
      ...this.#pages(),
      this.ruler,
      button(t("放大"), () => this.#zoomBy(1.25), { icon: "plus", bare: true, key: "+" }),
      button(t("缩小"), () => this.#zoomBy(0.8), { icon: "minus", bare: true, key: "-" }),
      button(t("适合宽度"), () => this.#set(() => (this.#zoom = null)), { key: "0" }),
      button(t("全屏"), () => toggleFull(this.element), { icon: "full", bare: true, key: "F" }),
      button(t("打印"), () => window.print(), { icon: "print", bare: true }),
    );
  }

  /** A record of more than one sheet is turned. */
  #pages() {
    const last = this.#end - 10;
    if (last <= 0.5) return [];
    const turn = (/** @type {number} */ by) => this.#set(() => (this.#start = Math.max(0, Math.min(last, this.#start + by))));
    return [
      button(t("前 10 秒"), () => turn(-10), { icon: "arrow-left", bare: true }),
      button(t("后 10 秒"), () => turn(10), { icon: "arrow-right", bare: true }),
    ];
  }

  #foot() {
    const { heart_rate: rate, pr_interval: pr, qrs_duration: qrs, qt_interval: qt, qtc_bazett: qtc, qrs_axis: axis } = this.trace.measured;
    const found = [
      rate && t("心率 %(rate)s 次/分", { rate }),
      pr && `PR ${pr} ms`,
      qrs && `QRS ${qrs} ms`,
      qt && `QT${qtc ? "/QTc" : ""} ${qt}${qtc ? `/${qtc}` : ""} ms`,
      axis !== undefined && t("电轴 %(axis)s°", { axis }),
    ].filter((words) => typeof words === "string");
    const foot = make("div", "ecg-foot", this.said);
    const machine = [...found, ...this.trace.statements];
    if (machine.length) foot.append(make("p", "ecg-machine", make("strong", "", t("机器测量，仅供参考：")), machine.join(" · ")));
    return foot;
  }

  get #end() {
    return this.trace.samples / this.trace.sample_rate;
  }

  get #pixels() {
    const width = this.#sheet().width;
    return this.#zoom ?? Math.min(TRUE_SCALE * 1.6, Math.max(LEAST, (this.scroller.clientWidth - 2) / width));
  }

  #sheet() {
    return sheetOf(this.trace, { layout: this.layout, speed: this.#speed, gain: this.#gain, start: this.#start });
  }

  /** @param {() => unknown} change */
  #set(change) {
    change();
    this.#caliper = null;
    this.#draw();
  }

  /** @param {number} factor */
  #zoomBy(factor) {
    const zoom = Math.min(MOST, Math.max(LEAST, this.#pixels * factor));
    this.#zoom = zoom;
    this.#draw();
  }

  #draw() {
    const sheet = this.#sheet();
    const css = this.#pixels;
    const dense = Math.min(devicePixelRatio, 2);
    for (const canvas of [this.canvas, this.over]) {
      canvas.width = Math.round(sheet.width * css * dense);
      canvas.height = Math.round(sheet.height * css * dense);
      canvas.style.width = `${sheet.width * css}px`;
      canvas.style.height = `${sheet.height * css}px`;
    }
    const context = this.canvas.getContext("2d");
    if (context) drawSheet(context, sheet, this.leads, { speed: this.#speed, gain: this.#gain, pixels: css * dense }, this.#legend);
    this.element.dataset.pixels = String(css);
    this.#measure();
  }

  /** The same sheet at the size of real millimetres. */
  #forPaper() {
    const sheet = this.#sheet();
    this.paper.width = sheet.width * PRINT;
    this.paper.height = sheet.height * PRINT;
    this.paper.style.width = `${sheet.width}mm`;
    this.paper.style.height = `${sheet.height}mm`;
    const context = this.paper.getContext("2d");
    if (context) drawSheet(context, sheet, this.leads, { speed: this.#speed, gain: this.#gain, pixels: PRINT }, this.#legend);
  }

  #toggleRuler() {
    this.isMeasuring = !this.isMeasuring;
    this.#rule();
  }

  #rule() {
    press(this.ruler, this.isMeasuring);
    this.scroller.classList.toggle("is-measuring", this.isMeasuring);
    if (!this.isMeasuring) this.#caliper = null;
    this.#measure();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (!this.isMeasuring || event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.#from = this.#pointAt(event);
    this.#caliper = null;
    this.#measure();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#from) return;
    this.#caliper = [this.#from, this.#pointAt(event)];
    this.#measure();
  }

  /**
   * @param {PointerEvent} event
   * @returns {Point}
   */
  #pointAt(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / this.#pixels, y: (event.clientY - box.top) / this.#pixels };
  }

  #measure() {
    const context = this.over.getContext("2d");
    context?.clearRect(0, 0, this.over.width, this.over.height);
    if (!this.#caliper) {
      this.said.textContent = this.isMeasuring ? `${this.#legend} · ${t("拖动可量时间和幅度")}` : this.#legend;
      return;
    }
    const [one, other] = this.#caliper;
    const { ms, mv, rate } = measured(one, other, { speed: this.#speed, gain: this.#gain });
    const beats = rate ? ` · ${t("%(rate)s 次/分", { rate: Math.round(rate) })}` : "";
    this.said.textContent = `${Math.round(ms)} ms · ${mv.toFixed(2)} mV${beats}`;
    if (context) drawCaliper(context, one, other, this.over.width / this.#sheet().width);
  }

  get #legend() {
    return legendOf(this.trace, { speed: this.#speed, gain: this.#gain });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (isForField(event) || event.ctrlKey || event.metaKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = this.#keys[key] ?? (this.#caliper && key.startsWith("Arrow") ? () => this.#nudge(event) : undefined);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** @type {Record<string, () => unknown>} */
  #keys = {
    "+": () => this.#zoomBy(1.25),
    "=": () => this.#zoomBy(1.25),
    "-": () => this.#zoomBy(0.8),
    0: () => this.#set(() => (this.#zoom = null)),
    f: () => toggleFull(this.element),
    c: () => this.#placeCaliper(),
  };

  /** A caliper of one second and one millivolt in the middle of what is seen, to be moved with the arrows; gone the next time. */
  #placeCaliper() {
    if (this.#caliper) return (this.#caliper = null), this.#measure();
    this.isMeasuring = true;
    this.#rule();
    const x = (this.scroller.scrollLeft + this.scroller.clientWidth / 2) / this.#pixels;
    const y = (this.scroller.scrollTop + this.scroller.clientHeight / 2) / this.#pixels;
    this.#caliper = [{ x, y }, { x: x + this.#speed, y: y - this.#gain }];
    this.#measure();
  }

  /** Arrows move the far corner by half a millimetre, with Alt both, with Shift ten times as far. @param {KeyboardEvent} event */
  #nudge(event) {
    const by = event.shiftKey ? 5 : 0.5;
    const dx = { ArrowLeft: -by, ArrowRight: by }[event.key] ?? 0;
    const dy = { ArrowUp: -by, ArrowDown: by }[event.key] ?? 0;
    const [one, other] = /** @type {[Point, Point]} */ (this.#caliper);
    const near = event.altKey ? { x: one.x + dx, y: one.y + dy } : one;
    this.#caliper = [near, { x: other.x + dx, y: other.y + dy }];
    this.#measure();
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point} one
 * @param {Point} other
 * @param {number} pixels
 */
function drawCaliper(context, one, other, pixels) {
  context.strokeStyle = CALIPER;
  context.fillStyle = "rgb(11 79 160 / 8%)";
  context.lineWidth = Math.max(1.5, 0.3 * pixels);
  const box = /** @type {const} */ ([one.x * pixels, one.y * pixels, (other.x - one.x) * pixels, (other.y - one.y) * pixels]);
  context.fillRect(...box);
  context.strokeRect(...box);
}
