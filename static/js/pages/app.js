// What every page has.
import "htmx.org";
import { STAYS } from "../net/http.js";
import { autosaveForms } from "../ui/autosave.js";
import { offerWhileTyping } from "../ui/combo.js";
import { guardWithQuestions } from "../ui/confirm.js";
import { countDown } from "../ui/countdown.js";
import { takeDroppedFiles } from "../ui/drop.js";
import { listenForKeys } from "../ui/keys.js";
import { showLine } from "../ui/line.js";
import { keepFresh } from "../ui/live.js";
import { tendMenus } from "../ui/menu.js";
import { openForPaper } from "../ui/print.js";
import { guardWithProofs } from "../ui/proving.js";
import { guardSignOut } from "../ui/sign-out.js";
import { offerThemes } from "../ui/theme.js";
import { raiseFlashes } from "../ui/toast.js";

/** Every request of htmx carries the form token and the page it comes from. */
document.addEventListener("htmx:configRequest", (event) => {
  const { headers } = /** @type {CustomEvent} */ (event).detail;
  headers["X-CSRF"] = document.querySelector("meta[name=csrf]")?.getAttribute("content") ?? "";
  headers["X-Page"] = location.pathname + location.search;
  if (inCall) headers[STAYS] = "1";
});

/** What a page gets while it is open (a drawer, a panel, a fresh list) works as what it came with. */
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) if (node instanceof Element) begin(node.parentElement ?? document);
}).observe(document.body, { childList: true, subtree: true });

/** @param {ParentNode} part */
function begin(part) {
  offerWhileTyping(part);
  autosaveForms(part);
}

const inCall = document.body.classList.contains("room-page"); // there the other's picture comes before all else

guardWithQuestions();
guardWithProofs();
tendMenus();
listenForKeys();
takeDroppedFiles();
offerThemes();
openForPaper();
countDown();
guardSignOut();
raiseFlashes();
begin(document);
for (const button of document.querySelectorAll("[data-back]")) button.toggleAttribute("hidden", history.length < 2);
document.getElementById("error-summary")?.focus();
if (document.querySelector("meta[name=person]")) setTimeout(() => keepFresh({ onLine: showLine }), inCall ? 1000 : 0);
