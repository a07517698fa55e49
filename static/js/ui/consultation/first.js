// The specialist's page of a case opens its first picture by itself, where there is room for it.

const WIDE = "(min-width: 1100px)";

export function openFirst() {
  const stage = document.querySelector("[data-open-first]");
  const first = document.querySelector(".file-list a[data-file-view]");
  if (!stage || !(first instanceof HTMLElement) || !matchMedia(WIDE).matches || location.hash) return;
  first.click();
}
