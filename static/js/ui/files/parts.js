// Small parts that every viewer is made of.
import { icon } from "../icon.js";

/**
 * @template {keyof HTMLElementTagNameMap} N
 * @param {N} name
 * @param {string} [look] class names
 * @param {...(Node | string)} children text enters as text
 * @returns {HTMLElementTagNameMap[N]}
 */
export function make(name, look = "", ...children) {
  const made = document.createElement(name);
  if (look) made.className = look;
  made.append(...children);
  return made;
}

/**
 * @param {string} word
 * @param {() => unknown} act
 * @param {{icon?: string, key?: string, bare?: boolean}} [more] bare: the picture alone is shown, the word is its name
 */
export function button(word, act, more = {}) {
  const made = make("button", "btn btn-quiet btn-small");
  made.type = "button";
  if (more.icon) made.append(icon(more.icon));
  if (more.bare) made.setAttribute("aria-label", word);
  else made.append(word);
  made.title = more.key ? `${word} (${more.key})` : word;
  made.addEventListener("click", act);
  return made;
}

/**
 * @param {HTMLButtonElement} toggle
 * @param {boolean} on
 */
export function press(toggle, on) {
  toggle.setAttribute("aria-pressed", String(on));
}

/**
 * @param {string} label
 * @param {{value: string, word: string}[]} options
 * @param {(value: string) => void} chosen
 */
export function choice(label, options, chosen) {
  const made = make("select", "form-select form-select-sm viewer-choice");
  made.setAttribute("aria-label", label);
  offer(made, options);
  made.addEventListener("change", () => chosen(made.value));
  return made;
}

/**
 * @param {HTMLSelectElement} select
 * @param {{value: string, word: string}[]} options
 */
export function offer(select, options) {
  select.replaceChildren(...options.map(({ value, word }) => new Option(word, value)));
}

/**
 * @param {string} label
 * @param {...HTMLElement} tools
 */
export function bar(label, ...tools) {
  const made = make("div", "viewer-bar", ...tools);
  made.setAttribute("role", "toolbar");
  made.setAttribute("aria-label", label);
  return made;
}

/** Full window and back. @param {HTMLElement} element */
export function toggleFull(element) {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void element.requestFullscreen?.().catch(() => {});
}

/** Whoever types into a field means the field. @param {KeyboardEvent} event */
export function isForField(event) {
  return event.target instanceof Element && event.target.closest("input:not([type=range]), select, textarea") !== null;
}
