// What was just done, said at the edge of the page, with its undo for eight seconds.
import { t } from "../lib/words.js";
import { icon } from "./icon.js";

const SECONDS = 8;
const SHAPES = { done: "done", info: "info", soon: "soon", danger: "over" };

/**
 * @param {{text: string, tone?: keyof typeof SHAPES, undo?: () => unknown, label?: string, stays?: boolean}} note
 *   undo: what the button does; label: its word when it is not 撤销; stays: until closed
 * @returns {() => void} takes it away
 */
export function toast({ text, tone = "done", undo, label, stays = tone === "danger" }) {
  const note = document.createElement("div");
  note.className = `toast-note tone-${tone}`;
  const words = document.createElement("span");
  words.className = "toast-text";
  words.textContent = text;
  note.append(icon(SHAPES[tone]), words);
  if (undo) note.append(button(label ?? t("撤销"), () => (note.remove(), undo())));
  return show(note, stays);
}

/** Flashes of the page become toasts; what went wrong stays until it is closed. */
export function raiseFlashes() {
  for (const flash of document.querySelectorAll("[data-flash]")) {
    flash.removeAttribute("role");
    flash.classList.replace("flash", "toast-note");
    show(/** @type {HTMLElement} */ (flash), flash.classList.contains("tone-danger"));
  }
}

/**
 * @param {HTMLElement} note
 * @param {boolean} stays
 */
function show(note, stays) {
  note.append(closer(note));
  document.getElementById("toasts")?.append(note);
  if (!stays) leaveInTime(note);
  return () => note.remove();
}

/**
 * Eight seconds, not counted while a pointer or the focus is on it.
 * @param {HTMLElement} note
 */
function leaveInTime(note) {
  let timer = window.setTimeout(() => note.remove(), SECONDS * 1000);
  const hold = () => window.clearTimeout(timer);
  const go = () => (hold(), (timer = window.setTimeout(() => note.remove(), SECONDS * 1000)));
  note.addEventListener("pointerenter", hold);
  note.addEventListener("pointerleave", go);
  note.addEventListener("focusin", hold);
  note.addEventListener("focusout", go);
}

/** @param {HTMLElement} note */
function closer(note) {
  const close = button("", () => note.remove());
  close.className = "icon-button";
  close.setAttribute("aria-label", t("关闭"));
  close.append(icon("close"));
  return close;
}

/**
 * @param {string} word
 * @param {() => unknown} act
 */
function button(word, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-link";
  made.textContent = word;
  made.addEventListener("click", act);
  return made;
}
