// How the hall's tiles and its head look.

import { sourceOf } from "../../lib/hall.js";
import { t } from "../../lib/words.js";
import { byId, write } from "../room/page.js";

/** @typedef {import("../../lib/faces.js").Face} Face */
/** @typedef {import("../room/faces.js").Look} Look */
/**
 * @typedef {object} View
 * @property {import("../../net/seat.js").Me} me
 * @property {{mic: boolean, cam: boolean, screen: boolean, hand: boolean}} own
 * @property {import("../../lib/roster.js").Peer[]} peers
 * @property {import("../../media/hall-line.js").HallLine} line
 * @property {import("../../media/hall-line.js").Tracks} tracks
 * @property {string | null} pinned
 * @property {Set<string>} speaking
 */

/**
 * @param {Face} face
 * @param {View} view
 * @returns {Look}
 */
export function lookOf(face, view) {
  const pinned = view.pinned === face.key;
  const common = { face, pinned, grade: /** @type {const} */ ("good"), speaking: view.speaking.has(face.id) };
  return face.mine ? { ...common, ...own(face, view) } : { ...common, ...others(face, view) };
}

/** @param {Face} face @param {View} view */
function own(face, { me, own, tracks }) {
  const track = face.kind === "screen" ? tracks.screen : tracks.camera;
  return { name: me.name, title: me.title, mic: own.mic, hand: own.hand, pictured: Boolean(track), track, note: null };
}

/** @param {Face} face @param {View} view */
function others(face, { peers, line }) {
  const peer = /** @type {import("../../lib/roster.js").Peer} */ (peers.find(({ id }) => id === face.id));
  const track = line.track(sourceOf(face));
  const pictured = Boolean(track) && (face.kind === "screen" ? peer.screen : peer.cam);
  const away = peer.state === "reconnecting" ? { words: t("重新连接中…"), tone: "wait" } : null;
  return { name: peer.name, title: peer.title, mic: peer.mic, hand: peer.hand, pictured, track, note: away };
}

/** @param {{place: import("../../net/seat.js").Place, awaited: boolean, empty: boolean}} now  awaited: a picture is on its way */
export function drawHall({ place, awaited, empty }) {
  byId("hall-empty").hidden = !empty;
  const here = place === "in";
  byId("banner").hidden = place !== "away";
  write(byId("banner"), place === "away" ? t("与服务器的连接断开，正在重新连接") : "");
  byId("scene-line").dataset.tone = here && !awaited ? "done" : "wait";
  write(byId("scene-line-words"), here ? (awaited ? t("正在接通画面…") : t("已连接")) : t("重新连接中…"));
}
