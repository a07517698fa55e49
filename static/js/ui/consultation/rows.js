// Lines of an opinion (diagnoses, drugs, tests): one more, one less. Works for forms that come later, beside the video too.
import { renumbered } from "../../lib/line-names.js";

const NAME = "input[name]";

export function tendRows() {
  document.addEventListener("click", onClick);
  document.addEventListener("fragment:ready", showButtons);
  document.addEventListener("live:fresh", showButtons);
  document.addEventListener("htmx:afterSwap", showButtons);
  showButtons();
}

/** The buttons need this script, so it is what shows them. */
function showButtons() {
  for (const button of document.querySelectorAll("[data-line-add], [data-line-remove]")) button.toggleAttribute("hidden", false);
}

/** @param {MouseEvent} event */
function onClick(event) {
  const button = event.target instanceof Element ? event.target.closest("[data-line-add], [data-line-remove]") : null;
  const group = button?.closest("[data-line-rows]");
  if (!button || !group) return;
  if (button.matches("[data-line-add]")) add(group);
  else remove(group, button);
  group.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {Element} group */
function rowsOf(group) {
  return [...group.querySelectorAll("[data-line-row]")];
}

/** @param {Element} group */
function add(group) {
  const last = rowsOf(group).at(-1);
  const row = /** @type {Element} */ (last?.cloneNode(true));
  for (const field of fieldsOf(row)) {
    field.value = "";
    field.removeAttribute("id");
  }
  last?.after(row);
  number(group);
  fieldsOf(row)[0]?.focus();
}

/**
 * @param {Element} group
 * @param {Element} button
 */
function remove(group, button) {
  const row = /** @type {Element} */ (button.closest("[data-line-row]"));
  const rows = rowsOf(group);
  const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
  if (next) row.remove();
  else for (const field of fieldsOf(row)) field.value = "";
  number(group);
  fieldsOf(next ?? row)[0]?.focus();
}

/** @param {Element} row */
function fieldsOf(row) {
  return /** @type {HTMLInputElement[]} */ ([...row.querySelectorAll(NAME)]);
}

/** Names and spoken labels carry the row's number. @param {Element} group */
function number(group) {
  rowsOf(group).forEach((row, at) => {
    for (const field of fieldsOf(row)) {
      field.name = renumbered(field.name, at);
      field.setAttribute("aria-label", `${field.placeholder} ${at + 1}`);
    }
    fieldsOf(row)[0]?.toggleAttribute("required", at === 0 && group.hasAttribute("data-line-required"));
  });
}
