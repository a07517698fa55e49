// A form whose proof is a passkey: the browser is asked for a key or a signature, which goes into its field `answer`.
import { browserSupportsWebAuthn, startAuthentication, startRegistration } from "@simplewebauthn/browser";
import { t } from "../lib/words.js";
import { post, Refused } from "../net/http.js";

/**
 * @param {HTMLFormElement} form data-passkey is where the options come from; with data-passkey-new a key is made
 * @param {() => unknown} send what is done with the form once the answer is in it
 */
export function offerPasskey(form, send) {
  const trouble = form.querySelector("[data-passkey-trouble]");
  if (!browserSupportsWebAuthn()) return say(trouble, t("这个浏览器不支持通行密钥"));
  form.querySelector("button[type=submit]")?.removeAttribute("disabled");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void fill(form, trouble).then((filled) => filled && send());
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {Element | null} trouble
 */
async function fill(form, trouble) {
  say(trouble, "");
  try {
    const optionsJSON = await post(form.dataset.passkey ?? "");
    const begin = "passkeyNew" in form.dataset ? startRegistration : startAuthentication;
    const answer = await begin({ optionsJSON });
    /** @type {HTMLInputElement} */ (form.elements.namedItem("answer")).value = JSON.stringify(answer);
    return true;
  } catch (cause) {
    say(trouble, wordsFor(cause));
    return false;
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
