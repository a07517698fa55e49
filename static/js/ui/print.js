// On paper everything is open.

export function openForPaper() {
  /** @type {Element[]} */
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open], .menu)")];
    for (const one of opened) one.setAttribute("open", "");
  });
  window.addEventListener("afterprint", () => {
    for (const one of opened) one.removeAttribute("open");
  });
}
