// Lines and the pointer over a page: drawn by whoever presents, in ten-thousandths of its width and height.

import { newId } from "../../net/tab.js";
import { byId } from "../room/page.js";

/** @typedef {import("../../lib/lesson.js").Stroke} Stroke */

const SCALE = 10_000;
const MOST = 256; // points of a line
const NEAR = 40; // of SCALE: a hand that trembles draws no point
const POINT_PAUSE = 60; // ms
const SVG = "http://www.w3.org/2000/svg";

export class Ink {
  #svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.getElementById("slides-ink")));
  #pointer = byId("slides-pointer");
  #tools = byId("slides-tools");
  /** @type {"none" | "pen" | "pointer"} */
  #tool = "none";
  #colour = "red";
  #shown = "";
  /** @type {number[] | null} the line under the pen */
  #line = null;
  #pointedAt = 0;

  /**
   * @param {{ask: (name: string, payload?: Record<string, any>) => Promise<any>, hint: (name: string, payload: Record<string, any>) => void,
   *   page: () => {file: string, page: number}}} ends
   */
  constructor(ends) {
    this.ends = ends;
    for (const tool of /** @type {const} */ (["pen", "pointer"])) byId(`slides-${tool}-tool`).addEventListener("click", () => this.#take(tool));
    byId("slides-colour", HTMLSelectElement).addEventListener("change", (event) => (this.#colour = /** @type {HTMLSelectElement} */ (event.target).value));
    byId("slides-undo").addEventListener("click", () => void ends.ask("undo", {}));
    byId("slides-wipe").addEventListener("click", () => void ends.ask("wipe", { key: newId() }));
    this.#svg.addEventListener("pointerdown", (event) => this.#begin(event));
    this.#svg.addEventListener("pointermove", (event) => this.#move(event));
    this.#svg.addEventListener("pointerup", () => void this.#end());
    this.#svg.addEventListener("pointercancel", () => void this.#end());
    this.#svg.addEventListener("pointerleave", () => this.#tool === "pointer" && this.#point(0, 0, false));
  }

  /** @param {{strokes: Stroke[], presents: boolean}} now */
  show({ strokes, presents }) {
    this.#tools.hidden = !presents;
    if (!presents && this.#tool !== "none") this.#take(this.#tool);
    const shown = strokes.map(({ id }) => id).join(" ");
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#svg.replaceChildren(...strokes.map(({ colour, points }) => lineOf(colour, points)));
  }

  /** Exactly over the page. @param {HTMLCanvasElement} canvas */
  fit(canvas) {
    for (const element of [this.#svg, byId("slides-page")]) {
      element.style.width = canvas.style.width;
      element.style.height = canvas.style.height;
    }
  }

  /** @param {{x: number, y: number, on: boolean}} at */
  pointed({ x, y, on }) {
    this.#pointer.hidden = !on;
    this.#pointer.style.left = `${(100 * x) / SCALE}%`;
    this.#pointer.style.top = `${(100 * y) / SCALE}%`;
  }

  /** Taken in hand, or put away again. @param {"none" | "pen" | "pointer"} tool */
  #take(tool) {
    if (this.#tool === "pointer") this.#point(0, 0, false);
    this.#tool = this.#tool === tool ? "none" : tool;
    this.#svg.dataset.tool = this.#tool;
    for (const one of ["pen", "pointer"]) byId(`slides-${one}-tool`).setAttribute("aria-pressed", String(this.#tool === one));
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (this.#tool !== "pen" || event.button !== 0) return;
    event.preventDefault();
    this.#svg.setPointerCapture(event.pointerId);
    this.#line = this.#placeOf(event);
    this.#svg.append(lineOf(this.#colour, this.#line));
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const [x, y] = this.#placeOf(event);
    if (this.#tool === "pointer") return this.#point(x, y, true);
    if (!this.#line) return;
    const [beforeX, beforeY] = this.#line.slice(-2);
    if (Math.hypot(x - beforeX, y - beforeY) < NEAR) return;
    this.#line.push(x, y);
    this.#svg.lastElementChild?.setAttribute("points", this.#line.join(" "));
    if (this.#line.length >= 2 * MOST) void this.#end([x, y]);
  }

  /** @param {number[] | null} [from] where the line goes on: it was longer than one may be */
  async #end(from = null) {
    const points = this.#line;
    const drawn = this.#svg.lastElementChild;
    this.#line = from;
    if (from) this.#svg.append(lineOf(this.#colour, from));
    if (!points) return;
    if (points.length < 4) points.push(...points); // a dot
    const told = await this.ends.ask("draw", { key: newId(), ...this.ends.page(), colour: this.#colour, points });
    drawn?.remove(); // what stands is drawn by all in the same way
    if (!told) this.#shown = "";
  }

  /** @param {number} x @param {number} y @param {boolean} on */
  #point(x, y, on) {
    const now = performance.now();
    if (on && now - this.#pointedAt < POINT_PAUSE) return;
    this.#pointedAt = now;
    this.ends.hint("point", { x, y, on });
  }

  /** @param {PointerEvent} event @returns {number[]} */
  #placeOf({ clientX, clientY }) {
    const { left, top, width, height } = this.#svg.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height].map((part) => Math.round(SCALE * Math.min(1, Math.max(0, part))));
  }
}

/** @param {string} colour @param {number[]} points */
function lineOf(colour, points) {
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", points.join(" "));
  line.setAttribute("class", `ink ink-${colour}`);
  line.setAttribute("vector-effect", "non-scaling-stroke");
  return line;
}
