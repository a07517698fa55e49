// The files' own elements, so that they work wherever markup brings them: a page, a panel, a fragment.
import { t } from "../../lib/words.js";
import { fragment } from "../../net/http.js";
import { toast } from "../toast.js";
import { mountViewer } from "./mount.js";
import { FileUploads } from "./uploads.js";

/** <file-viewer file="id" kind="dicom" name="胸片"></file-viewer> */
export class FileViewer extends HTMLElement {
  #end = () => {};

  connectedCallback() {
    const kind = /** @type {import("./mount.js").Kind} */ (this.getAttribute("kind"));
    this.#end = mountViewer(this, { id: this.getAttribute("file") ?? "", kind, name: this.getAttribute("name") ?? "" });
  }

  disconnectedCallback() {
    this.#end();
  }
}

/**
 * A tile's file opens in the page's own stage where it has one (nearest first), so that nobody loses their place.
 * @param {MouseEvent} event
 */
function openInPlace(event) {
  const link = event.target instanceof Element && event.target.closest("a[data-file-view]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const stage = link.closest("[data-file-stage]") ?? stageNear(link);
  if (!(stage instanceof HTMLElement)) return;
  event.preventDefault();
  void show(stage, link.getAttribute("data-file-view") ?? "");
}

/** @param {Element} link */
function stageNear(link) {
  for (let around = link.parentElement; around; around = around.parentElement) {
    const found = around.querySelector("[data-file-stage]");
    if (found) return found;
  }
  return null;
}

/**
 * @param {HTMLElement} stage
 * @param {string} address
 */
async function show(stage, address) {
  stage.dataset.asked = address;
  const fresh = await fragment(address).catch(() => null);
  if (stage.dataset.asked !== address) return; // another was asked for since: the last click counts, not the last answer
  const view = fresh?.getElementById("file-view");
  if (!view) return toast({ text: t("没有打开这个文件，请稍后再试"), tone: "danger" });
  stage.hidden = false;
  stage.replaceChildren(document.importNode(view, true));
  stage.scrollIntoView({ block: "nearest" });
}

export function defineFileElements() {
  document.addEventListener("click", openInPlace);
  if (!customElements.get("file-viewer")) customElements.define("file-viewer", FileViewer);
  if (!customElements.get("file-uploads")) customElements.define("file-uploads", FileUploads);
}
