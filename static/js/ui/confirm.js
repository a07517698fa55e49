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

/** Buttons and links with data-confirm ask first: data-confirm="句子" data-confirm-act="取消会诊". */
export function guardWithQuestions() {
  document.addEventListener("click", (event) => void guard(event), { capture: true });
}

/** @type {Element | null} */
let agreed = null;

/** @param {MouseEvent} event */
async function guard(event) {
  const pressed = event.target instanceof Element ? event.target.closest("[data-confirm]") : null;
  if (!(pressed instanceof HTMLElement)) return;
  if (pressed === agreed) return void (agreed = null);
  event.preventDefault();
  event.stopImmediatePropagation();
  const { confirm = "", confirmTitle, confirmAct } = pressed.dataset;
  if (!(await ask({ sentence: confirm, title: confirmTitle, act: confirmAct ?? pressed.textContent?.trim() }))) return;
  agreed = pressed;
  pressed.click();
}
