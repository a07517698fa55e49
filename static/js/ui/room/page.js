// The room's own elements and small ways of making new ones.

import { icon } from "../icon.js";

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} [kind]
 * @returns {T} raises when the page has changed and this code has not
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`#${id} is not in the page as expected`);
  return /** @type {T} */ (found);
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children text enters as text
 */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/**
 * @param {string} word
 * @param {() => unknown} act
 * @param {string} [look]
 */
export function button(word, act, look = "btn btn-quiet btn-small") {
  const made = make("button", { type: "button", class: look }, word);
  made.addEventListener("click", act);
  return made;
}

/**
 * Writes only what differs, so that a reader's screen is not told the same again.
 * @param {Element} element
 * @param {string} words
 */
export function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** @param {string} words said aloud to those who listen to the page */
export function announce(words) {
  byId("said").textContent = words;
}

/**
 * A question with its answers, in a dialog.
 * @param {{title: string, words: string, answers: {value: string, word: string, look: string}[]}} question
 * @returns {Promise<string>} the chosen value; "" when it was closed
 */
export function choose({ title, words, answers }) {
  const heading = make("h2", { id: "choice-title" }, title);
  const form = make("form", { method: "dialog", class: "dialog-actions" });
  form.append(...answers.map(({ value, word, look }) => make("button", { class: `btn ${look}`, value }, word)));
  const dialog = /** @type {HTMLDialogElement} */ (make("dialog", { class: "dialog", "aria-labelledby": "choice-title" }));
  dialog.append(heading, make("p", {}, words), form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => (dialog.remove(), resolve(dialog.returnValue)));
  });
}

/**
 * @typedef {object} Facts  of the page, from #room's data-*
 * @property {string} room
 * @property {string} title
 * @property {number | null} endsAt  ms
 * @property {string} zone
 * @property {string} wayOut
 * @property {string} join
 * @property {string} check
 * @property {string} guests
 * @property {string} handover
 * @property {string} consent  where the patient agrees to a recording
 * @property {string} files  in a hall: where what may be shown is listed
 * @property {string} signalling
 * @returns {Facts}
 */
export function factsOfPage() {
  const { room = "", title = "", endsAt, zone = "", wayOut = "", join = "", check = "", guests = "", handover = "", consent = "", files = "", signalling = "" } =
    byId("room").dataset;
  return { room, title, endsAt: endsAt ? Date.parse(endsAt) : null, zone, wayOut, join, check, guests, handover, consent, files, signalling };
}

export { icon };
