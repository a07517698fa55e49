// Passkeys, recovery codes, the link of an invitation.
import { t } from "../lib/words.js";
import { offerPasskey } from "../ui/passkey.js";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (form instanceof HTMLFormElement) offerPasskey(form, () => form.submit());
}

// the same person has just proved who they are in order to send this: pressing once more would ask nothing new
const onward = document.querySelector("form[data-go-on]");
if (onward instanceof HTMLFormElement) onward.requestSubmit();

/**
 * @param {Element | null} place
 * @param {string} words
 */
function say(place, words) {
  if (!place) return;
  place.textContent = words;
  place.toggleAttribute("hidden", !words);
}

// ---- what is shown once: recovery codes, links

for (const button of document.querySelectorAll("[data-copy]")) {
  button.removeAttribute("hidden");
  button.addEventListener("click", () => void copy(/** @type {HTMLElement} */ (button).dataset.copy ?? ""));
}

/** @param {string} selector a list, whose lines go to the clipboard, or a text */
async function copy(selector) {
  const place = document.querySelector(selector);
  const items = [...(place?.querySelectorAll("li") ?? [])].map((line) => line.textContent?.trim());
  const text = place instanceof HTMLTextAreaElement ? place.value : items.join("\n");
  const said = document.querySelector("[data-copied]");
  await navigator.clipboard.writeText(text).then(
    () => say(said, t("已复制")),
    () => say(said, t("浏览器不允许复制，请手工抄写")),
  );
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.removeAttribute("hidden");
  button.addEventListener("click", () => window.print());
}

// ---- the link of an invitation: its token stays out of addresses, histories and logs

const invited = document.querySelector("form[data-invitation]");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (invited instanceof HTMLFormElement && token) {
  /** @type {HTMLInputElement} */ (invited.elements.namedItem("token")).value = token;
  history.replaceState(null, "", location.pathname);
  /** @type {HTMLInputElement} */ (invited.elements.namedItem("password")).focus();
}
