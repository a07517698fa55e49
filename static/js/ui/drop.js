// A file let go anywhere on a panel is taken by the panel's own field: <section data-drop="f-file">.

/**
 * Not words or a link being moved about.
 * @param {DragEvent} event
 */
export function carriesFiles(event) {
  return Boolean(event.dataTransfer?.types.includes("Files"));
}

export function takeDroppedFiles() {
  document.addEventListener("dragover", (event) => over(event));
  document.addEventListener("dragleave", (event) => event.relatedTarget || light(null));
  document.addEventListener("drop", (event) => drop(event));
}

/** @param {DragEvent} event */
function over(event) {
  const panel = panelOf(event);
  light(panel);
  if (panel) event.preventDefault();
}

/** @param {DragEvent} event */
function drop(event) {
  const panel = panelOf(event);
  light(null);
  if (!panel) return;
  event.preventDefault();
  const field = document.getElementById(panel.dataset.drop ?? "");
  if (field instanceof HTMLInputElement && event.dataTransfer) give(field, event.dataTransfer.files);
}

/**
 * @param {DragEvent} event
 * @returns {HTMLElement | null}
 */
function panelOf(event) {
  const under = event.target instanceof Element && carriesFiles(event) ? event.target : null;
  return under && under.closest("[data-drop]");
}

/** @param {HTMLElement | null} panel what lies under the file */
function light(panel) {
  for (const one of document.querySelectorAll("[data-drop]")) one.classList.toggle("is-over", one === panel);
}

/**
 * Of several the first, as the browser's own field does.
 * @param {HTMLInputElement} field
 * @param {FileList} files
 */
function give(field, files) {
  if (!files.length) return;
  const taken = new DataTransfer();
  taken.items.add(files[0]);
  field.files = taken.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
