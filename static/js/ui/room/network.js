// One's own line: tells the room how it is, and notices that the machine has another network.

/** @typedef {import("../../lib/tie.js").Tie} Tie */
/** @typedef {import("../../net/seat.js").Seat} Seat */

const REPORT_EVERY = 5000; // ms
const NOTICE_FOR = 4000; // ms the own tile says that the network has changed

export class Network {
  #changedAt = -Infinity;
  #change = () => this.#changed();
  #look = () => document.visibilityState === "visible" && this.ends.seat.hurry();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #beat;

  /** @param {{seat: Seat, ties: () => Iterable<Tie>, changed: () => void}} ends */
  constructor(ends) {
    this.ends = ends;
  }

  connect() {
    globalThis.addEventListener("online", this.#change);
    connection()?.addEventListener("change", this.#change);
    document.addEventListener("visibilitychange", this.#look);
    this.#beat = setInterval(() => this.#report(), REPORT_EVERY);
  }

  disconnect() {
    globalThis.removeEventListener("online", this.#change);
    connection()?.removeEventListener("change", this.#change);
    document.removeEventListener("visibilitychange", this.#look);
    clearInterval(this.#beat);
  }

  /** @param {number} now ms, monotonic */
  hasJustChanged(now) {
    return now - this.#changedAt < NOTICE_FOR;
  }

  #changed() {
    this.#changedAt = performance.now();
    void this.ends.seat.probe();
    this.ends.changed();
  }

  #report() {
    const lines = [...this.ends.ties()].map(({ line }) => line).filter((line) => line !== null);
    if (!lines.length) return;
    const rooms = lines.map(({ room }) => room).filter((room) => room !== null);
    this.ends.seat.hint("net", {
      rtt: Math.max(...lines.map(({ rtt }) => rtt)),
      loss: Math.min(1, Math.max(...lines.map(({ lossOut }) => lossOut))),
      kbps: rooms.length ? Math.min(...rooms) : 0,
    });
  }
}

/** @returns {EventTarget | undefined} tells of a change between networks, where the browser knows */
function connection() {
  return /** @type {{connection?: EventTarget}} */ (/** @type {unknown} */ (navigator)).connection;
}
