// The pad one signs on: keeps the strokes in the form's field, sharp on every screen, whole when the window turns.
import SignaturePad from "signature_pad";
import { t } from "../../lib/words.js";
import { packed, parsed, unpacked } from "./strokes.js";

const INK = "#0b1f4b"; // dark blue on white in every theme: it is a document
const PEN = { minWidth: 0.8, maxWidth: 2.6, dotSize: 1.4, velocityFilterWeight: 0.7, penColor: INK };

export class Pad {
  /** @param {Element} box */
  constructor(box) {
    this.canvas = /** @type {HTMLCanvasElement} */ (box.querySelector("canvas"));
    this.field = /** @type {HTMLInputElement} */ (box.querySelector("input[name=strokes]"));
    this.told = box.querySelector("[data-signed]");
    this.clearButton = box.querySelector("[data-clear]");
    this.pen = new SignaturePad(this.canvas, PEN);
  }

  connect() {
    this.pen.addEventListener("endStroke", () => this.keep());
    this.clearButton?.addEventListener("click", () => this.clear());
    new ResizeObserver(() => this.fit()).observe(this.canvas);
  }

  keep() {
    this.field.value = this.pen.isEmpty() ? "" : JSON.stringify(packed(this.pen.toData(), this.size));
    this.tell();
  }

  clear() {
    this.pen.clear();
    this.keep();
  }

  /** As many pixels as the screen has, and what was written drawn again at the new size. */
  fit() {
    const { width, height } = this.size;
    if (!width || !height) return;
    const ratio = Math.max(window.devicePixelRatio, 1);
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    this.canvas.getContext("2d")?.scale(ratio, ratio);
    this.pen.clear();
    const strokes = parsed(this.field.value);
    if (strokes) this.pen.fromData(unpacked(strokes, this.size).map((line) => ({ ...PEN, compositeOperation: "source-over", ...line })));
    this.tell();
  }

  get size() {
    return { width: this.canvas.offsetWidth, height: this.canvas.offsetHeight };
  }

  tell() {
    if (this.told) this.told.textContent = this.field.value ? t("已写") : t("还没有写");
  }
}
