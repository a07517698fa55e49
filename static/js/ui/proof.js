// Proving who one is in a dialog, where a page goes on with what was clicked and a call is not left: as /reauthenticate asks.
import { t } from "../lib/words.js";
import { fragment, post, Refused } from "../net/http.js";
import { icon } from "./icon.js";
import { toast } from "./toast.js";

const ADDRESS = "/reauthenticate";

/** @typedef {{title: string, lead: string, expired: string}} Words expired: the sign-in has ended, no proof helps */

/** @type {Promise<boolean> | null} */
let asking = null;

/** @returns {Words} */
function usual() {
  return {
    title: t("请验证身份"),
    lead: t("接下来的操作涉及患者资料、账号安全或他人权限。验证一次，五分钟内不再询问。"),
    expired: t("登录已到期，请重新登录"),
  };
}

/**
 * Whoever asks while somebody else does waits for the same answer.
 * @param {Words} [words]
 * @returns {Promise<boolean>} whether they proved it; closing the dialog is a no
 */
export function prove(words = usual()) {
  asking ??= ask(words).finally(() => (asking = null));
  return asking;
}

/** @param {Words} words */
async function ask({ title, lead, expired }) {
  let why = t("现在不能验证，请稍后再试");
  const page = await fragment(ADDRESS).catch((trouble) => {
    if (trouble instanceof Refused && trouble.status === 401) why = expired;
  });
  const forms = /** @type {HTMLFormElement[]} */ ([...(page?.querySelectorAll(`form[action="${ADDRESS}"]`) ?? [])]);
  if (!forms.length) return toast({ text: why, tone: "danger" }), false;
  return new Proof(title, lead, forms).asked;
}

class Proof {
  #dialog = document.createElement("dialog");
  #trouble = element("p", "field-error");
  #proved = false;

  /**
   * @param {string} title
   * @param {string} lead
   * @param {HTMLFormElement[]} forms of the page that asks the same
   */
  constructor(title, lead, forms) {
    this.#trouble.id = "proof-trouble";
    this.#trouble.setAttribute("role", "alert");
    this.#dialog.className = "dialog";
    this.#dialog.id = "proof";
    this.#dialog.setAttribute("aria-labelledby", "proof-title");
    this.#dialog.setAttribute("aria-describedby", "proof-lead");
    this.#dialog.append(head(title, () => this.#dialog.close()), element("p", "", lead, "proof-lead"), this.#trouble);
    for (const form of forms) this.#dialog.append(this.#offered(form));
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    (this.#field("password") ?? this.#dialog).focus();
    this.asked = new Promise((resolve) => this.#dialog.addEventListener("close", () => (this.#dialog.remove(), resolve(this.#proved))));
  }

  /** @param {HTMLFormElement} theirs */
  #offered(theirs) {
    const form = document.importNode(theirs, true);
    for (const one of form.querySelectorAll("[id], [for], [aria-describedby]")) renamed(one);
    if ("passkey" in form.dataset) void import("./passkey.js").then(({ offerPasskey }) => offerPasskey(form, () => this.#send(form)));
    else form.addEventListener("submit", (event) => (event.preventDefault(), void this.#send(form)));
    return form;
  }

  /** @param {HTMLFormElement} form */
  async #send(form) {
    const { password = "", code = "", answer = "" } = Object.fromEntries(new FormData(form));
    const button = form.querySelector("button[type=submit]");
    button?.setAttribute("disabled", ""); // a second press would spend a second guess
    try {
      await post(ADDRESS, { password, code, answer });
    } catch (trouble) {
      return this.#wrong(trouble);
    } finally {
      button?.removeAttribute("disabled");
    }
    this.#proved = true;
    this.#dialog.close();
  }

  /** @param {unknown} trouble */
  #wrong(trouble) {
    const errors = trouble instanceof Refused ? trouble.errors : {};
    this.#trouble.textContent = Object.values(errors)[0] ?? (trouble instanceof Refused ? trouble.says : t("没有送到，内容还在，请检查网络后再试一次"));
    for (const name of ["password", "code"]) this.#field(name)?.setAttribute("aria-invalid", String(name in errors));
    const field = this.#field("code" in errors ? "code" : "password");
    field?.focus();
    field?.select();
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement | null} */ (this.#dialog.querySelector(`[name=${name}]`));
  }
}

/** The page below may have fields of the same names. @param {Element} part */
function renamed(part) {
  for (const name of ["id", "for", "aria-describedby"]) {
    const said = part.getAttribute(name);
    if (said) part.setAttribute(name, said.split(" ").map((id) => `proof-${id}`).join(" "));
  }
}

/**
 * @param {string} title
 * @param {() => void} close
 */
function head(title, close) {
  const line = element("div", "dialog-head");
  const button = element("button", "icon-button");
  button.setAttribute("type", "button");
  button.setAttribute("aria-label", t("关闭"));
  button.append(icon("close"));
  button.addEventListener("click", close);
  line.append(element("h2", "", title, "proof-title"), button);
  return line;
}

/**
 * @param {string} name
 * @param {string} look
 * @param {string} text
 * @param {string} id
 */
function element(name, look, text = "", id = "") {
  const made = document.createElement(name);
  if (look) made.className = look;
  if (id) made.id = id;
  made.textContent = text;
  return made;
}
