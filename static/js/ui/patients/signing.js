// The consent form: who signs and how decides which parts are shown.

export class SigningForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
  }

  connect() {
    this.form.addEventListener("change", () => this.show());
    this.show();
  }

  show() {
    const signer = this.chosen("signer");
    const method = this.chosen("method") || "on_screen";
    this.hide("[data-signer-other]", signer === "patient");
    this.hide("[data-on-screen]", method !== "on_screen");
    this.hide("[data-on-paper]", method !== "paper_photo");
  }

  /** @param {string} name */
  chosen(name) {
    return String(new FormData(this.form).get(name) ?? "");
  }

  /**
   * @param {string} part
   * @param {boolean} away
   */
  hide(part, away) {
    this.form.querySelector(part)?.toggleAttribute("hidden", away);
  }
}
