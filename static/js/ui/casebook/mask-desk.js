// A picture, or a series of them, on which whoever reviews draws what is to be covered.
import { between, isSlip, moved, resized } from "../../lib/boxes.js";
import { t } from "../../lib/words.js";
import { bar, button, make } from "../files/parts.js";

/** @typedef {import("../../lib/boxes.js").Box} Box */
/** @typedef {import("../../lib/boxes.js").Point} Point */

const STEP = 0.005;
const NEW = /** @type {Box} */ ([0.35, 0.4, 0.3, 0.1]);
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

/** <mask-desk group="1" sheets="0 1" src="/…/sheets/" width="800" height="600" name="第 1 幅"></mask-desk> in a form with a field `masks`. */
export class MaskDesk extends HTMLElement {
  /** @type {Box[]} */
  #boxes = [];
  #picture = make("img");
  #layer = make("div", "mask-layer");
  #chosen = -1;

  connectedCallback() {
    this.#boxes = this.#kept()[this.#group] ?? [];
    this.#picture.alt = this.getAttribute("name") ?? "";
    this.#picture.draggable = false;
    this.#picture.width = Number(this.getAttribute("width"));
    this.#picture.height = Number(this.getAttribute("height"));
    const tools = bar(
      t("遮盖工具"),
      button(t("加一个遮盖框"), () => this.#add(NEW), { icon: "plus" }),
      button(t("删除选中的框"), () => this.#remove(this.#chosen), { icon: "close" }),
      ...this.#leafing(),
    );
    this.replaceChildren(tools, make("div", "mask-stage", this.#picture, this.#layer));
    this.#layer.addEventListener("pointerdown", (event) => this.#grasp(event));
    this.#layer.addEventListener("keydown", (event) => this.#onKey(event));
    this.#layer.addEventListener("focusin", (event) => (this.#chosen = this.#indexOf(event.target)));
    this.#turnTo(0);
    this.#draw();
  }

  get #group() {
    return this.getAttribute("group") ?? "";
  }

  get #sheets() {
    return (this.getAttribute("sheets") ?? "").split(" ");
  }

  /** The field that is sent: boxes of every group. */
  get #field() {
    return /** @type {HTMLInputElement} */ (this.closest("form")?.elements.namedItem("masks"));
  }

  /** @returns {Record<string, Box[]>} */
  #kept() {
    return JSON.parse(this.#field.value);
  }

  /** A slider where there are several pictures under the same boxes. */
  #leafing() {
    const count = this.#sheets.length;
    if (count < 2) return [];
    const slider = make("input", "form-range mask-slider");
    Object.assign(slider, { type: "range", min: "0", max: String(count - 1), value: "0" });
    slider.setAttribute("aria-label", t("翻看"));
    const told = make("output", "quiet", `1 / ${count}`);
    slider.addEventListener("input", () => (this.#turnTo(Number(slider.value)), (told.value = `${Number(slider.value) + 1} / ${count}`)));
    return [slider, told];
  }

  /** @param {number} at */
  #turnTo(at) {
    this.#picture.src = this.getAttribute("src") + this.#sheets[at];
  }

  // ---- boxes

  /** @param {Box} box */
  #add(box) {
    this.#boxes = [...this.#boxes, box];
    this.#changed(this.#boxes.length - 1);
  }

  /** @param {number} index @param {Box} box */
  #set(index, box) {
    this.#boxes = this.#boxes.map((one, place) => (place === index ? box : one));
    this.#changed(index);
  }

  /** @param {number} index */
  #remove(index) {
    if (index < 0) return;
    this.#boxes = this.#boxes.filter((_, place) => place !== index);
    this.#changed(Math.min(index, this.#boxes.length - 1));
  }

  /** @param {number} chosen */
  #changed(chosen) {
    this.#field.value = JSON.stringify({ ...this.#kept(), [this.#group]: this.#boxes });
    this.#draw();
    this.#chosen = chosen;
    if (chosen >= 0) /** @type {HTMLElement} */ (this.#layer.children[chosen]).focus({ preventScroll: true });
  }

  #draw() {
    while (this.#layer.children.length > this.#boxes.length) this.#layer.lastChild?.remove();
    this.#boxes.forEach((box, index) => place(this.#layer.children[index] ?? this.#layer.appendChild(drawn(index)), box));
  }

  /** @param {EventTarget | null} target */
  #indexOf(target) {
    const box = target instanceof Element ? target.closest(".mask") : null;
    return box ? [...this.#layer.children].indexOf(box) : -1;
  }

  // ---- mouse, pen and finger

  /** @param {PointerEvent} event */
  #grasp(event) {
    if (event.button) return;
    event.preventDefault();
    const from = this.#point(event);
    const index = this.#indexOf(event.target);
    if (index < 0) return this.#follow(event, (to) => this.#sketch(between(from, to)), (to) => this.#drop(between(from, to)));
    const box = this.#boxes[index];
    const change = event.target instanceof Element && event.target.matches(".mask-corner") ? resized : moved;
    this.#changed(index);
    this.#follow(event, (to) => this.#set(index, change(box, to.x - from.x, to.y - from.y)), () => {});
  }

  /**
   * @param {PointerEvent} event
   * @param {(to: Point) => void} going
   * @param {(to: Point) => void} gone
   */
  #follow(event, going, gone) {
    const end = new AbortController();
    const options = { signal: end.signal };
    this.#layer.setPointerCapture(event.pointerId);
    this.#layer.addEventListener("pointermove", (moving) => going(this.#point(moving)), options);
    this.#layer.addEventListener("pointerup", (up) => (end.abort(), gone(this.#point(up))), options);
    this.#layer.addEventListener("pointercancel", () => (end.abort(), this.#draw()), options);
  }

  /** What is being drawn, not yet kept. @param {Box} box */
  #sketch(box) {
    const rest = this.#boxes.length;
    place(this.#layer.children[rest] ?? this.#layer.appendChild(drawn(rest)), box);
  }

  /** @param {Box} box */
  #drop(box) {
    if (isSlip(box)) this.#draw();
    else this.#add(box);
  }

  /** @param {PointerEvent} event @returns {Point} */
  #point(event) {
    const { left, top, width, height } = this.#layer.getBoundingClientRect();
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
  }

  // ---- keys

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const index = this.#indexOf(event.target);
    if (index < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) this.#set(index, (event.shiftKey ? resized : moved)(this.#boxes[index], ...arrow));
    else if (event.key === "Delete" || event.key === "Backspace") this.#remove(index);
    else return;
    event.preventDefault();
  }
}

/** @param {number} index */
function drawn(index) {
  const box = make("button", "mask", make("span", "mask-corner"));
  box.type = "button";
  box.setAttribute("aria-label", t("遮盖框 %(number)s", { number: index + 1 }));
  return box;
}

/** @param {Element} element @param {Box} box */
function place(element, [left, top, width, height]) {
  if (!(element instanceof HTMLElement)) return;
  element.style.left = `${left * 100}%`;
  element.style.top = `${top * 100}%`;
  element.style.width = `${width * 100}%`;
  element.style.height = `${height * 100}%`;
}
