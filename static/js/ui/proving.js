// What wants a fresh proof of who one is asks for it first, and goes on: a link, a download (data-prove="download"), a form.
import { Refused, told } from "../net/http.js";

const STANDING = "/reauthenticate/standing";

export function guardWithProofs() {
  document.addEventListener("click", (event) => void guardClick(event), { capture: true });
  document.addEventListener("submit", (event) => void guardForm(event), { capture: true });
}

/** @type {Element | null} */
let proved = null;

/** @param {MouseEvent} event */
async function guardClick(event) {
  const link = event.target instanceof Element ? event.target.closest("a[data-prove]") : null;
  if (!(link instanceof HTMLAnchorElement) || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!held(event, link)) return;
  const found = await standing();
  if (found.out) return go(link, () => link.click());
  if (!found.proved && !(await asked())) return;
  if (link.dataset.prove === "download") link.download = ""; // so that nothing asks whether the page may be left
  go(link, () => link.click());
}

/** @param {SubmitEvent} event */
async function guardForm(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !("prove" in form.dataset) || !held(event, form)) return;
  const { submitter } = event;
  if (await isProved()) go(form, () => form.requestSubmit(submitter));
}

/**
 * @param {Event} event held back, unless it is the one that was proved for
 * @param {Element} asking
 */
function held(event, asking) {
  if (asking === proved) return false;
  event.preventDefault();
  event.stopImmediatePropagation();
  return true;
}

export async function isProved() {
  return (await standing()).proved || asked();
}

/**
 * Where nobody answers, the browser says so better; where the sign-in has ended (out), a link leads to where one signs in, and back.
 * @returns {Promise<{proved: boolean, out?: boolean}>}
 */
function standing() {
  return told(STANDING).catch((trouble) =>
    trouble instanceof Refused ? { proved: false, out: trouble.code === "signed_out" } : { proved: true },
  );
}

async function asked() {
  return (await import("./proof.js")).prove();
}

/**
 * @param {Element} asking
 * @param {() => void} act
 */
function go(asking, act) {
  proved = asking;
  act();
  proved = null;
}
