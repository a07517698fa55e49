// Keys of every page: / to search, j and k through a list, Enter opens; a row's own buttons by their data-key.
import { rowAfter } from "../lib/rows.js";

export function listenForKeys() {
  document.addEventListener("keydown", onKey);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isWriting(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "/" ? focusSearch() : move(event.key) || press(event.key)) event.preventDefault();
}

/** @param {EventTarget | null} place */
export function isWriting(place) {
  return place instanceof HTMLElement && (place.isContentEditable || place.matches("input, textarea, select"));
}

function focusSearch() {
  const field = document.getElementById("search");
  if (!(field instanceof HTMLInputElement) || field.offsetParent === null) return false;
  field.focus();
  field.select();
  return true;
}

/** @param {string} key */
function move(key) {
  const rows = [...document.querySelectorAll("[data-rows] [data-row]")];
  const to = rowAfter(key, rows.findIndex((row) => row.contains(document.activeElement)), rows.length);
  if (to === null) return false;
  const row = rows[to];
  const link = row.querySelector("a[data-row-link], a[href], button");
  const target = /** @type {HTMLElement} */ (link ?? row);
  target.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  return true;
}

/** @param {string} key */
function press(key) {
  if (!/^[a-z]$/.test(key)) return false;
  const row = document.activeElement?.closest("[data-row]") ?? document.querySelector(".drawer");
  const button = row?.querySelector(`[data-key="${key}"]`);
  if (!(button instanceof HTMLElement)) return false;
  button.click();
  return true;
}
