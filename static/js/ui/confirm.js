// Asking before what cannot be undone, and only then.
import { t } from "../lib/words.js";

/**
 * @param {{sentence: string, title?: string, act?: string, danger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function ask({ sentence, title = t("请确认"), act = t("确定"), danger = true }) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const heading = element("h2", title);
  heading.id = "ask-title";
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.append(heading, element("p", sentence), answers(act, danger));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => (dialog.remove(), resolve(dialog.returnValue === "yes")));
  });
}

/**
 * @param {string} act
 * @param {boolean} danger
 */
function answers(act, danger) {
  const form = document.createElement("form");
  form.method = "dialog";
  form.className = "dialog-actions";
  const no = element("button", t("取消"));
  no.className = "btn btn-quiet";
  no.setAttribute("value", "no");
  const yes = element("button", act);
  yes.className = danger ? "btn btn-danger" : "btn btn-primary";
  yes.setAttribute("value", "yes");
  form.append(no, yes);
  return form;
}

/**
 * @param {string} name
 * @param {string} text
 */
function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** Buttons, links and forms with data-confirm ask first: data-confirm="句子" data-confirm-act="取消会诊". */
export function guardWithQuestions() {
  document.addEventListener("click", (event) => void guardClick(event), { capture: true });
  document.addEventListener("submit", (event) => void guardForm(event), { capture: true });
}

/** @type {Element | null} */
let agreed = null;

/** @param {MouseEvent} event */
async function guardClick(event) {
  const pressed = event.target instanceof Element ? event.target.closest("[data-confirm]:not(form)") : null;
  if (!(pressed instanceof HTMLElement) || isIncomplete(pressed) || !asks(event, pressed)) return;
  if (await askAbout(pressed, pressed)) go(pressed, () => pressed.click());
}

/** A form that lacks something is not sent, so nothing is asked: the browser says what is missing. @param {HTMLElement} pressed */
function isIncomplete(pressed) {
  const form = pressed instanceof HTMLButtonElement && pressed.type === "submit" ? pressed.form : null;
  return Boolean(form && !form.noValidate && !form.checkValidity());
}

/** @param {SubmitEvent} event */
async function guardForm(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !("confirm" in form.dataset) || !asks(event, form)) return;
  const { submitter } = event;
  if (await askAbout(form, submitter)) go(form, () => form.requestSubmit(submitter));
}

/**
 * @param {Event} event held back, unless it is the one that was agreed to
 * @param {Element} asking
 */
function asks(event, asking) {
  if (asking === agreed) return false;
  event.preventDefault();
  event.stopImmediatePropagation();
  return true;
}

/**
 * @param {HTMLElement} asking
 * @param {HTMLElement | null} button whose word the answer repeats
 */
function askAbout(asking, button) {
  const { confirm = "", confirmTitle, confirmAct } = asking.dataset;
  return ask({ sentence: confirm, title: confirmTitle, act: confirmAct ?? button?.textContent?.trim() });
}

/**
 * @param {Element} asking
 * @param {() => void} act
 */
function go(asking, act) {
  agreed = asking;
  act();
  agreed = null;
}
