// What is on the stage, what is in the strip below it, and the one thing each tile has to say.

import { t } from "./words.js";

/** @typedef {import("./roster.js").Peer} Peer */
/** @typedef {import("./line.js").Grade} Grade */

/**
 * @typedef {object} Face  one tile
 * @property {string} key  of the tile: a person's camera and a person's screen are two
 * @property {string} id  of the person
 * @property {"camera" | "screen"} kind
 * @property {boolean} mine
 */

const FROZEN_AFTER = 3000; // ms without a new picture although the camera is said to be on

/**
 * @param {{me: {id: string, screen: boolean}, peers: Peer[]}} room
 * @returns {Face[]} the others first, in the order they came, oneself last
 */
export function facesOf({ me, peers }) {
  const faces = peers.flatMap((peer) => [
    ...(peer.screen ? [face(peer.id, "screen", false)] : []),
    face(peer.id, "camera", false),
  ]);
  return [...faces, ...(me.screen ? [face(me.id, "screen", true)] : []), face(me.id, "camera", true)];
}

/**
 * @param {string} id
 * @param {"camera" | "screen"} kind
 * @param {boolean} mine
 * @returns {Face}
 */
function face(id, kind, mine) {
  return { key: `${id}/${kind}`, id, kind, mine };
}

/**
 * The tile that is large: what one has pinned, else a shared screen, else who speaks, else whoever is there.
 * @param {Face[]} faces
 * @param {{pinned: string | null, speaker: string | null}} wish
 * @returns {string} its key
 */
export function stageOf(faces, { pinned, speaker }) {
  const others = faces.filter((one) => !one.mine);
  const chosen =
    faces.find((one) => one.key === pinned) ??
    others.findLast((one) => one.kind === "screen") ??
    others.find((one) => one.id === speaker) ??
    others[0] ??
    faces[faces.length - 1];
  return chosen.key;
}

/**
 * How the small tiles stand below the large one: in rows as even as can be.
 * @param {number} tiles
 * @param {number} perRow at most
 */
export function rowsOf(tiles, perRow) {
  const rows = Math.max(1, Math.ceil(tiles / perRow));
  return { rows, columns: Math.max(1, Math.ceil(tiles / rows)) };
}

/**
 * @typedef {object} Seen  of one person's tile
 * @property {boolean} mine
 * @property {boolean} here  the server has them
 * @property {boolean} connected  media can flow
 * @property {boolean} everConnected
 * @property {number} away  ms since either was lost
 * @property {boolean} cam  says their camera is on
 * @property {number} still  ms since their last new picture
 * @property {boolean} dead  (own) microphone is on and gives nothing
 * @property {boolean} spared  (own) picture is held back for the sound's sake
 * @property {boolean} changed  (own) network has just changed
 * @property {Grade} grade
 */

/**
 * @param {Seen} seen
 * @returns {{words: string, tone: "wait" | "soon" | "danger"} | null} the one thing worth saying
 */
export function noteOf(seen) {
  return seen.mine ? ownNote(seen) : theirNote(seen);
}

/** @param {Seen} seen */
function ownNote(seen) {
  if (seen.changed) return say(t("网络已切换，正在重新连接…"), "wait");
  if (seen.dead) return say(t("麦克风无声"), "danger");
  if (seen.spared) return say(t("线路弱，已暂停画面，优先保证声音"), "soon");
  return null;
}

/** @param {Seen} seen */
function theirNote(seen) {
  const seconds = Math.round(seen.away / 1000);
  if (!seen.connected && !seen.everConnected) return say(seconds < 2 ? t("正在接通…") : t("正在接通… %(seconds)s 秒", { seconds }), "wait");
  if (!seen.connected && seen.away > 30_000) return say(t("断开 %(seconds)s 秒，可改用电话联系", { seconds }), "danger");
  if (!seen.connected) return say(t("重新连接中… %(seconds)s 秒", { seconds }), "wait");
  if (seen.cam && seen.still > FROZEN_AFTER) return say(t("对方网络弱，暂无画面"), "soon");
  if (!seen.here) return say(t("重新连接中… %(seconds)s 秒", { seconds }), "wait");
  if (seen.grade === "bad" || seen.grade === "weak") return say(t("对方网络弱"), "soon");
  return null;
}

/**
 * @param {string} words
 * @param {"wait" | "soon" | "danger"} tone
 */
function say(words, tone) {
  return { words, tone };
}
