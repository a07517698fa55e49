// Choosing a time on the strip: the radio buttons decide; the bars show what is chosen and can be clicked too.

/**
 * @param {ParentNode} [part] where the strips are; the whole page without it
 * @returns {() => void} disconnects
 */
export function tendStrips(part = document) {
  const strips = [...part.querySelectorAll("[data-times]")];
  for (const strip of strips) connect(strip);
  return () => strips.forEach(disconnect);
}

/** @param {Element} strip */
function connect(strip) {
  strip.classList.add("times-script");
  strip.addEventListener("change", onChange);
  strip.addEventListener("click", onClick);
  show(strip);
}

/** @param {Element} strip */
function disconnect(strip) {
  strip.classList.remove("times-script");
  strip.removeEventListener("change", onChange);
  strip.removeEventListener("click", onClick);
}

/** @param {Event} event */
function onChange(event) {
  if (event.currentTarget instanceof Element) show(event.currentTarget);
}

/** @param {Event} event */
function onClick(event) {
  const offer = event.target instanceof Element && event.target.closest("[data-offer]");
  if (!offer || !(event.currentTarget instanceof Element)) return;
  const radio = radios(event.currentTarget).find((one) => one.value === offer.getAttribute("data-offer"));
  if (!radio) return;
  radio.closest("details")?.setAttribute("open", "");
  radio.checked = true;
  radio.focus();
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Marks the bar of the chosen time. @param {Element} strip */
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
