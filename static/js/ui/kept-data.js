// What of a form may be kept or sent before its button is pressed: a password never is.

/** @param {EventTarget | null} control */
export function isSecret(control) {
  return control instanceof HTMLInputElement && control.type === "password";
}

/**
 * @param {HTMLFormElement} form
 * @returns {FormData} without what was typed into password fields
 */
export function keptData(form) {
  const kept = new FormData(form);
  for (const control of form.elements) if (isSecret(control)) kept.delete(control.getAttribute("name") ?? "");
  return kept;
}
