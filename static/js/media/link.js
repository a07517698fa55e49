// One connection to one other browser.
//
// Three places for media are laid in the first offer and never change: sound, camera, screen. Starting, stopping
// and changing a device puts another track into its place (replaceTrack) and needs no new negotiation.

import { examine, isPolite, moveOn, newHealth, originOf } from "../lib/negotiation.js";
import { BUNDLED } from "./ice.js";

/** @typedef {"audio" | "camera" | "screen"} Place */
/** @typedef {Record<Place, MediaStreamTrack | null>} Tracks */
/** @typedef {{pc: RTCPeerConnection, places: Partial<Record<Place, RTCRtpTransceiver>>, together: MediaStream}} Laid
 *   `together`: sound and camera carry one stream's name, so that lips and voice stay in step */
/** @typedef {{description?: RTCSessionDescriptionInit | null, candidate?: RTCIceCandidateInit | null}} Step */
/**
 * @typedef {object} LinkEnds
 * @property {string} me  own participant id
 * @property {string} other
 * @property {() => RTCConfiguration} configuration  with credentials that still hold
 * @property {() => Promise<void>} freshen  gets new TURN credentials when the old ones are about to lapse
 * @property {Tracks} tracks  own tracks, shared by all links and changed in place
 * @property {(step: Step) => void} send
 * @property {() => void} changed
 * @property {(error: unknown) => void} failed
 */

export const PLACES = /** @type {const} */ (["audio", "camera", "screen"]);

/** A connection with its places, whomever it will go to: of a page's connections the first takes a browser longest. @returns {Laid} */
export function lay(pc = new RTCPeerConnection(BUNDLED)) {
  const together = new MediaStream();
  const laid = PLACES.map((place) => {
    const kind = place === "audio" ? "audio" : "video";
    return [place, pc.addTransceiver(kind, { direction: "sendrecv", streams: streamsOf(place, together) })];
  });
  return { pc, places: Object.fromEntries(laid), together };
}

const UNANSWERED_AFTER = 3000; // ms; the offer or its answer was lost on the way

export class Link {
  /** @type {Partial<Record<Place, RTCRtpTransceiver>>} */
  #places = {};
  /** @type {Promise<void>} */
  #turn = Promise.resolve();
  /** @type {string | null} */
  #origin = null;
  #settled = false;
  #health = newHealth();
  /** @type {RTCIceCandidateInit[]} */
  #early = [];
  /** @type {number | null} */
  #offeredAt = null;
  #together = new MediaStream();
  closed = false;

  /** @param {LinkEnds} ends @param {Laid | null} [laid] one to call with, from now on this link's */
  constructor(ends, laid = null) {
    this.ends = ends;
    this.polite = isPolite(ends.me, ends.other);
    this.pc = laid ? this.#takeUp(laid) : this.#build();
  }

  get connected() {
    return this.pc.connectionState === "connected";
  }

  /** @param {Place} place */
  receiver(place) {
    return this.#places[place]?.receiver;
  }

  /** @param {Place} place */
  sender(place) {
    return this.#places[place]?.sender;
  }

  /** @param {Place} place */
  mid(place) {
    return this.#places[place]?.mid;
  }

  /** Makes the first offer: whoever came later calls. */
  call() {
    if (!this.#places.audio) this.#keep(lay(this.pc));
    this.#dress();
    this.#queue(() => this.#offer());
  }

  /** @param {Place} place whose own track has changed */
  replace(place) {
    void this.sender(place)
      ?.replaceTrack(this.ends.tracks[place])
      .catch(this.ends.failed);
  }

  /** What the other browser sent, one after the other. @param {Step} step */
  take(step) {
    this.#queue(() => (step.description ? this.#describe(step.description) : this.#candidate(step.candidate)));
  }

  /** A new path: after a network change, or when the old one has fallen silent. */
  restart() {
    this.#queue(async () => {
      await this.ends.freshen();
      if (this.closed) return;
      this.pc.setConfiguration(this.ends.configuration());
      this.pc.restartIce();
      if (this.pc.signalingState === "have-local-offer") await this.#offer();
    });
  }

  /** Says again what may never have arrived: signalling was away, media was not. */
  again() {
    if (this.pc.signalingState === "have-local-offer") this.#queue(() => this.#offer());
    else if (!this.connected && this.#settled) this.restart();
  }

  /** Looks after itself; called a few times a second. @param {number} now ms, monotonic @param {boolean} reachable */
  tick(now, reachable) {
    if (this.closed || !reachable) return;
    const failed = this.pc.connectionState === "failed";
    const seen = examine(this.#health, { connected: this.connected, failed, polite: this.polite, now });
    this.#health = seen.health;
    const unanswered = this.pc.signalingState === "have-local-offer" && now - (this.#offeredAt ?? now) > UNANSWERED_AFTER;
    if (unanswered) this.#queue(() => this.#offer());
    else if (seen.restart && this.#settled) this.restart();
  }

  close() {
    this.closed = true;
    this.#drop();
  }

  /** @param {Laid} laid */
  #takeUp(laid) {
    this.#keep(laid);
    laid.pc.setConfiguration(this.ends.configuration());
    return this.#tend(laid.pc);
  }

  /** @param {Laid} laid */
  #keep({ places, together }) {
    [this.#places, this.#together] = [places, together];
  }

  #build() {
    return this.#tend(new RTCPeerConnection(this.ends.configuration()));
  }

  /** @param {RTCPeerConnection} pc */
  #tend(pc) {
    pc.addEventListener("negotiationneeded", () => this.#settled && this.#queue(() => this.#offer())); // the first is `call`'s
    pc.addEventListener("icecandidate", ({ candidate }) => candidate && this.ends.send({ candidate: candidate.toJSON() }));
    for (const event of ["connectionstatechange", "track"]) pc.addEventListener(event, () => this.ends.changed());
    return pc;
  }

  #drop() {
    this.pc.close();
    this.#places = {};
  }

  #rebuild() {
    this.#drop();
    this.pc = this.#build();
    [this.#origin, this.#settled, this.#health, this.#early] = [null, false, newHealth(), []];
  }

  /** @param {() => Promise<void>} work runs after everything queued before it: a negotiation is never entered twice */
  #queue(work) {
    this.#turn = this.#turn.then(() => (this.closed ? undefined : work())).catch(this.ends.failed);
  }

  async #offer() {
    const { pc } = this;
    if (pc.signalingState !== "stable" && pc.signalingState !== "have-local-offer") return;
    await pc.setLocalDescription(await pc.createOffer());
    this.#offeredAt = performance.now();
    this.ends.send({ description: pc.localDescription });
  }

  /** @param {RTCSessionDescriptionInit} init */
  async #describe(init) {
    const description = { type: init.type, sdp: init.sdp ?? "" };
    const seen = { polite: this.polite, state: this.pc.signalingState, settled: this.#settled, origin: this.#origin };
    const move = moveOn({ description, ...seen });
    if (move === "ignore") return;
    if (move === "rebuild") this.#rebuild();
    await this.pc.setRemoteDescription(/** @type {RTCSessionDescriptionInit} */ (description)); // yields by itself
    this.#origin = originOf(description.sdp);
    if (description.type === "offer") await this.#answer();
    this.#settled = true;
    this.#offeredAt = null;
    for (const candidate of this.#early.splice(0)) await this.#candidate(candidate);
    this.ends.changed();
  }

  async #answer() {
    const laid = this.pc.getTransceivers().filter((transceiver) => transceiver.mid !== null);
    PLACES.forEach((place, index) => {
      this.#places[place] = laid[index];
      if (laid[index]) this.#open(laid[index], place);
    });
    this.#dress();
    await this.pc.setLocalDescription();
    this.ends.send({ description: this.pc.localDescription });
  }

  /**
   * @param {RTCRtpTransceiver} transceiver
   * @param {Place} place
   */
  #open(transceiver, place) {
    transceiver.direction = "sendrecv";
    transceiver.sender.setStreams?.(...streamsOf(place, this.#together));
  }

  /** Puts own tracks into their places and says what matters most. */
  #dress() {
    for (const place of PLACES) if (this.ends.tracks[place]) this.replace(place);
    const audio = this.#places.audio;
    if (audio) preferRepair(audio);
  }

  /** @param {RTCIceCandidateInit | null | undefined} candidate */
  async #candidate(candidate) {
    if (!candidate) return;
    if (!this.pc.remoteDescription) {
      this.#early.push(candidate);
      return;
    }
    // One that belongs to an offer we did not take, or to a path given up meanwhile, is refused: rightly so.
    await this.pc.addIceCandidate(candidate).catch(() => undefined);
  }
}

/** @param {Place} place @param {MediaStream} together */
function streamsOf(place, together) {
  return place === "screen" ? [new MediaStream()] : [together];
}

/**
 * Sound repairs itself: each packet carries the one before it (RED, RFC 2198), Opus adds its own (useinbandfec).
 * @param {RTCRtpTransceiver} audio
 */
function preferRepair(audio) {
  const codecs = globalThis.RTCRtpReceiver?.getCapabilities?.("audio")?.codecs ?? [];
  const rank = (/** @type {{mimeType: string}} */ codec) =>
    ["audio/red", "audio/opus"].indexOf(codec.mimeType.toLowerCase()) >>> 0;
  if (codecs.length) audio.setCodecPreferences?.([...codecs].sort((a, b) => rank(a) - rank(b)));
}
