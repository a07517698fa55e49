// Several choices of a field that offers while one types: <div data-picks="case_ids"> with a fieldset of ticked boxes,
// an <input data-combo> and an <output>. What is taken becomes a ticked box, and the field is free for the next.

/** @param {ParentNode} [within] */
export function gatherPicks(within = document) {
  for (const place of within.querySelectorAll("[data-picks]")) {
    if (place instanceof HTMLElement) place.addEventListener("combo:taken", (event) => take(place, /** @type {CustomEvent} */ (event)));
  }
}

/**
 * @param {HTMLElement} place
 * @param {CustomEvent<import("../lib/options.js").Option>} event
 */
function take(place, { target, detail }) {
  const boxes = /** @type {HTMLInputElement[]} */ ([...place.querySelectorAll("input[type=checkbox]")]);
  const known = boxes.find((box) => box.value === detail.value);
  if (known) known.checked = true;
  else place.querySelector(".chips")?.append(chip(place.dataset.picks ?? "", boxes.length, detail));
  const said = place.querySelector("output");
  if (said) said.textContent = detail.label;
  if (target instanceof HTMLInputElement) target.value = "";
}

/**
 * @param {string} name
 * @param {number} place
 * @param {import("../lib/options.js").Option} option
 */
function chip(name, place, { value, label: words, note }) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name, value, checked: true });
  box.id = place ? `f-${name}-${place + 1}` : `f-${name}`;
  const label = document.createElement("label");
  label.htmlFor = box.id;
  label.append(words, " ");
  if (note) label.append(Object.assign(document.createElement("small"), { textContent: note }));
  const made = document.createElement("div");
  made.className = "chip";
  made.append(box, label);
  return made;
}
