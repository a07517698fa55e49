// A field that offers while one types: <input data-combo="/people/search" data-combo-value="person"> asks
// GET /people/search?q=…, JSON {options: [{value, label, note}]}; the choice goes into the form's input "person".
// Without scripts the typed words are sent as they are.
import { markAfter, optionsOf } from "../lib/options.js";
import { t } from "../lib/words.js";

const REST = 200; // ms after the last key
let made = 0;

/** @param {ParentNode} [within] */
export function offerWhileTyping(within = document) {
  for (const input of within.querySelectorAll("input[data-combo]:not([role=combobox])")) {
    if (input instanceof HTMLInputElement) new Combo(input).connect();
  }
}

class Combo {
  /** @param {HTMLInputElement} input */
  constructor(input) {
    this.input = input;
    this.list = document.createElement("ul");
    /** @type {import("../lib/options.js").Option[]} */
    this.options = [];
    this.marked = -1;
    this.timer = 0;
    this.asked = 0;
  }

  connect() {
    const box = document.createElement("div");
    box.className = "combo";
    this.list.id = `combo-${(made += 1)}`;
    this.list.className = "combo-list";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.input.labels?.[0]?.textContent?.trim() ?? t("选项"));
    this.input.replaceWith(box);
    box.append(this.input, this.list);
    this.describeInput();
    this.listen();
  }

  describeInput() {
    const marks = { role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list", autocomplete: "off" };
    for (const [name, value] of Object.entries(marks)) this.input.setAttribute(name, value);
  }

  listen() {
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => window.setTimeout(() => this.close(), 150));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
      if (option) this.take([...this.list.children].indexOf(option));
    });
  }

  typed() {
    this.put("");
    window.clearTimeout(this.timer);
    if (this.input.value.trim()) this.timer = window.setTimeout(() => void this.look(), REST);
    else this.close();
  }

  async look() {
    const turn = (this.asked += 1);
    const address = new URL(this.input.dataset.combo ?? "", location.href);
    address.searchParams.set("q", this.input.value.trim());
    const told = await fetch(address, { headers: { Accept: "application/json" } }).then((answer) => answer.json()).catch(() => null);
    if (turn === this.asked) this.show(optionsOf(told));
  }

  /** @param {import("../lib/options.js").Option[]} options */
  show(options) {
    this.options = options;
    this.list.replaceChildren(...(options.length ? options.map((one, at) => this.row(one, at)) : [this.none()]));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(options.length === 1 ? 0 : -1);
  }

  /**
   * @param {import("../lib/options.js").Option} option
   * @param {number} at
   */
  row(option, at) {
    const row = document.createElement("li");
    row.className = "combo-option";
    row.id = `${this.list.id}-${at}`;
    row.setAttribute("role", "option");
    const words = document.createElement("span");
    words.textContent = option.label;
    const note = document.createElement("small");
    note.textContent = option.note ?? "";
    row.append(words, note);
    return row;
  }

  none() {
    const row = document.createElement("li");
    row.className = "combo-none";
    row.setAttribute("role", "option");
    row.setAttribute("aria-disabled", "true");
    row.textContent = t("没有找到");
    return row;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.isComposing || this.list.hidden) return;
    const to = markAfter(event.key, this.marked, this.options.length);
    if (to !== null) this.mark(to);
    else if (event.key === "Enter" && this.marked >= 0) this.take(this.marked);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  /** @param {number} at */
  mark(at) {
    this.marked = at;
    [...this.list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
    if (at < 0) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", `${this.list.id}-${at}`);
    this.list.children[at].scrollIntoView({ block: "nearest" });
  }

  /** @param {number} at */
  take(at) {
    const option = this.options[at];
    if (!option) return;
    this.input.value = option.label;
    this.put(option.value);
    this.close();
    this.input.dispatchEvent(new CustomEvent("combo:taken", { bubbles: true, detail: option }));
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** @param {string} value */
  put(value) {
    const hidden = this.input.form?.elements.namedItem(this.input.dataset.comboValue ?? "");
    if (hidden instanceof HTMLInputElement) hidden.value = value;
  }

  close() {
    this.asked += 1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }
}
