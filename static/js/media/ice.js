// STUN and TURN as the server names them, with credentials that hold for minutes.

/** @typedef {{servers: RTCIceServer[], policy: RTCIceTransportPolicy, ttl: number}} Ice  `ttl` seconds */

/** What every connection begins with and keeps: a later configuration may not change it. */
export const BUNDLED = /** @type {const} */ ({ bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });

export class Relays {
  /** @type {Ice} */
  #ice = { servers: [], policy: "all", ttl: 0 };
  #at = 0;

  /** @param {() => Promise<any>} ask  for new ones: the server's answer */
  constructor(ask) {
    this.ask = ask;
  }

  /** @param {Ice} ice */
  renew(ice) {
    this.#ice = ice;
    this.#at = performance.now();
  }

  /** Gets new credentials when the old ones are about to lapse. */
  async freshen() {
    if (!this.#ice.servers.some(({ credential }) => credential)) return;
    if (performance.now() - this.#at < this.#ice.ttl * 800) return;
    const answer = await this.ask().catch(() => null);
    if (answer?.ok) this.renew(answer.ice);
  }

  /** To another person. @returns {RTCConfiguration} */
  get configuration() {
    return { ...BUNDLED, iceServers: this.#ice.servers, iceTransportPolicy: this.#ice.policy };
  }

  /** To the server, which is no other person: its address is known, so that nobody need hide from it behind a relay. @returns {Promise<RTCConfiguration>} */
  async toServer() {
    await this.freshen();
    return { ...this.configuration, iceTransportPolicy: "all" };
  }
}
