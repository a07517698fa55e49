// <file-uploads subject="consultation:…" list="files-…">: files come by drag, paste, picker or camera, each a tile with its progress.
import { t } from "../../lib/words.js";
import { fragment, post } from "../../net/http.js";
import { carriesFiles } from "../drop.js";
import { changeIcon, icon } from "../icon.js";
import { morph } from "../morph.js";
import { toast } from "../toast.js";
import { dropped, gathered, picked } from "./gather.js";
import { button, make } from "./parts.js";
import { percent, secondsLeft, sizeWord } from "./progress.js";
import { Sending } from "./sending.js";

const AT_ONCE = 2;
const LOOK_AGAIN = 1500; // ms, while files are being looked at

export class FileUploads extends HTMLElement {
  /** @type {Map<Sending, HTMLElement>} */
  #tiles = new Map();
  #ended = new AbortController();
  #timer = 0;
  #isStale = false; // the list could not be fetched

  connectedCallback() {
    this.#ended = new AbortController();
    const on = { signal: this.#ended.signal };
    for (const input of this.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => this.#pick(/** @type {HTMLInputElement} */ (input)), on);
    }
    for (const opener of this.querySelectorAll("[data-pick]")) {
      const input = this.querySelector(`input[name="${opener.getAttribute("data-pick")}"]`);
      opener.addEventListener("click", () => input instanceof HTMLInputElement && input.click(), on);
    }
    document.addEventListener("dragover", (event) => this.#over(event), on);
    document.addEventListener("dragleave", (event) => event.relatedTarget || this.classList.remove("is-over"), on);
    document.addEventListener("drop", (event) => this.#drop(event), on);
    document.addEventListener("paste", (event) => this.#paste(event), on);
    document.addEventListener("live:fresh", () => this.#hideTwins(), on);
    document.addEventListener("click", (event) => this.#withdraw(event), on);
    window.addEventListener("online", () => this.#wake(), on);
    window.addEventListener("offline", () => this.#each((sending) => sending.lostLine()), on);
    window.addEventListener("beforeunload", (event) => this.#isBusy && event.preventDefault(), on);
    this.#lookAgain();
  }

  disconnectedCallback() {
    this.#ended.abort();
    window.clearTimeout(this.#timer);
    this.#each((sending) => void sending.pause());
  }

  get #subject() {
    return this.getAttribute("subject") ?? "";
  }

  get #list() {
    return document.getElementById(this.getAttribute("list") ?? "");
  }

  get #isBusy() {
    return [...this.#tiles.keys()].some((sending) => sending.isActive);
  }

  /** @param {(sending: Sending) => void} act */
  #each(act) {
    for (const sending of this.#tiles.keys()) act(sending);
  }

  /** @param {HTMLInputElement} input */
  #pick(input) {
    const entries = picked(input.files ?? []);
    input.value = "";
    void this.add(entries);
  }

  /** A file let go beside us would open in place of the page: all of the page takes it. @param {DragEvent} event */
  #over(event) {
    if (!carriesFiles(event) || !this.checkVisibility?.()) return;
    event.preventDefault();
    this.classList.add("is-over");
  }

  /** @param {DragEvent} event */
  #drop(event) {
    if (!this.classList.contains("is-over")) return;
    event.preventDefault();
    this.classList.remove("is-over");
    if (event.dataTransfer) void dropped(event.dataTransfer).then((entries) => this.add(entries));
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || !this.checkVisibility?.()) return;
    event.preventDefault();
    void this.add(picked(files));
  }

  /** @param {import("./zip.js").Entry[]} entries */
  async add(entries) {
    try {
      for (const file of await gathered(entries)) this.#take(file);
    } catch {
      toast({ text: t("有文件读不出来，可能已被移动或存储卡已取出"), tone: "danger" });
    }
    this.#next();
  }

  /** @param {File} file */
  #take(file) {
    const sending = new Sending(file, this.#subject, (one) => this.#draw(one), (one) => void this.#done(one));
    const tile = tileOf(file.name, () => this.#giveUp(sending), () => this.#toggle(sending));
    this.#tiles.set(sending, tile);
    this.querySelector("[data-uploading]")?.append(tile);
    this.#draw(sending);
  }

  #next() {
    const running = [...this.#tiles.keys()].filter((one) => !["waiting", "paused", "failed"].includes(one.state)).length;
    const waiting = [...this.#tiles.keys()].filter((one) => one.state === "waiting");
    for (const sending of waiting.slice(0, Math.max(0, AT_ONCE - running))) void sending.start();
  }

  #wake() {
    this.#each((sending) => sending.state === "offline" && sending.retry());
  }

  /** @param {Sending} sending */
  #toggle(sending) {
    if (sending.state === "sending" || sending.state === "retrying") void sending.pause();
    else sending.retry();
    this.#next();
  }

  /** @param {Sending} sending */
  #giveUp(sending) {
    this.#tiles.get(sending)?.remove();
    this.#tiles.delete(sending);
    void sending.giveUp().then(() => this.#refresh());
    this.#next();
  }

  /** @param {Sending} sending */
  async #done(sending) {
    const tile = this.#tiles.get(sending);
    this.#tiles.delete(sending); // from here on the list's own tile is the one to see
    await this.#refresh();
    tile?.remove();
    this.dispatchEvent(new CustomEvent("files:received", { bubbles: true, detail: { id: sending.id } }));
    this.#next();
    this.#lookAgain();
  }

  /** @param {Sending} sending */
  #draw(sending) {
    const tile = this.#tiles.get(sending);
    if (!tile) return;
    const { state, sent, file, speed } = sending;
    tile.dataset.state = state;
    const share = percent(sent, file.size);
    const bar = /** @type {HTMLProgressElement} */ (tile.querySelector("progress"));
    bar.value = share;
    bar.setAttribute("aria-label", file.name);
    write(tile.querySelector(".tile-says"), words(sending, share, speed));
    const toggle = /** @type {HTMLButtonElement} */ (tile.querySelector("[data-toggle]"));
    const going = state === "sending" || state === "retrying";
    toggle.hidden = state === "proving" || state === "waiting";
    toggle.setAttribute("aria-label", going ? t("暂停") : state === "failed" ? t("重试") : t("继续"));
    changeIcon(toggle, going ? "pause" : state === "failed" ? "refresh" : "play");
  }

  /** The same file as a tile of the list and as one of ours would be seen twice. */
  #hideTwins() {
    for (const sending of this.#tiles.keys()) {
      const twin = sending.id && document.getElementById(`file-${sending.id}`);
      if (twin) twin.hidden = true;
    }
  }

  async #refresh() {
    const list = this.#list;
    const source = list?.dataset.liveSrc;
    if (!list || !source) return;
    const fresh = await fragment(source).catch(() => null);
    const found = fresh?.getElementById(list.id);
    this.#isStale = !found;
    if (found) morph(list, document.importNode(found, true));
    else this.#lookAgain();
    this.#hideTwins();
    document.dispatchEvent(new CustomEvent("files:changed", { detail: { subject: this.#subject } }));
  }

  /** While something is being looked at we ask, whether or not the live line stands. */
  #lookAgain() {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(async () => {
      if (!this.#isStale && !this.#list?.querySelector("[data-status=checking]")) return;
      await this.#refresh();
      this.#lookAgain();
    }, LOOK_AGAIN);
  }

  /** @param {Event} event */
  async #withdraw(event) {
    const asked = event.target instanceof Element && event.target.closest("[data-withdraw]");
    if (!asked || !this.#list?.contains(asked)) return;
    event.preventDefault();
    try {
      const { undo } = await post(asked.getAttribute("data-withdraw") ?? "");
      await this.#refresh();
      const back = () => post(undo).then(() => this.#refresh(), sayNot);
      toast({ text: t("已撤回文件"), undo: back });
    } catch (trouble) {
      sayNot(trouble);
    }
  }
}

/** @param {unknown} trouble */
function sayNot(trouble) {
  const says = trouble instanceof Error && "says" in trouble ? String(trouble.says) : t("网络中断，没有完成，请稍后再试");
  toast({ text: says, tone: "danger" });
}

/**
 * @param {string} name
 * @param {() => void} giveUp
 * @param {() => void} toggle
 */
function tileOf(name, giveUp, toggle) {
  const mark = make("span", "tile-mark", icon("upload"));
  const text = make("div", "tile-text", make("p", "tile-name", name), make("progress", ""), make("p", "tile-says"));
  const progress = /** @type {HTMLProgressElement} */ (text.querySelector("progress"));
  progress.max = 100;
  const toggler = button(t("暂停"), toggle, { icon: "pause", bare: true });
  toggler.setAttribute("data-toggle", "");
  return make("li", "tile file-tile is-sending", mark, text, toggler, button(t("取消上传"), giveUp, { icon: "close", bare: true }));
}

/**
 * @param {Sending} sending
 * @param {number} share
 * @param {number} speed
 * @returns {string}
 */
function words({ state, sent, file, trouble }, share, speed) {
  const left = secondsLeft(sent, file.size, speed);
  switch (state) {
    case "waiting":
      return t("排队中 · %(size)s", { size: sizeWord(file.size) });
    case "sending":
      return [`${share}%`, speed ? `${sizeWord(speed)}/s` : "", left && left > 2 ? leftWord(left) : ""].filter(Boolean).join(" · ");
    case "paused":
      return t("已暂停 · %(share)s%", { share });
    case "offline":
      return t("等待网络恢复 · 已传 %(share)s%", { share });
    case "retrying":
      return t("连接中断，正在重连 · 已传 %(share)s%", { share });
    case "proving":
      return t("正在核对…");
    default:
      return t("没有传成：%(why)s", { why: trouble || t("文件读不出来，可能已被移动") });
  }
}

/** @param {number} seconds */
function leftWord(seconds) {
  return seconds < 90 ? t("剩 %(seconds)s 秒", { seconds }) : t("剩 %(minutes)s 分钟", { minutes: Math.round(seconds / 60) });
}

/**
 * @param {Element | null} element
 * @param {string} text
 */
function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
