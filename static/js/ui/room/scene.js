// Draws the call: stage, strip, line, clock, banner. Knows how it looks, decides nothing.

import { facesOf, noteOf, stageOf } from "../../lib/faces.js";
import { lineSays } from "../../lib/sayings.js";
import { elapsed, minutesLeft } from "../../lib/times.js";
import { t } from "../../lib/words.js";
import { byId, write } from "./page.js";

/** @typedef {import("../../lib/faces.js").Face} Face */
/** @typedef {import("../../lib/roster.js").Peer} Peer */
/** @typedef {import("../../lib/line.js").Grade} Grade */
/** @typedef {import("../../lib/tie.js").Tie} Tie */
/** @typedef {import("./faces.js").Look} Look */
/**
 * @typedef {object} View  the call as it is now
 * @property {import("../../net/seat.js").Me} me
 * @property {Peer[]} peers
 * @property {Map<string, Tie>} ties
 * @property {import("../../media/link.js").Tracks} tracks
 * @property {{mic: boolean, hand: boolean, dead: boolean, networkChanged: boolean}} own
 * @property {Set<string>} speaking
 * @property {string | null} speaker
 * @property {string | null} pinned
 * @property {boolean} reachable
 * @property {number} now  ms, monotonic
 */

/** @type {Grade[]} */
const WORSE = ["good", "fair", "weak", "bad"];

export class Scene {
  /** @param {import("./faces.js").Faces} faces */
  constructor(faces) {
    this.faces = faces;
  }

  /** @param {View} view @returns {{faces: Face[], stage: string}} what is shown, and the key of what is large */
  draw(view) {
    const { me, peers, tracks, speaker, pinned } = view;
    const faces = facesOf({ me: { id: me.id, screen: Boolean(tracks.screen) }, peers });
    const byPerson = new Map(peers.map((peer) => [peer.id, peer]));
    const looks = faces.map((face) => (face.mine ? ownLook(face, view) : theirLook(face, peerOf(byPerson, face), view)));
    const stage = stageOf(faces, { pinned, speaker });
    this.faces.show(looks, stage);
    drawLine(view);
    return { faces, stage };
  }

  /**
   * @param {number} began ms, the server's clock
   * @param {number} now the same
   * @param {number | null} endsAt
   */
  clock(began, now, endsAt) {
    write(byId("scene-clock"), elapsed(now - began));
    const left = endsAt === null ? null : minutesLeft(endsAt, now);
    byId("scene-left").hidden = left === null;
    if (left !== null) write(byId("scene-left"), left ? t("还剩 %(minutes)s 分", { minutes: left }) : t("预约时间已到"));
  }
}

/**
 * @param {import("../../net/seat.js").Place} place
 * @param {number} since ms since one pressed 进入
 * @returns {string} "" when there is nothing to say
 */
export function placeSays(place, since) {
  if (place === "away") return t("与服务器的连接断开，正在重新连接；通话继续");
  if (place !== "entering") return "";
  return since < 5000 ? t("正在进入会诊室…") : t("暂时连不上服务器，正在重试…");
}

/** @param {string} words "" takes it away */
export function banner(words) {
  byId("banner").hidden = !words;
  write(byId("banner"), words);
}

/**
 * @param {Map<string, Peer>} byPerson
 * @param {Face} face
 */
function peerOf(byPerson, { id }) {
  return /** @type {Peer} */ (byPerson.get(id));
}

/**
 * @param {Face} face
 * @param {View} view
 * @returns {Look}
 */
function ownLook(face, { me, tracks, own, speaking, pinned, ties }) {
  const track = face.kind === "screen" ? tracks.screen : tracks.camera;
  const spared = [...ties.values()].some(({ thrift }) => thrift.spared);
  const seen = { mine: true, dead: own.dead, spared: spared && Boolean(tracks.camera), changed: own.networkChanged };
  const common = { face, name: me.name, title: me.title, mic: own.mic, hand: own.hand, pinned: pinned === face.key };
  const note = face.kind === "camera" ? noteOf({ ...QUIET, ...seen }) : null;
  return { ...common, speaking: speaking.has(me.id), pictured: Boolean(track), track, grade: "good", note };
}

/** @type {import("../../lib/faces.js").Seen} */
const QUIET = {
  ...{ mine: false, here: true, connected: true, everConnected: true, away: 0, cam: false, still: 0 },
  ...{ dead: false, spared: false, changed: false, grade: /** @type {const} */ ("good") },
};

/**
 * @param {Face} face
 * @param {Peer} peer
 * @param {View} view
 * @returns {Look}
 */
function theirLook(face, peer, { ties, speaking, pinned, now }) {
  const tie = ties.get(peer.id);
  const place = face.kind === "screen" ? "screen" : "camera";
  const grade = worse(tie?.grade ?? "good", peer.line);
  const connected = Boolean(tie?.link.connected);
  const still = tie ? now - tie.moved : 0;
  const pictured = face.kind === "screen" || (peer.cam && connected && still < 8000);
  const seen = { here: peer.state === "here", connected, everConnected: Boolean(tie?.stood), cam: peer.cam, still, grade };
  const note = face.kind === "camera" ? noteOf({ ...QUIET, ...seen, away: now - Math.min(tie?.lost ?? now, tie?.missed ?? now) }) : null;
  const common = { face, name: peer.name, title: peer.title, mic: peer.mic, hand: peer.hand, pinned: pinned === face.key };
  return { ...common, speaking: speaking.has(peer.id), pictured, track: tie?.link.receiver(place)?.track ?? null, grade, note };
}

/**
 * @param {Grade} one
 * @param {Grade} other
 */
function worse(one, other) {
  return WORSE[Math.max(WORSE.indexOf(one), WORSE.indexOf(other))];
}

/** @param {View} view */
function drawLine({ ties, reachable }) {
  const lines = [...ties.values()].filter(({ link }) => link.connected);
  const grade = lines.map((tie) => tie.grade).reduce(worse, "good");
  const path = lines.map((tie) => tie.line?.path ?? null).find((one) => one && one !== "direct") ?? null;
  const tone = !reachable ? "wait" : { good: "done", fair: "done", weak: "soon", bad: "danger" }[grade];
  byId("scene-line").dataset.tone = tone;
  write(byId("scene-line-words"), reachable ? (lines.length ? lineSays(grade, path) : t("已连接")) : t("重新连接中…"));
}
