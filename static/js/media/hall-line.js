// A hall's media as one page has it: a connection for what it watches, and one for what it publishes.
// Each is one-way and its sender offers: the server for what is watched, this page for what it publishes.

import { sourceOf } from "../lib/hall.js";
import { isKeptOut, NOT_RECORDED } from "../lib/roster.js";
import { BUNDLED } from "./ice.js";

/** @typedef {"audio" | "camera" | "screen"} Place */
/** @typedef {Record<Place, MediaStreamTrack | null>} Tracks */
/** @typedef {{number: number, sdp: string, views: Record<string, string>}} Offer */
/**
 * @typedef {object} HallEnds
 * @property {(name: string, payload?: Record<string, any>) => Promise<any>} ask
 * @property {() => Promise<RTCConfiguration>} configuration  with credentials that still hold
 * @property {() => void} changed
 * @property {Tracks} tracks  own tracks, changed in place
 */

const ROLES = /** @type {const} */ ({ audio: "voice", camera: "face", screen: "screen" });
const PLACES = /** @type {Place[]} */ (["audio", "camera", "screen"]);
/** Large for whoever has one on the stage of their page, small for everybody's picker. */
const LAYERS = [{ rid: "l", scaleResolutionDownBy: 4, maxBitrate: 120_000 }, { rid: "h" }];
const AGAIN_AFTER = 1000; // ms

export class HallLine {
  /** @type {RTCPeerConnection | null} */
  #in = null;
  /** @type {RTCPeerConnection | null} */
  #out = null;
  /** @type {Map<Place, RTCRtpSender>} */
  #senders = new Map();
  /** @type {Record<string, string>} source by mid */
  #views = {};
  /** @type {Map<string, number | null>} */
  #limits = new Map();
  /** Of each connection by itself: what is under way on one as it closes never ends. @type {WeakMap<RTCPeerConnection, Promise<void>>} */
  #turns = new WeakMap();
  #closed = false;
  #keptOut = false; // by a recording that this person has not agreed to …
  #refused = false; // … so that what this page sends was refused
  publishing = false;

  /** @param {HallEnds} ends */
  constructor(ends) {
    this.ends = ends;
  }

  get connected() {
    return this.#in?.connectionState === "connected";
  }

  /** Everything there is, on a connection of its own. */
  watch() {
    this.#dropIn();
    const pc = new RTCPeerConnection(BUNDLED);
    pc.addEventListener("connectionstatechange", () => this.ends.changed());
    this.#in = pc;
    void this.#untilDone("watch", { views: null }, () => this.#in === pc);
  }

  /** @param {Offer} offer */
  offered({ number, sdp, views }) {
    const pc = this.#in;
    if (!pc) return;
    this.#queue(pc, async () => {
      if (pc !== this.#in) return;
      const configuration = await this.ends.configuration();
      if (pc !== this.#in) return;
      pc.setConfiguration(configuration);
      await pc.setRemoteDescription({ type: "offer", sdp });
      await pc.setLocalDescription();
      this.#views = views;
      await this.ends.ask("answer", { number, sdp: pc.localDescription?.sdp });
      this.ends.changed();
    });
  }

  /** @param {string} source @returns {MediaStreamTrack | null} */
  track(source) {
    return this.at(source)?.receiver.track ?? null;
  }

  /** @param {string} source @returns {RTCRtpTransceiver | undefined} where it comes in */
  at(source) {
    return this.#in?.getTransceivers().find(({ mid }) => mid !== null && this.#views[mid] === source);
  }

  /** What is counted of what this page sends. @returns {Promise<any[]>} */
  async sent() {
    return [...((await this.#out?.getStats())?.values() ?? [])];
  }

  /** The large one as good as the line carries it, the others as thumbnails. @param {import("../lib/faces.js").Face[]} faces @param {string} stage its key */
  favour(faces, stage) {
    for (const face of faces) if (!face.mine) this.#limit(sourceOf(face), face.key === stage ? null : 0);
  }

  /** @param {string} source @param {number | null} layer the largest this page needs of it */
  #limit(source, layer) {
    if (!this.track(source) || this.#limits.get(source) === layer) return;
    this.#limits.set(source, layer);
    void this.ends.ask("limit", { view: source, layer }).catch(() => this.#limits.delete(source));
  }

  /** The places are laid at once; what is put into them later needs no new offer. @param {{screen: boolean}} [may] */
  publish({ screen } = { screen: true }) {
    this.#dropOut();
    this.publishing = true;
    const pc = new RTCPeerConnection(BUNDLED);
    const together = new MediaStream();
    for (const place of PLACES) if (screen || place !== "screen") this.#senders.set(place, lay(pc, place, together));
    for (const place of PLACES) this.replace(place);
    this.#out = pc;
    this.#queue(pc, () => this.#offer(pc));
  }

  /**
   * Whether what was refused may be sent now: this person has agreed, or it is recorded no more.
   * @param {import("../lib/roster.js").Recorded} [recording]
   */
  isLetIn(recording = NOT_RECORDED) {
    const keptOut = isKeptOut(recording);
    const letIn = this.#keptOut && !keptOut && (recording.on || this.#refused);
    this.#keptOut = keptOut;
    return letIn;
  }

  /** @param {Place} place whose own track has changed */
  replace(place) {
    void this.#senders.get(place)?.replaceTrack(this.ends.tracks[place]).catch(() => undefined);
  }

  /** Off the stage. */
  unpublish() {
    this.publishing = false;
    this.#dropOut();
  }

  close() {
    this.#closed = true;
    this.unpublish();
    this.#dropIn();
  }

  /** @param {RTCPeerConnection} pc */
  async #offer(pc) {
    if (pc !== this.#out) return;
    const configuration = await this.ends.configuration();
    if (pc !== this.#out) return;
    pc.setConfiguration(configuration);
    await pc.setLocalDescription();
    const mids = pc.getTransceivers().map((line) => line.mid ?? "");
    const roles = Object.fromEntries(mids.map((mid, index) => [mid, ROLES[PLACES[index]]]));
    const answer = await this.#untilDone("publish", { sdp: pc.localDescription?.sdp, roles }, () => pc === this.#out);
    if (pc === this.#out) this.#refused = !answer;
    if (answer && pc === this.#out) await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
  }

  /**
   * Asked again while nothing carries media yet; a broken line is made good by the next join.
   * @param {string} name
   * @param {Record<string, any>} payload
   * @param {() => boolean} wanted
   */
  async #untilDone(name, payload, wanted) {
    while (wanted() && !this.#closed) {
      const answer = await this.ends.ask(name, payload).catch(() => null);
      if (answer?.ok) return answer;
      if (answer && answer.error.code !== "media.unavailable") return null;
      await new Promise((done) => setTimeout(done, AGAIN_AFTER));
    }
    return null;
  }

  /** @param {RTCPeerConnection} pc @param {() => Promise<void>} work */
  #queue(pc, work) {
    const before = this.#turns.get(pc) ?? Promise.resolve();
    this.#turns.set(pc, before.then(() => (this.#closed ? undefined : work())).catch((error) => console.warn("hall", error)));
  }

  #dropIn() {
    this.#in?.close();
    [this.#in, this.#views] = [null, {}];
    this.#limits.clear();
  }

  #dropOut() {
    this.#out?.close();
    this.#out = null;
    this.#senders.clear();
  }
}

/** What the server brings of one person: a `Way` of lib/tie.js. */
export class Passage {
  /** @param {HallLine} line @param {string} id */
  constructor(line, id) {
    this.line = line;
    this.id = id;
  }

  get connected() {
    return this.line.connected && Boolean(this.receiver("audio"));
  }

  /** @param {Place} place */
  receiver(place) {
    return this.#at(place)?.receiver;
  }

  /** @returns {Promise<{reports: any[], camera: string | null | undefined}>} what is counted, and the m-line of their camera */
  async received() {
    const stats = await Promise.all([this.receiver("audio"), this.receiver("camera")].map((one) => one?.getStats()));
    return { reports: stats.flatMap((one) => [...(one?.values() ?? [])]), camera: this.#at("camera")?.mid };
  }

  /** @param {Place} place */
  #at(place) {
    return this.line.at(`${this.id}:${ROLES[place]}`);
  }
}

/**
 * @param {RTCPeerConnection} pc
 * @param {Place} place
 * @param {MediaStream} together sound and camera carry one stream's name, so that lips and voice stay in step
 */
function lay(pc, place, together) {
  const streams = place === "screen" ? [new MediaStream()] : [together];
  const sendEncodings = place === "camera" ? LAYERS : undefined;
  const kind = place === "audio" ? "audio" : "video";
  return pc.addTransceiver(kind, { direction: "sendonly", streams, ...(sendEncodings && { sendEncodings }) }).sender;
}
