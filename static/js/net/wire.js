// The socket under the room: connected when wanted, every question answered or given up within five seconds.

import { Manager } from "socket.io-client";

export const ANSWERED_WITHIN = 5000; // ms; PROTOCOL.md, rule 1

/** @typedef {{ok: true, [fact: string]: any} | {ok: false, error: {code: string, [fact: string]: any}}} Answer */

/** The connection went away before the answer came. */
export class Gone extends Error {}

export class Wire {
  #opening = false; // asked to connect a second time meanwhile, the client would greet twice, and be shown the door

  /** @param {string} path of the Socket.IO endpoint */
  constructor(path) {
    // It reconnects when the seat says so: a rejoin needs more than a socket.
    const manager = new Manager({ path, transports: ["websocket"], reconnection: false, timeout: ANSWERED_WITHIN, autoConnect: false });
    this.socket = manager.socket("/room");
  }

  get up() {
    return this.socket.connected;
  }

  /**
   * @param {{connected: () => void, lost: () => void, told: Record<string, (payload: any) => void>}} listener
   */
  listen({ connected, lost, told }) {
    const then = (/** @type {() => void} */ hear) => () => ((this.#opening = false), hear());
    this.socket.on("connect", then(connected));
    this.socket.on("disconnect", then(lost));
    this.socket.on("connect_error", then(lost));
    for (const [name, hear] of Object.entries(told)) this.socket.on(name, hear);
  }

  open() {
    if (this.up || this.#opening) return;
    this.#opening = true;
    this.socket.connect();
  }

  close() {
    this.#opening = false;
    this.socket.disconnect();
  }

  /**
   * @param {string} name
   * @param {Record<string, any>} [payload]
   * @returns {Promise<Answer>} raises Gone
   */
  async ask(name, payload = {}) {
    // Never into the client's own buffer: what waits there would be sent before the next join.
    if (!this.up) throw new Gone(name);
    try {
      return await this.socket.timeout(ANSWERED_WITHIN).emitWithAck(name, payload);
    } catch (cause) {
      throw new Gone(name, { cause });
    }
  }
}
