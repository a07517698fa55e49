// One way to show any file: mountViewer(element, {id, kind}). What a kind needs is loaded when it is first shown.
import { t } from "../../lib/words.js";
import { icon } from "../icon.js";
import { button, make } from "./parts.js";

/** @typedef {"dicom" | "ecg" | "photo" | "pdf"} Kind */
/** @typedef {(element: HTMLElement, file: {id: string, name: string, signal: AbortSignal}) => Promise<void>} Mount */

/** @type {Record<Kind, () => Promise<Mount>>} */
const VIEWERS = {
  dicom: async () => (await import("./dicom.js")).mountDicom,
  ecg: async () => (await import("./ecg.js")).mountEcg,
  photo: async () => (await import("./photo.js")).mountPhoto,
  pdf: async () => (await import("./pdf.js")).mountPdf,
};

/** The file is not there for us (any more). */
export class Gone extends Error {}

/**
 * Shows a file in `element`, whatever was in it before.
 * @param {HTMLElement} element
 * @param {{id: string, kind: Kind, name?: string}} file
 * @returns {() => void} takes it away and ends what it fetches
 */
export function mountViewer(element, file) {
  const ended = new AbortController();
  element.classList.add("viewer");
  element.dataset.state = "opening";
  element.replaceChildren(opening());
  open(element, file, ended.signal).then(
    () => !ended.signal.aborted && (element.dataset.state = "open"),
    (trouble) => ended.signal.aborted || sayTrouble(element, file, trouble),
  );
  return () => (ended.abort(), element.replaceChildren());
}

/**
 * @param {HTMLElement} element
 * @param {{id: string, kind: Kind, name?: string}} file
 * @param {AbortSignal} signal
 */
async function open(element, { id, kind, name = "" }, signal) {
  const mount = await VIEWERS[kind]();
  if (!signal.aborted) await mount(element, { id, name, signal });
}

function opening() {
  const words = make("p", "viewer-opening", icon("wait"), " ", t("正在打开…"));
  words.setAttribute("role", "status");
  return words;
}

/**
 * @param {HTMLElement} element
 * @param {{id: string, kind: Kind, name?: string}} file
 * @param {unknown} trouble
 */
function sayTrouble(element, file, trouble) {
  console.error(trouble);
  element.dataset.state = "failed";
  const gone = trouble instanceof Gone;
  const words = gone ? t("文件已被撤回，或者您无权查看") : t("没有打开：网络中断或文件读不出。文件本身没有受影响");
  const note = make("div", "viewer-trouble", icon("over"), make("p", "", words));
  note.setAttribute("role", "alert");
  if (!gone) note.append(button(t("重试"), () => mountViewer(element, file), { icon: "refresh" }));
  element.replaceChildren(note);
}

/**
 * @param {string} id
 * @param {string} name
 */
export function derived(id, name) {
  return `/files/${id}/derived/${name}`;
}

/**
 * @param {string} address
 * @param {AbortSignal} signal
 * @returns {Promise<Response>} raises Gone, or an Error
 */
export async function fetched(address, signal) {
  const response = await fetch(address, { signal, headers: { Accept: "application/json, */*" } });
  if (response.status === 404 || response.status === 401) throw new Gone(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response;
}
