// What the server would not take, said at the fields as a page would say it.

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} errors sentence by name; none: what was said before is taken away
 */
export function sayAtFields(form, errors) {
  for (const said of form.querySelectorAll("[data-said-at]")) takeAway(form, said);
  for (const [name, sentence] of Object.entries(errors)) {
    const control = form.querySelector(`[name="${CSS.escape(name)}"]`);
    if (control && !control.matches("[type=hidden]")) sayAt(control, name, sentence);
  }
}

/**
 * @param {Element} control
 * @param {string} name
 * @param {string} sentence
 */
function sayAt(control, name, sentence) {
  const said = document.createElement("p");
  said.className = "field-error";
  said.id = `said-${name}`;
  said.dataset.saidAt = name;
  said.textContent = sentence;
  control.closest("details")?.setAttribute("open", "");
  control.closest(".field")?.classList.add("has-error");
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-errormessage", said.id);
  (control.closest("fieldset.field-choices")?.querySelector(".chips") ?? control.closest(".with-unit") ?? control).before(said);
}

/**
 * @param {HTMLFormElement} form
 * @param {Element} said
 */
function takeAway(form, said) {
  const control = form.querySelector(`[aria-errormessage="${CSS.escape(said.id)}"]`);
  control?.removeAttribute("aria-invalid");
  control?.removeAttribute("aria-errormessage");
  control?.closest(".field")?.classList.remove("has-error");
  said.remove();
}
