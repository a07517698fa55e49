// The consent page: who signs, the pad.
import { Pad } from "../ui/patients/pad.js";
import { SigningForm } from "../ui/patients/signing.js";

for (const form of document.querySelectorAll("form[data-consent]")) {
  if (form instanceof HTMLFormElement) new SigningForm(form).connect();
}
for (const box of document.querySelectorAll("[data-on-screen]")) new Pad(box).connect();
