// The one-line desk: an ID number tells sex, birth date and age while it is typed; a child opens the guardian's fields.
import { t } from "../../lib/words.js";
import { GUARDED_BELOW_YEARS, readIdNumber, yearsOn } from "./idcard.js";

const WITHOUT_NUMBER = ["newborn", "unknown"];

export class Desk {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.today = form.dataset.today ?? "";
    this.filled = ""; // the number that filled sex and birth date last, so that typing over them by hand is left alone
  }

  connect() {
    this.form.addEventListener("input", () => this.show());
    this.show();
  }

  show() {
    const kind = this.value("id_kind");
    const read = readIdNumber(this.value("id_no"), this.today);
    if (kind === "resident" && read.state === "right") this.fill(read);
    this.say(kind === "resident" ? sentenceOf(read) : "", read.state === "wrong" && kind === "resident");
    this.put("id_no", WITHOUT_NUMBER.includes(kind));
    for (const part of this.form.querySelectorAll("[data-for-kind]")) {
      part.toggleAttribute("hidden", part.getAttribute("data-for-kind") !== kind);
    }
    this.askForGuardian();
  }

  /** @param {import("./idcard.js").Read} read */
  fill(read) {
    if (this.filled === read.number) return;
    this.filled = read.number;
    this.field("sex").value = read.sex;
    this.field("birth_date").value = read.born;
  }

  askForGuardian() {
    const born = this.value("birth_date");
    const child = born !== "" && yearsOn(this.today, born) < GUARDED_BELOW_YEARS;
    if (child) this.form.querySelector("details.patient-more")?.setAttribute("open", "");
    this.form.querySelector("[data-guardian]")?.classList.toggle("guardian-asked", child);
  }

  /**
   * @param {string} sentence
   * @param {boolean} wrong
   */
  say(sentence, wrong) {
    const place = this.form.querySelector("#id-says");
    if (!place || place.textContent === sentence) return;
    place.textContent = sentence;
    place.classList.toggle("id-wrong", wrong);
  }

  /**
   * @param {string} name
   * @param {boolean} unused a field that does not apply now: not to be typed into, not sent
   */
  put(name, unused) {
    this.field(name).disabled = unused;
  }

  /** @param {string} name */
  value(name) {
    return this.field(name).value;
  }

  /** @param {string} name */
  field(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }
}

/** @param {import("./idcard.js").Read | import("./idcard.js").Unread} read */
function sentenceOf(read) {
  if (read.state === "wrong") return t("证件号有误，请核对");
  if (read.state === "other") return t("不是身份证号：请在下面选择证件类型");
  if (read.state !== "right") return "";
  const facts = { sex: read.sex === "male" ? t("男") : t("女"), born: read.born, years: read.years };
  const child = read.years < GUARDED_BELOW_YEARS ? t("，请填写监护人") : "";
  return t("✓ %(sex)s，%(born)s 出生，%(years)s 岁", facts) + child;
}
