// One file on its way: resumable by tus, patient with bad lines, proven by its SHA-256 at both ends.
import * as tus from "tus-js-client";
import { delay } from "../../lib/backoff.js";
import { Refused, post } from "../../net/http.js";
import { Bookmarks, fingerprintOf } from "./bookmarks.js";
import { marked, speedOf } from "./progress.js";
import { sha256Of } from "./sha256.js";

/** @typedef {import("./progress.js").State} State */

const PACE = { first: 1000, most: 15_000 };
const SILENCE = 30_000; // ms without progress after which a line counts as dead

export class Sending {
  /** @type {State} */
  state = "waiting";
  sent = 0;
  trouble = "";
  /** @type {import("./progress.js").Mark[]} */
  #marks = [];
  #tries = 0;
  #timer = 0;
  #heard = 0;
  /** @type {Promise<string> | null} */
  #sum = null;
  #given = new AbortController();

  /**
   * @param {File} file
   * @param {string} subject "consultation:…"
   * @param {(sending: Sending) => void} changed
   * @param {(sending: Sending) => void} done all is there and proven
   */
  constructor(file, subject, changed, done) {
    this.file = file;
    this.changed = changed;
    this.done = done;
    const person = meta("person");
    const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
    this.upload = new tus.Upload(file, {
      endpoint: "/files/uploads",
      metadata: { filename: file.name, subject },
      fingerprint: async () => fingerprintOf(file, subject, person),
      urlStorage: new Bookmarks(localStorage),
      removeFingerprintOnSuccess: true,
      retryDelays: null, // we know better when to try again
      onBeforeRequest: (request) => equip(request, key),
      onProgress: (sent) => this.#progress(sent),
      onSuccess: () => void this.#prove(),
      onError: (error) => this.#failed(error),
    });
  }

  /** The attachment's id, once the server gave it one. */
  get id() {
    return this.upload.url?.match(/[0-9a-f]{32}$/)?.[0] ?? "";
  }

  get speed() {
    return speedOf(this.#marks);
  }

  get isActive() {
    return this.state !== "failed" && this.state !== "paused";
  }

  async start() {
    if (!navigator.onLine) return this.#become("offline");
    this.#sum ??= sha256Of(this.file, this.#given.signal);
    this.#sum.catch(() => (this.#sum = null)); // told when it is asked for
    this.#marks = [];
    this.#become("sending");
    if (!this.upload.url) {
      const [before] = await this.upload.findPreviousUploads();
      if (before && this.state === "sending") this.upload.resumeFromPreviousUpload(before);
    }
    if (this.state !== "sending") return;
    this.upload.start();
    this.#listen();
  }

  async pause() {
    this.#become("paused");
    await this.upload.abort();
  }

  /** Takes it back for good. */
  async giveUp() {
    this.#given.abort();
    this.#become("paused");
    await this.upload.abort(true).catch(() => {}); // what is left behind there is cleared away in time
  }

  /** The line is back, or a person asks. */
  retry() {
    this.#tries = 0;
    if (this.state === "proving") return;
    void this.start();
  }

  /** Stops without being asked: the line is gone. */
  lostLine() {
    if (this.state !== "sending" && this.state !== "retrying") return;
    this.#become("offline");
    void this.upload.abort();
  }

  /**
   * @param {State} state
   * @param {string} [trouble]
   */
  #become(state, trouble = "") {
    window.clearTimeout(this.#timer);
    this.state = state;
    this.trouble = trouble;
    this.changed(this);
  }

  /** @param {number} sent */
  #progress(sent) {
    if (this.state !== "sending") return;
    this.#tries = 0;
    this.sent = sent;
    this.#heard = Date.now();
    this.#marks = marked(this.#marks, { at: this.#heard, bytes: sent });
    this.changed(this);
  }

  /** A line that neither sends nor breaks is broken by us. */
  #listen() {
    this.#heard = Date.now();
    const look = async () => {
      if (this.state !== "sending") return;
      if (Date.now() - this.#heard > SILENCE) {
        await this.upload.abort();
        return this.#again();
      }
      this.#timer = window.setTimeout(look, 2000);
    };
    this.#timer = window.setTimeout(look, 2000);
  }

  /** @param {Error | tus.DetailedError} error */
  #failed(error) {
    const status = "originalResponse" in error ? (error.originalResponse?.getStatus() ?? 0) : 0;
    if (!navigator.onLine) return this.#become("offline");
    if (status === 0 || status >= 500 || [408, 409, 423, 429].includes(status)) return this.#again();
    this.#become("failed", sentenceOf(error));
  }

  #again() {
    this.#become("retrying");
    const wait = 500 + delay(this.#tries++, Math.random(), PACE);
    this.#timer = window.setTimeout(() => void this.start(), wait);
  }

  async #prove() {
    this.sent = this.file.size;
    this.#become("proving");
    try {
      const sha256 = await (this.#sum ??= sha256Of(this.file, this.#given.signal));
      await post(`/files/${this.id}/complete`, { sha256 });
      this.done(this);
    } catch (trouble) {
      if (this.#given.signal.aborted) return;
      if (trouble instanceof Refused) this.#become("failed", trouble.says);
      else if (trouble instanceof DOMException) this.#become("failed", "");
      else this.#proveLater();
    }
  }

  #proveLater() {
    const wait = 500 + delay(this.#tries++, Math.random(), PACE);
    this.#timer = window.setTimeout(() => void this.#prove(), wait);
  }
}

/**
 * @param {tus.HttpRequest} request
 * @param {string} key
 */
function equip(request, key) {
  request.setHeader("Accept", "application/json");
  request.setHeader("X-CSRF", meta("csrf"));
  if (request.getMethod() === "POST") request.setHeader("Idempotency-Key", key);
}

/** @param {Error | tus.DetailedError} error */
function sentenceOf(error) {
  if (!("originalResponse" in error)) return "";
  try {
    return String(JSON.parse(error.originalResponse?.getBody() ?? "{}").detail ?? "");
  } catch {
    return "";
  }
}

/** @param {string} name */
function meta(name) {
  return document.querySelector(`meta[name=${name}]`)?.getAttribute("content") ?? "";
}
