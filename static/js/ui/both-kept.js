// Two versions of one form, side by side, until a person has chosen at each field.
import { differing, fieldsOf } from "../lib/draft.js";
import { t } from "../lib/words.js";
import { keptData } from "./kept-data.js";

/** @typedef {import("../lib/draft.js").Fields} Fields */

/** @param {HTMLFormElement} form */
export function fieldsIn(form) {
  return fieldsOf(keptData(form));
}

/** @param {HTMLFormElement} form */
export function versionIn(form) {
  const hidden = form.elements.namedItem("version");
  return hidden instanceof HTMLInputElement ? hidden.value : "";
}

/**
 * @param {HTMLFormElement} form
 * @param {Fields} fields names that are not among them are emptied
 */
export function fill(form, fields) {
  for (const control of form.elements) {
    const name = control.getAttribute("name");
    if (name && !["csrf", "idempotency_key", "version"].includes(name)) setControl(control, fields[name] ?? []);
  }
}

/**
 * @param {Element} control
 * @param {string[]} values
 */
function setControl(control, values) {
  if (control instanceof HTMLInputElement && ["radio", "checkbox"].includes(control.type)) control.checked = values.includes(control.value);
  else if (control instanceof HTMLSelectElement) for (const option of control.options) option.selected = values.includes(option.value);
  else if (control instanceof HTMLInputElement && control.type === "file") return;
  else if (control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement) control.value = values[0] ?? "";
}

/**
 * @param {HTMLFormElement} form holds mine
 * @param {Fields} theirs
 * @param {() => void} done called when every difference is decided
 */
export function showBoth(form, theirs, done) {
  form.querySelector(".both-kept")?.remove();
  const names = differing(fieldsIn(form), theirs);
  if (names.length === 0) return done();
  const box = document.createElement("section");
  box.className = "both-kept";
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  box.append(paragraph(t("这份内容在别处也改过。两份都在，请逐项选择；选完之前不会保存。")));
  const close = () => (box.remove(), done());
  const settled = (/** @type {Element} */ part) => (part.remove(), box.querySelector("[data-choice]") || close());
  for (const name of names) box.append(choice(form, name, theirs[name] ?? [], settled));
  box.append(button(t("全部保留我的"), close));
  form.prepend(box);
  box.focus();
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string[]} values theirs
 * @param {(part: Element) => void} settled
 */
function choice(form, name, values, settled) {
  const part = document.createElement("div");
  part.dataset.choice = name;
  const theirs = document.createElement("blockquote");
  theirs.textContent = values.join("，") || t("（空）");
  const title = paragraph(t("%(field)s，另一处写的是：", { field: labelOf(form, name) }));
  const take = () => (fill(form, { ...fieldsIn(form), [name]: values }), settled(part));
  part.append(title, theirs, button(t("用这一份"), take), button(t("保留我的"), () => settled(part)));
  return part;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function labelOf(form, name) {
  const control = form.querySelector(`[name="${CSS.escape(name)}"]`);
  const words = control?.closest(".field")?.querySelector("legend, label");
  return words?.firstChild?.textContent?.trim() || name;
}

/** @param {string} text */
function paragraph(text) {
  const made = document.createElement("p");
  made.textContent = text;
  return made;
}

/**
 * @param {string} word
 * @param {() => void} act
 */
function button(word, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-quiet btn-small";
  made.textContent = word;
  made.addEventListener("click", act);
  return made;
}
