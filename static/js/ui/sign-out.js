// Leaving: nothing of a patient stays in this browser.
import { isDraftKey } from "../lib/draft.js";
import { t } from "../lib/words.js";
import { ask } from "./confirm.js";

const SETTLE = 1500; // ms: the server has ended the session by then

const channel = new BroadcastChannel("sign-out");

export function guardSignOut() {
  const form = document.querySelector("form[data-sign-out]");
  if (!(form instanceof HTMLFormElement)) return;
  form.addEventListener("submit", (event) => (event.preventDefault(), void leave(form)));
  channel.addEventListener("message", () => void window.setTimeout(() => location.replace("/sign-in"), SETTLE));
}

/** @param {HTMLFormElement} form */
async function leave(form) {
  if (unsent() && !(await ask({ sentence: t("有内容还没有传到服务器，退出后会从这台电脑上清除。"), act: t("清除并退出") }))) return;
  wipe();
  channel.postMessage("left");
  form.submit();
}

function unsent() {
  return Object.keys(localStorage).some(isDraftKey);
}

export function wipe() {
  localStorage.clear();
  sessionStorage.clear();
}
