// Choosing a time on the strip: the radio buttons decide; the bars show what is chosen and can be clicked too.
// One call tends every strip of the page, those that arrive later too.

/** @returns {() => void} disconnects */
export function tendStrips() {
  document.documentElement.classList.add("times-script");
  document.addEventListener("change", onChange);
  document.addEventListener("click", onClick);
  return () => {
    document.documentElement.classList.remove("times-script");
    document.removeEventListener("change", onChange);
    document.removeEventListener("click", onClick);
  };
}

/** @param {Event} event */
function onChange(event) {
  const strip = stripOf(event);
  if (strip) show(strip);
}

/** @param {Event} event */
function onClick(event) {
  const strip = stripOf(event);
  const offer = strip && /** @type {Element} */ (event.target).closest("[data-offer]");
  const radio = offer && radios(strip).find((one) => one.value === offer.getAttribute("data-offer"));
  if (!radio) return;
  radio.closest("details")?.setAttribute("open", "");
  radio.checked = true;
  radio.focus();
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {Event} event */
function stripOf(event) {
  return event.target instanceof Element ? event.target.closest("[data-times]") : null;
}

/** Marks the bars of the chosen time. @param {Element} strip */
function show(strip) {
  const chosen = radios(strip).find((one) => one.checked)?.value;
  for (const offer of strip.querySelectorAll("[data-offer]")) {
    offer.toggleAttribute("data-chosen", offer.getAttribute("data-offer") === chosen);
  }
}

/**
 * @param {Element} strip
 * @returns {HTMLInputElement[]}
 */
function radios(strip) {
  return [...strip.querySelectorAll("input[type=radio]")].filter((one) => one instanceof HTMLInputElement);
}
