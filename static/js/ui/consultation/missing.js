// The foot of a request says what it still lacks; what has been filled in since leaves the list.

export function tendMissing() {
  const list = document.querySelector("[data-missing]");
  const form = document.getElementById("request");
  if (!list || !(form instanceof HTMLFormElement)) return;
  const look = () => show(list, form);
  form.addEventListener("input", look);
  form.addEventListener("change", look);
  look();
}

/**
 * @param {Element} list
 * @param {HTMLFormElement} form
 */
function show(list, form) {
  const links = [...list.querySelectorAll("[data-lacks]")];
  for (const link of links) {
    const field = form.elements.namedItem(link.getAttribute("data-lacks") ?? "");
    if (field && "value" in field) link.toggleAttribute("hidden", String(field.value).trim() !== "");
  }
  const some = links.some((link) => !link.hasAttribute("hidden"));
  list.querySelector("[data-missing-some]")?.toggleAttribute("hidden", !some);
  list.querySelector("[data-missing-none]")?.toggleAttribute("hidden", some);
}
