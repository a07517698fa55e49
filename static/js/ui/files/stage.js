// A picture on a canvas that is zoomed, moved and turned by wheel, drag, pinch and keys.
import { fitted, panned, turned, zoomed } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Size} Size */
/**
 * @typedef {object} Ways
 * @property {string} label what the canvas shows, for those who do not see it
 * @property {(dx: number, dy: number) => void} [onDrag] what the first button does; without it, it moves the picture
 * @property {(step: 1 | -1) => boolean} [onWheel] answers whether it meant the wheel; else the wheel zooms
 * @property {(view: View) => void} [onView]
 */

const WHEEL_NOTCH = 40;

export class Stage {
  /** @type {CanvasImageSource | null} */
  #picture = null;
  /** @type {Size} as it is meant to be seen: pixels need not be square */
  #size = { width: 1, height: 1 };
  /** @type {Map<number, {x: number, y: number}>} */
  #fingers = new Map();
  #wheel = 0;
  #frame = 0;
  #moves = false;
  #isFitted = true;

  /**
   * @param {Ways} ways
   * @param {AbortSignal} signal
   */
  constructor(ways, signal) {
    this.ways = ways;
    this.isMoving = false; // the first button moves, whatever onDrag is
    this.canvas = document.createElement("canvas");
    this.canvas.className = "stage";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", ways.label);
    /** @type {View} */
    this.view = { zoom: 1, x: 0, y: 0, turns: 0 };
    this.#listen(signal);
    const sizes = new ResizeObserver(() => this.#resize());
    sizes.observe(this.canvas);
    signal.addEventListener("abort", () => (sizes.disconnect(), cancelAnimationFrame(this.#frame)));
  }

  /**
   * @param {CanvasImageSource} picture
   * @param {Size} size
   */
  show(picture, size) {
    const isNew = !this.#picture || size.width !== this.#size.width || size.height !== this.#size.height;
    this.#picture = picture;
    this.#size = size;
    if (isNew) this.fit();
    else this.redraw();
  }

  fit() {
    this.#isFitted = true;
    this.#look(this.#fitted());
  }

  /** @param {number} factor */
  zoomBy(factor) {
    this.#isFitted = false;
    this.#look(zoomed(this.view, factor, { x: 0, y: 0 }, this.#fitted()));
  }

  turn() {
    this.view.turns = (this.view.turns + 1) % 4;
    this.fit();
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  move(dx, dy) {
    this.#isFitted = false;
    this.#look(panned(this.view, dx, dy, this.#size, this.#room()));
  }

  redraw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  /** @param {View} view */
  #look(view) {
    this.view = view;
    this.ways.onView?.(view);
    this.redraw();
  }

  #fitted() {
    return fitted(this.#size, this.#room(), this.view.turns);
  }

  #room() {
    return { width: this.canvas.clientWidth || 1, height: this.canvas.clientHeight || 1 };
  }

  #resize() {
    const { width, height } = this.#room();
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    if (this.#isFitted) this.#look(this.#fitted());
    this.#draw(); // at once: a resized canvas is empty
  }

  #draw() {
    const context = this.canvas.getContext("2d");
    if (!context || !this.#picture) return;
    const { zoom, x, y, turns } = this.view;
    const { width, height } = this.#size;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.translate(this.canvas.width / 2 + x * devicePixelRatio, this.canvas.height / 2 + y * devicePixelRatio);
    context.rotate((turns * Math.PI) / 2);
    context.scale(zoom * devicePixelRatio, zoom * devicePixelRatio);
    context.imageSmoothingEnabled = zoom * devicePixelRatio < 4;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.#picture, -width / 2, -height / 2, width, height);
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const { canvas } = this;
    const on = /** @type {<K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void) => void} */ (
      (name, act) => canvas.addEventListener(name, act, { signal, passive: false })
    );
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#drag(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#up(event));
    on("contextmenu", (event) => event.preventDefault());
    on("dblclick", () => this.fit());
    on("wheel", (event) => this.#roll(event));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#moves = event.button > 0 || event.ctrlKey || this.isMoving || !this.ways.onDrag;
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const before = this.#fingers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    this.#fingers.set(event.pointerId, now);
    if (this.#fingers.size === 2) this.#pinch(event.pointerId, before, now);
    else if (this.#moves) this.move(now.x - before.x, now.y - before.y);
    else this.ways.onDrag?.(now.x - before.x, now.y - before.y);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    this.#fingers.delete(event.pointerId);
  }

  /**
   * @param {number} id of the finger that moved
   * @param {{x: number, y: number}} before
   * @param {{x: number, y: number}} now
   */
  #pinch(id, before, now) {
    const other = [...this.#fingers].find(([one]) => one !== id)?.[1];
    if (!other) return;
    const factor = apart(now, other) / Math.max(1, apart(before, other));
    this.#isFitted = false;
    this.#look(zoomed(this.view, factor, this.#fromMiddle((now.x + other.x) / 2, (now.y + other.y) / 2), this.#fitted()));
    this.move((now.x - before.x) / 2, (now.y - before.y) / 2);
  }

  /** @param {WheelEvent} event */
  #roll(event) {
    event.preventDefault();
    if (event.ctrlKey || !this.ways.onWheel) return this.#zoomAt(event);
    this.#wheel += event.deltaMode === 0 ? event.deltaY : event.deltaY * WHEEL_NOTCH;
    while (Math.abs(this.#wheel) >= WHEEL_NOTCH) {
      const step = this.#wheel > 0 ? 1 : -1;
      this.#wheel -= step * WHEEL_NOTCH;
      if (!this.ways.onWheel(step)) return this.#zoomAt(event);
    }
  }

  /** @param {WheelEvent} event */
  #zoomAt(event) {
    this.#wheel = 0;
    this.#isFitted = false;
    const factor = Math.exp(-Math.sign(event.deltaY) * Math.min(0.25, Math.abs(event.deltaY) / 400));
    this.#look(zoomed(this.view, factor, this.#fromMiddle(event.clientX, event.clientY), this.#fitted()));
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #fromMiddle(x, y) {
    const box = this.canvas.getBoundingClientRect();
    return { x: x - box.left - box.width / 2, y: y - box.top - box.height / 2 };
  }

  /** How the picture lies, for a test or a caption. */
  get seen() {
    return turned(this.#size, this.view.turns);
  }
}

/**
 * @param {{x: number, y: number}} one
 * @param {{x: number, y: number}} other
 */
function apart(one, other) {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
