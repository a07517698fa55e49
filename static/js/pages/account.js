// Passkeys, recovery codes, the link of an invitation.
import { browserSupportsWebAuthn, startAuthentication, startRegistration } from "@simplewebauthn/browser";
import { t } from "../lib/words.js";
import { post, Refused } from "../net/http.js";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (form instanceof HTMLFormElement) offerPasskey(form);
}

// the same person has just proved who they are in order to send this: pressing once more would ask nothing new
const onward = document.querySelector("form[data-go-on]");
if (onward instanceof HTMLFormElement) onward.requestSubmit();

/**
 * The form asks the browser for a key or a signature, and carries its answer.
 * @param {HTMLFormElement} form data-passkey is where the options come from; with data-passkey-new a key is made
 */
function offerPasskey(form) {
  const trouble = form.querySelector("[data-passkey-trouble]");
  if (!browserSupportsWebAuthn()) return say(trouble, t("这个浏览器不支持通行密钥"));
  form.querySelector("button[type=submit]")?.removeAttribute("disabled");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form, trouble);
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {Element | null} trouble
 */
async function send(form, trouble) {
  say(trouble, "");
  try {
    const optionsJSON = await post(form.dataset.passkey ?? "");
    const begin = "passkeyNew" in form.dataset ? startRegistration : startAuthentication;
    const answer = await begin({ optionsJSON });
    /** @type {HTMLInputElement} */ (form.elements.namedItem("answer")).value = JSON.stringify(answer);
    form.submit();
  } catch (cause) {
    say(trouble, wordsFor(cause));
  }
}

/** @param {unknown} cause */
function wordsFor(cause) {
  if (cause instanceof Refused) return cause.says;
  const name = cause instanceof Error ? cause.name : "";
  if (name === "InvalidStateError") return t("这台设备上已经登记过通行密钥");
  if (name === "NotAllowedError") return t("没有完成验证：已取消，或等待太久");
  return t("没有完成验证，请再试一次");
}

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
