// The specialist's page of a case opens its first picture by itself, where there is room for it and no other was asked for.

const WIDE = "(min-width: 1100px)";

export function openFirst() {
  const stage = document.querySelector("[data-open-first]");
  const first = document.querySelector(".file-list a[data-file-view]");
  if (!(stage instanceof HTMLElement) || !(first instanceof HTMLElement) || stage.dataset.asked) return;
  if (matchMedia(WIDE).matches && !location.hash) first.click();
}
