// Small menus, dialogs, the drawer: opened by what the page says, closed by Escape and by a click elsewhere.

export function tendMenus() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
}

/** @param {MouseEvent} event */
function onClick(event) {
  if (!(event.target instanceof Element)) return;
  closeMenus((menu) => !menu.contains(/** @type {Node} */ (event.target)));
  const opener = event.target.closest("[data-open]");
  if (opener instanceof HTMLElement) open(opener.dataset.open ?? "");
  event.target.closest("[data-close]")?.closest("dialog")?.close();
  if (event.target.closest("[data-close-drawer]")) closeDrawer();
  if (event.target.closest("[data-back]")) history.back();
  if (event.target.closest("[data-print]")) window.print();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const menu = document.querySelector("details.menu[open]");
  closeMenus(() => true);
  if (menu) return void menu.querySelector("summary")?.focus();
  closeDrawer();
}

/** @param {(menu: Element) => boolean} which */
function closeMenus(which) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (which(menu)) menu.removeAttribute("open");
}

/** @param {string} selector */
function open(selector) {
  const found = document.querySelector(selector);
  if (found instanceof HTMLDialogElement) found.showModal();
}

/** The drawer goes, and the focus returns to the row it came from. */
function closeDrawer() {
  const drawer = document.querySelector(".drawer");
  if (!drawer) return;
  drawer.dispatchEvent(new CustomEvent("drawer:close", { bubbles: true }));
  const row = document.querySelector("[data-rows] [aria-current], [data-rows] [aria-selected=true]");
  drawer.remove();
  row?.removeAttribute("aria-current");
  row?.querySelector("a")?.focus();
}
