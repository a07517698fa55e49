// New markup into an old region without touching what somebody is doing there.
import { Idiomorph } from "idiomorph/dist/idiomorph.esm.js";

/**
 * Focus, scroll, typed input, open menus and the row one is on stay as they are.
 * @param {Element} region
 * @param {Element} fresh
 */
export function morph(region, fresh) {
  const before = rowTexts(region);
  Idiomorph.morph(region, fresh, {
    morphStyle: "outerHTML",
    ignoreActiveValue: true,
    restoreFocus: true,
    callbacks: { beforeNodeMorphed: mayChange, beforeNodeRemoved: mayChange, beforeAttributeUpdated: mayUpdate },
  });
  markChanged(region, before);
}

/** @param {Node} node */
function mayChange(node) {
  return !(node instanceof Element) || !(node.matches("[data-live-keep], form[data-autosave], dialog[open]") || isTyped(node));
}

/** @param {Element} field */
function isTyped(field) {
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (field instanceof HTMLInputElement) return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  return field instanceof HTMLSelectElement && field === document.activeElement;
}

/**
 * @param {string} name
 * @param {Element} element
 */
function mayUpdate(name, element) {
  if (name === "open") return !element.matches("details, dialog");
  return !(name === "aria-current" || name === "aria-selected") || !element.matches("[data-row]");
}

/** @param {Element} region */
function rowTexts(region) {
  return new Map(rowsOf(region).map((row) => [row.id, said(row)]));
}

/** @param {Element} region */
function rowsOf(region) {
  return [...region.querySelectorAll("[data-rows] > [id]")];
}

/**
 * @param {Element} row
 * @returns {string} without its running clocks
 */
function said(row) {
  const copy = /** @type {Element} */ (row.cloneNode(true));
  for (const clock of copy.querySelectorAll("time[data-due], time[data-since]")) clock.remove();
  return copy.textContent?.replace(/\s+/g, " ") ?? "";
}

/**
 * @param {Element} region
 * @param {Map<string, string>} before
 */
function markChanged(region, before) {
  for (const row of rowsOf(region)) {
    if (before.get(row.id) === said(row)) continue;
    row.classList.add("just-changed");
    window.setTimeout(() => row.classList.remove("just-changed"), 2500);
  }
}
