// A PDF page by page, drawn when it comes near; its scripts never run.
import * as pdfjs from "pdfjs-dist/legacy/build/pdf.mjs";
import { t } from "../../lib/words.js";
import { derived, fetched } from "./mount.js";
import { bar, button, isForField, make, toggleFull } from "./parts.js";

const HOUSE = "/static/dist/";
const MOST_PIXELS = 16_000_000;
const STEPS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3];

pdfjs.GlobalWorkerOptions.workerSrc = `${HOUSE}pdf.worker.min.mjs?v=${pdfjs.version}`;

/** @type {import("./mount.js").Mount} */
export async function mountPdf(element, { id, name, signal }) {
  await new PdfViewer(element, await openPdf(id, signal), name, signal).open();
}

/**
 * @param {string} id
 * @param {AbortSignal} signal ends it
 * @returns {Promise<import("pdfjs-dist").PDFDocumentProxy>} raises Gone, or an Error
 */
export async function openPdf(id, signal) {
  const response = await fetched(derived(id, "document"), signal); // a plain refusal is told better than pdf.js tells it
  const loading = pdfjs.getDocument({
    data: await response.arrayBuffer(),
    isEvalSupported: false,
    enableXfa: false,
    cMapUrl: `${HOUSE}pdf/cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${HOUSE}pdf/standard_fonts/`,
    wasmUrl: `${HOUSE}pdf/wasm/`,
    useWasm: false,
  });
  signal.addEventListener("abort", () => void loading.destroy());
  return loading.promise;
}

class PdfViewer {
  #zoom = 1;
  /** @type {Map<Element, {number: number, drawn: string, task: import("pdfjs-dist").RenderTask | null}>} */
  #pages = new Map();

  /**
   * @param {HTMLElement} element
   * @param {import("pdfjs-dist").PDFDocumentProxy} pdf
   * @param {string} name
   * @param {AbortSignal} signal
   */
  constructor(element, pdf, name, signal) {
    this.element = element;
    this.pdf = pdf;
    this.signal = signal;
    this.scroller = make("div", "pdf-scroll");
    this.scroller.tabIndex = 0;
    this.scroller.setAttribute("role", "region");
    this.scroller.setAttribute("aria-label", name || "PDF");
    this.said = make("output", "pdf-said");
    this.near = new IntersectionObserver((seen) => this.#comeNear(seen), { root: this.scroller, rootMargin: "400px" });
  }

  async open() {
    const tools = bar(
      t("文档工具"),
      button(t("上一页"), () => this.#turn(-1), { icon: "arrow-left", bare: true, key: "PageUp" }),
      this.said,
      button(t("下一页"), () => this.#turn(1), { icon: "arrow-right", bare: true, key: "PageDown" }),
      button(t("放大"), () => this.#step(1), { icon: "plus", bare: true, key: "+" }),
      button(t("缩小"), () => this.#step(-1), { icon: "minus", bare: true, key: "-" }),
      button(t("适合宽度"), () => this.#setZoom(1), { key: "0" }),
      button(t("全屏"), () => toggleFull(this.element), { icon: "full", bare: true, key: "F" }),
    );
    this.element.replaceChildren(tools, this.scroller);
    const { width, height } = (await this.pdf.getPage(1)).getViewport({ scale: 1 });
    const wide = this.#width;
    for (let number = 1; number <= this.pdf.numPages; number++) this.#place(number, wide, (wide * height) / width);
    const sizes = new ResizeObserver(() => this.#redraw());
    sizes.observe(this.scroller);
    this.scroller.addEventListener("scroll", () => this.#say(), { signal: this.signal, passive: true });
    this.element.addEventListener("keydown", (event) => this.#key(event), { signal: this.signal });
    this.signal.addEventListener("abort", () => (sizes.disconnect(), this.near.disconnect()));
    this.#say();
  }

  get #width() {
    return Math.max(200, this.scroller.clientWidth - 24) * this.#zoom;
  }

  /**
   * An empty page as large as the first, until it is drawn.
   * @param {number} number
   * @param {number} width
   * @param {number} height
   */
  #place(number, width, height) {
    const canvas = make("canvas", "");
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const page = make("div", "pdf-page", canvas);
    page.setAttribute("role", "img");
    page.setAttribute("aria-label", t("第 %(number)s 页", { number }));
    this.#pages.set(page, { number, drawn: "", task: null });
    this.scroller.append(page);
    this.near.observe(page);
  }

  /** @param {IntersectionObserverEntry[]} seen */
  #comeNear(seen) {
    for (const { target, isIntersecting } of seen) {
      target.toggleAttribute("data-near", isIntersecting);
      if (isIntersecting) void this.#draw(target);
    }
  }

  #redraw() {
    for (const page of this.#pages.keys()) if (page.hasAttribute("data-near")) void this.#draw(page);
  }

  /** @param {Element} holder */
  async #draw(holder) {
    const place = this.#pages.get(holder);
    const canvas = holder.querySelector("canvas");
    if (!place || !canvas) return;
    const width = this.#width;
    const wanted = width.toFixed();
    if (place.drawn === wanted) return;
    place.drawn = wanted;
    place.task?.cancel();
    const page = await this.pdf.getPage(place.number);
    if (place.drawn !== wanted || this.signal.aborted) return;
    const natural = page.getViewport({ scale: 1 });
    const scale = width / natural.width;
    const dense = Math.min(devicePixelRatio, 2, Math.sqrt(MOST_PIXELS / (width * natural.height * scale)));
    const viewport = page.getViewport({ scale: scale * dense });
    canvas.width = Math.floor(viewport.width);
    canvas.height = Math.floor(viewport.height);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${natural.height * scale}px`;
    place.task = page.render({ canvas, viewport });
    await place.task.promise.catch(() => (place.drawn = "")); // cancelled by a newer size
    holder.toggleAttribute("data-drawn", place.drawn === wanted);
  }

  get #current() {
    const middle = this.scroller.scrollTop + this.scroller.clientHeight / 3;
    const pages = /** @type {HTMLElement[]} */ ([...this.#pages.keys()]);
    return Math.max(0, pages.findLastIndex((page) => page.offsetTop - this.scroller.offsetTop <= middle));
  }

  /** @param {number} by */
  #turn(by) {
    const pages = /** @type {HTMLElement[]} */ ([...this.#pages.keys()]);
    const page = pages[Math.max(0, Math.min(pages.length - 1, this.#current + by))];
    this.scroller.scrollTop = page.offsetTop - this.scroller.offsetTop;
  }

  /** @param {1 | -1} by */
  #step(by) {
    const at = STEPS.findIndex((step) => step >= this.#zoom - 0.01);
    this.#setZoom(STEPS[Math.max(0, Math.min(STEPS.length - 1, at + by))]);
  }

  /** @param {number} zoom */
  #setZoom(zoom) {
    const share = this.scroller.scrollTop / Math.max(1, this.scroller.scrollHeight);
    this.#zoom = zoom;
    this.#redraw();
    requestAnimationFrame(() => (this.scroller.scrollTop = share * this.scroller.scrollHeight));
    this.#say();
  }

  #say() {
    this.said.textContent = `${this.#current + 1}/${this.pdf.numPages}`;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (isForField(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    const act = {
      "+": () => this.#step(1),
      "=": () => this.#step(1),
      "-": () => this.#step(-1),
      0: () => this.#setZoom(1),
      f: () => toggleFull(this.element),
      PageDown: () => this.#turn(1),
      PageUp: () => this.#turn(-1),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
}
