// The list of patients, a patient, the amendment.
import { Desk } from "../ui/patients/desk.js";

for (const form of document.querySelectorAll("form[data-patient-desk]")) {
  if (form instanceof HTMLFormElement) new Desk(form).connect();
}
